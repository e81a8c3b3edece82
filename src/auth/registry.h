/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Things that several owners have in common, found by a key: who call_pool for
 * the same gets the same. The last who gives it back frees it. */

#ifndef DRS_AUTH_REGISTRY_H
#define DRS_AUTH_REGISTRY_H

#include "base/buf.h"

/* The longest key in bytes. */
#define REGISTRY_KEY_MAX (128 * 1024)

/* To be the first member of what is shared. */
struct registry_entry {
  struct buf key; /* wiped when freed: there may be a secret in it */
  unsigned owners;
  struct registry_entry *next;
};

/* What has this key, with one owner more, or NULL. */
struct registry_entry *registry_find(struct registry_entry *all,
                                     const struct buf *key);

/* Adds `s`, with one owner, and takes over the key. */
void registry_add(struct registry_entry **all, struct registry_entry *s,
                  struct buf *key);

/* One owner less. True: it was the last; `s` is in the list no more, and is
 * the caller's to free. */
bool registry_release(struct registry_entry **all, struct registry_entry *s);

/* Appends a part to a key; NULL differs from "". */
bool registry_key_add(struct buf *key, const char *part, struct err *err);

#endif
