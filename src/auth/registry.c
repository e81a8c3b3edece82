/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list: there are as few entries as an operator configures. */

#include "auth/registry.h"

#include <string.h>

struct registry_entry *registry_find(const struct registry *all,
                                     const struct buf *key) {
  struct registry_entry *s;
  LIST_FOREACH(s, all, link)
  if (s->key.len == key->len && memcmp(s->key.data, key->data, key->len) == 0)
    return s->owners++, s;
  return NULL;
}

void registry_add(struct registry *all, struct registry_entry *s,
                  struct buf *key) {
  s->key = *key;
  s->owners = 1;
  LIST_INSERT_HEAD(all, s, link);
  buf_init(key, 0);
}

bool registry_release(struct registry_entry *s) {
  if (--s->owners > 0)
    return false;
  LIST_REMOVE(s, link);
  buf_free(&s->key);
  return true;
}

bool registry_key_add(struct buf *key, const char *part, struct err *err) {
  if (part == NULL)
    return buf_add(key, "-", 2, err);
  return buf_add(key, "+", 1, err) && buf_add(key, part, strlen(part) + 1, err);
}
