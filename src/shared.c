/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list: there are as many as an operator has typed. */

#include "shared.h"

#include <string.h>

struct shared *shared_find(struct shared *all, const struct buf *key) {
  for (struct shared *s = all; s != NULL; s = s->next)
    if (s->key.len == key->len && memcmp(s->key.data, key->data, key->len) == 0)
      return s->owners++, s;
  return NULL;
}

void shared_add(struct shared **all, struct shared *s, struct buf *key) {
  s->key = *key;
  s->owners = 1;
  s->next = *all;
  *all = s;
  buf_init(key, 0);
}

bool shared_leave(struct shared **all, struct shared *s) {
  if (--s->owners > 0)
    return false;
  while (*all != s)
    all = &(*all)->next;
  *all = s->next;
  buf_free(&s->key);
  return true;
}

bool shared_key_add(struct buf *key, const char *part, struct err *err) {
  if (part == NULL)
    return buf_add(key, "-", 2, err);
  return buf_add(key, "+", 1, err) && buf_add(key, part, strlen(part) + 1, err);
}
