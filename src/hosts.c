/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list of the hosts, which are few, and libc's balanced tree for the names
 * of each. */

#include "hosts.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct host {
  struct host *next;
  char *name; /* NULL: collectd's own */
  void *names;
};

static int compare_names(const void *a, const void *b) { return strcmp(a, b); }

static bool is_same(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

struct host *hosts_get(struct hosts *hosts, const char *name) {
  for (struct host *h = hosts->all; h != NULL; h = h->next)
    if (is_same(h->name, name))
      return h;
  struct host *h = calloc(1, sizeof(*h));
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

void hosts_free(struct hosts *hosts) {
  for (struct host *h = hosts->all, *next; h != NULL; h = next) {
    next = h->next;
    tdestroy(h->names, leave_it);
    free(h->name);
    free(h);
  }
  *hosts = (struct hosts){0};
}

enum host_taken host_take(struct host *host, const char *name) {
  const char **node = tsearch(name, &host->names, compare_names);
  if (node == NULL)
    return HOST_NO_MEMORY;
  return *node == name ? HOST_TAKEN : HOST_WAS_TAKEN;
}

void host_drop(struct host *host, const char *name) {
  tdelete(name, &host->names, compare_names);
}
