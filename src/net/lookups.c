/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Counts lookups, in flight and abandoned. */

#include "net/lookups.h"

#include <stdlib.h>
#include <string.h>

void lookups_init(struct lookups *l, int max) {
  *l = (struct lookups){.max = max < LOOKUPS_MAX ? max : LOOKUPS_MAX};
}

void lookups_finish(struct lookups *l) {
  while (l->names != NULL) {
    struct lookup_name *name = l->names;
    l->names = name->next;
    free(name);
  }
}

struct lookup_name *lookups_name(struct lookups *l, const char *host,
                                 size_t len) {
  struct lookup_name *name = l->names;
  while (name != NULL &&
         (strncmp(name->host, host, len) != 0 || name->host[len] != '\0'))
    name = name->next;
  if (name != NULL)
    return name;
  name = calloc(1, sizeof(*name) + len + 1);
  if (name == NULL)
    return NULL;
  memcpy(name->host, host, len);
  name->next = l->names;
  l->names = name;
  return name;
}

/* Forgets the abandoned lookups that have ended by now. */
static void expire(struct lookups *l, msec_t now) {
  int over = 0;
  while (over < l->abandoned_len && l->abandoned[over].until <= now)
    l->abandoned[over++].name->abandoned--;
  l->abandoned_len -= over;
  memmove(l->abandoned, &l->abandoned[over],
          (size_t)l->abandoned_len * sizeof(*l->abandoned));
}

/* The last quarter is for names that had an address, so that a dead zone does
 * not hold up the others. */
bool lookups_may_start(struct lookups *l, const struct lookup_name *name,
                       msec_t now) {
  expire(l, now);
  int max = name->failed ? l->max - l->max / 4 : l->max;
  return !name->busy && name->abandoned < LOOKUPS_ABANDONED_MAX &&
         l->busy + l->abandoned_len < max;
}

void lookups_begin(struct lookups *l, struct lookup_name *name) {
  name->busy = true;
  l->busy++;
}

void lookups_end(struct lookups *l, struct lookup_name *name,
                 enum lookup_result result, msec_t now) {
  name->busy = false;
  name->failed = result != LOOKUP_DONE;
  l->busy--;
  if (result != LOOKUP_ABANDONED || l->abandoned_len == LOOKUPS_MAX)
    return;
  name->abandoned++;
  l->abandoned[l->abandoned_len].name = name;
  l->abandoned[l->abandoned_len++].until = now + LOOKUP_ABANDONED_MS;
}

msec_t lookups_next(const struct lookups *l) {
  return l->abandoned_len > 0 ? l->abandoned[0].until : CLOCK_NEVER;
}
