/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * An array for the order, libc's balanced tree for the ids. */

#include "jobs.h"

#include "name.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare_ids(const void *a, const void *b) {
  const struct job *x = a, *y = b;
  return strcmp(x->id, y->id);
}

/* One block holds the job and both of its strings. */
static struct job *new_job(const char *id, const char *name) {
  char safe[NAME_MAX_SIZE];
  name_make_safe(safe, sizeof(safe), name, strlen(name));
  size_t id_size = strlen(id) + 1, name_size = strlen(safe) + 1;
  struct job *job = malloc(sizeof(*job) + id_size + name_size);
  if (job == NULL)
    return NULL;
  char *strings = (char *)(job + 1);
  *job = (struct job){.id = strings, .name = strings + id_size};
  memcpy(strings, id, id_size);
  memcpy(strings + id_size, safe, name_size);
  return job;
}

static bool grow(struct jobs *jobs) {
  if (jobs->len < jobs->size)
    return true;
  size_t size = jobs->size == 0 ? 16 : 2 * jobs->size;
  struct job **all = reallocarray(jobs->all, size, sizeof(struct job *));
  if (all == NULL)
    return false;
  jobs->all = all;
  jobs->size = size;
  return true;
}

enum jobs_added jobs_add(struct jobs *jobs, const char *id, const char *name) {
  if (jobs_find(jobs, id, NULL) != NULL)
    return JOBS_SAME_ID;
  struct job *job = grow(jobs) ? new_job(id, name) : NULL;
  if (job == NULL || tsearch(job, &jobs->by_id, compare_ids) == NULL) {
    free(job);
    return JOBS_NO_MEMORY;
  }
  jobs->all[jobs->len++] = job;
  return JOBS_ADDED;
}

struct job *jobs_find(const struct jobs *jobs, const char *id,
                      struct job *near) {
  if (near != NULL && strcmp(near->id, id) == 0)
    return near;
  struct job key = {.id = id};
  void *node = tfind(&key, &jobs->by_id, compare_ids);
  return node == NULL ? NULL : *(struct job **)node;
}

bool jobs_set_status(struct job *job, const char *status,
                     char was[JOBS_STATUS_MAX]) {
  if (strncmp(job->status, status, JOBS_STATUS_MAX - 1) == 0)
    return false;
  memcpy(was, job->status, JOBS_STATUS_MAX);
  strncpy(job->status, status, JOBS_STATUS_MAX - 1);
  return true;
}

void jobs_free(struct jobs *jobs) {
  for (size_t i = 0; i < jobs->len; i++) {
    tdelete(jobs->all[i], &jobs->by_id, compare_ids);
    free(jobs->all[i]);
  }
  free(jobs->all);
  *jobs = (struct jobs){0};
}
