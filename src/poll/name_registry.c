/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list of the hosts, which are few, and libc's balanced tree for the names
 * of each. */

#include "poll/name_registry.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct host_names {
  struct host_names *next;
  char *name; /* NULL: collectd's own */
  void *names;
};

static int compare_names(const void *a, const void *b) { return strcmp(a, b); }

static bool is_same(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

struct host_names *name_registry_get(struct name_registry *hosts,
                                     const char *name) {
  for (struct host_names *h = hosts->all; h != NULL; h = h->next)
    if (is_same(h->name, name))
      return h;
  struct host_names *h = calloc(1, sizeof(*h));
  if (h == NULL)
    return NULL;
  if (name != NULL && (h->name = strdup(name)) == NULL) {
    free(h);
    return NULL;
  }
  h->next = hosts->all;
  hosts->all = h;
  return h;
}

static void leave_it(void *name) { (void)name; }

void name_registry_free(struct name_registry *hosts) {
  for (struct host_names *h = hosts->all, *next; h != NULL; h = next) {
    next = h->next;
    tdestroy(h->names, leave_it);
    free(h->name);
    free(h);
  }
  *hosts = (struct name_registry){0};
}

enum name_reservation name_reserve(struct host_names *host, const char *name) {
  const char **node = tsearch(name, &host->names, compare_names);
  if (node == NULL)
    return NAME_NO_MEMORY;
  return *node == name ? NAME_RESERVED : NAME_IN_USE;
}

void name_release(struct host_names *host, const char *name) {
  tdelete(name, &host->names, compare_names);
}
