/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list: there are as few entries as an operator configures. */

#include "auth/registry.h"

#include <string.h>

struct registry_entry *registry_find(struct registry_entry *all,
                                     const struct buf *key) {
  for (struct registry_entry *s = all; s != NULL; s = s->next)
    if (s->key.len == key->len && memcmp(s->key.data, key->data, key->len) == 0)
      return s->owners++, s;
  return NULL;
}

void registry_add(struct registry_entry **all, struct registry_entry *s,
                  struct buf *key) {
  s->key = *key;
  s->owners = 1;
  s->next = *all;
  *all = s;
  buf_init(key, 0);
}

bool registry_release(struct registry_entry **all, struct registry_entry *s) {
  if (--s->owners > 0)
    return false;
  while (*all != s)
    all = &(*all)->next;
  *all = s->next;
  buf_free(&s->key);
  return true;
}

bool registry_key_add(struct buf *key, const char *part, struct err *err) {
  if (part == NULL)
    return buf_add(key, "-", 2, err);
  return buf_add(key, "+", 1, err) && buf_add(key, part, strlen(part) + 1, err);
}
