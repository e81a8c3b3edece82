/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Things that several owners have in common, found by a key: who asks for the
 * same gets the same. The last who gives it back frees it. */

#ifndef DRS_SHARED_H
#define DRS_SHARED_H

#include "buf.h"

/* The longest key in bytes. */
#define SHARED_KEY_MAX (128 * 1024)

/* To be the first member of what is shared. */
struct shared {
  struct buf key; /* wiped when freed: there may be a secret in it */
  unsigned owners;
  struct shared *next;
};

/* What has this key, with one owner more, or NULL. */
struct shared *shared_find(struct shared *all, const struct buf *key);

/* Adds `s`, with one owner, and takes over the key. */
void shared_add(struct shared **all, struct shared *s, struct buf *key);

/* One owner less. True: it was the last; `s` is in the list no more, and is
 * the caller's to free. */
bool shared_leave(struct shared **all, struct shared *s);

/* Appends a part to a key; NULL differs from "". */
bool shared_key_add(struct buf *key, const char *part, struct err *err);

#endif
