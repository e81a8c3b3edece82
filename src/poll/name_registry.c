/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list of the hosts, which are few. For each, libc's balanced trees for the
 * names in use and for those that are reserved, and a queue for the age of
 * these. */

#include "poll/name_registry.h"

#include "base/name.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* The name stands first, as in the trees. */
struct reserved {
  const char *name, *id; /* behind this struct */
  enum name_rank rank;
  msec_t until;
  TAILQ_ENTRY(reserved) queue;
};

TAILQ_HEAD(reserved_queue, reserved);

struct host_names {
  struct host_names *next;
  char *name;     /* NULL: collectd's own */
  void *names;    /* tsearch(3) tree of addresses of names */
  void *reserved; /* and of struct reserved */
  struct reserved_queue queue;
  size_t queue_len;
};

/* Names that Graphite folds into one are neighbours. */
static int compare_names(const void *a, const void *b) {
  const char *const *x = a, *const *y = b;
  int folded = name_compare_folded(*x, *y);
  return folded != 0 ? folded : strcmp(*x, *y);
}

static int compare_folded(const void *a, const void *b) {
  const char *const *x = a, *const *y = b;
  return name_compare_folded(*x, *y);
}

static bool is_same_host(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Hosts */

struct host_names *name_registry_get(struct name_registry *hosts,
                                     const char *name) {
  for (struct host_names *h = hosts->all; h != NULL; h = h->next)
    if (is_same_host(h->name, name))
      return h;
  struct host_names *h = calloc(1, sizeof(*h));
  if (h == NULL)
    return NULL;
  if (name != NULL && (h->name = strdup(name)) == NULL) {
    free(h);
    return NULL;
  }
  TAILQ_INIT(&h->queue);
  h->next = hosts->all;
  hosts->all = h;
  return h;
}

static void leave_member(void *member) { (void)member; }

void name_registry_free(struct name_registry *hosts) {
  for (struct host_names *h = hosts->all, *next; h != NULL; h = next) {
    next = h->next;
    tdestroy(h->names, leave_member);
    tdestroy(h->reserved, free);
    free(h->name);
    free(h);
  }
  *hosts = (struct name_registry){0};
}

/* Reserved names */

static struct reserved *find_reserved(const struct host_names *host,
                                      const char *name) {
  void *node = tfind(&name, &host->reserved, compare_names);
  return node == NULL ? NULL : *(struct reserved **)node;
}

static void end_reservation(struct host_names *host, struct reserved *r) {
  tdelete(r, &host->reserved, compare_names);
  TAILQ_REMOVE(&host->queue, r, queue);
  host->queue_len--;
  free(r);
}

/* The oldest end first. */
static void expire_names(struct host_names *host, msec_t now) {
  struct reserved *r;
  while ((r = TAILQ_FIRST(&host->queue)) != NULL &&
         (r->until <= now || host->queue_len > NAME_RESERVED_MAX))
    end_reservation(host, r);
}

bool name_is_reserved(struct host_names *host, const char *name, const char *id,
                      enum name_rank rank, msec_t now) {
  expire_names(host, now);
  const struct reserved *r = find_reserved(host, name);
  return r != NULL && strcmp(r->id, id) != 0 && rank >= r->rank;
}

static bool reserve(struct host_names *host, const char *name, const char *id,
                    enum name_rank rank, msec_t now) {
  size_t name_size = strlen(name) + 1, id_size = strlen(id) + 1;
  struct reserved *r = malloc(sizeof(*r) + name_size + id_size);
  if (r == NULL)
    return false;
  char *text = (char *)(r + 1);
  *r = (struct reserved){.name = memcpy(text, name, name_size),
                         .id = memcpy(text + name_size, id, id_size),
                         .rank = rank,
                         .until = now + NAME_RESERVED_MS};
  if (tsearch(r, &host->reserved, compare_names) == NULL) {
    free(r);
    return false;
  }
  TAILQ_INSERT_TAIL(&host->queue, r, queue);
  host->queue_len++;
  expire_names(host, now);
  return true;
}

/* Names in use */

const char **name_user(const struct host_names *host, const char *name) {
  void *node = tfind(&name, &host->names, compare_names);
  return node == NULL ? NULL : *(const char ***)node;
}

bool name_enter(struct host_names *host, const char **member,
                const char **ret_alike) {
  struct reserved *r = find_reserved(host, *member);
  void *node = tfind(member, &host->names, compare_folded);
  *ret_alike = node == NULL || r != NULL ? NULL : **(const char ***)node;
  if (tsearch(member, &host->names, compare_names) == NULL)
    return false;
  if (r != NULL)
    end_reservation(host, r);
  return true;
}

bool name_leave(struct host_names *host, const char **member, const char *id,
                enum name_rank rank, msec_t now) {
  tdelete(member, &host->names, compare_names);
  return id == NULL || reserve(host, *member, id, rank, now);
}
