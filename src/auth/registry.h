/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Objects that several projects share, found by a key: one login for all
 * projects with the same user, one account for all logins of it. (The names of
 * jobs are in poll/name_registry.) The last owner frees an object.
 *
 *     struct login { struct registry_entry entry; ... };
 *
 *     registry_key_add(&key, user, err) && ...
 *     entry = registry_find(&all, &key);         NULL: nobody has it
 *     registry_add(&all, &login->entry, &key);   then it is made and added
 *     ...
 *     if (registry_release(&login->entry))
 *       ... free it */

#ifndef DRS_AUTH_REGISTRY_H
#define DRS_AUTH_REGISTRY_H

#include "base/buf.h"

#include <sys/queue.h>

/* The longest key in bytes. */
#define REGISTRY_KEY_MAX (128 * 1024)

/* The first member of a shared object. */
struct registry_entry {
  struct buf key; /* wiped when freed: there may be a secret in it */
  unsigned owners;
  LIST_ENTRY(registry_entry) link;
};
LIST_HEAD(registry, registry_entry); /* all zero: empty */

/* The entry of this key, with one more owner; or NULL. */
struct registry_entry *registry_find(const struct registry *all,
                                     const struct buf *key);

/* Adds `s` with one owner, and moves the key into it. */
void registry_add(struct registry *all, struct registry_entry *s,
                  struct buf *key);

/* One owner less. True: it was the last; `s` is in the list no more, and is
 * the caller's to free. */
bool registry_release(struct registry_entry *s);

/* Appends a part to a key; NULL differs from "". */
bool registry_key_add(struct buf *key, const char *part, struct err *err);

#endif
