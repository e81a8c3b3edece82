/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * An array for the order, libc's balanced tree for the ids. */

#include "poll/jobs.h"

#include "base/name.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare_ids(const void *a, const void *b) {
  const struct job *x = a, *y = b;
  return strcmp(x->id, y->id);
}

static void make_name(char name[NAME_MAX_SIZE], const char *text) {
  name_make_safe(name, NAME_MAX_SIZE, text, strlen(text));
}

/* One block holds the job and its id; it has no name yet. */
static struct job *new_job(const char *id) {
  size_t size = strlen(id) + 1;
  struct job *job = malloc(sizeof(*job) + size);
  if (job == NULL)
    return NULL;
  *job = (struct job){.id = (char *)(job + 1)};
  memcpy(job + 1, id, size);
  return job;
}

static void free_name(struct job *job) {
  free(job->own_name);
  job->own_name = NULL;
  job->name = NULL;
}

/* A name that is the id needs no memory of its own. */
static bool copy_name(struct job *job, const char *name) {
  bool is_id = strcmp(name, job->id) == 0;
  job->own_name = is_id ? NULL : strdup(name);
  job->name = is_id ? job->id : job->own_name;
  return job->name != NULL;
}

static void drop_name(struct jobs *jobs, struct job *job) {
  if (jobs->host != NULL && job->name != NULL)
    name_release(jobs->host, job->name);
  free_name(job);
}

/* Gives a name to a job that has none. JOBS_SAME_NAME: it is another's. */
static enum jobs_added give_name(struct jobs *jobs, struct job *job,
                                 const char *name) {
  enum name_reservation taken = NAME_RESERVED;
  if (!copy_name(job, name))
    return JOBS_NO_MEMORY;
  if (jobs->host != NULL)
    taken = name_reserve(jobs->host, job->name);
  if (taken == NAME_RESERVED)
    return JOBS_ADDED;
  free_name(job);
  return taken == NAME_NO_MEMORY ? JOBS_NO_MEMORY : JOBS_SAME_NAME;
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

/* A job without a name at the table's end, or NULL. */
static struct job *append(struct jobs *jobs, const char *id) {
  struct job *job = grow(jobs) ? new_job(id) : NULL;
  if (job == NULL || tsearch(job, &jobs->by_id, compare_ids) == NULL) {
    free(job);
    return NULL;
  }
  jobs->all[jobs->len++] = job;
  return job;
}

/* Frees a job; its place in the array is the caller's to fill. */
static void free_job(struct jobs *jobs, struct job *job) {
  drop_name(jobs, job);
  tdelete(job, &jobs->by_id, compare_ids);
  free(job->details);
  free(job->comparisons);
  free(job);
}

enum jobs_added jobs_add(struct jobs *jobs, const char *id, const char *name) {
  char safe[NAME_MAX_SIZE];
  make_name(safe, name);
  if (jobs_find(jobs, id, NULL) != NULL)
    return JOBS_SAME_ID;
  struct job *job = append(jobs, id);
  if (job == NULL)
    return JOBS_NO_MEMORY;
  job->sources = JOBS_CONFIGURED;
  enum jobs_added added = give_name(jobs, job, safe);
  if (added != JOBS_ADDED)
    free_job(jobs, jobs->all[--jobs->len]);
  return added;
}

bool jobs_take_names(struct jobs *jobs, struct host_names *host,
                     struct err *err) {
  enum name_reservation taken = NAME_RESERVED;
  size_t i = 0;
  while (i < jobs->len &&
         (taken = name_reserve(host, jobs->all[i]->name)) == NAME_RESERVED)
    i++;
  if (i == jobs->len) {
    jobs->host = host;
    return true;
  }
  if (taken == NAME_NO_MEMORY)
    err_memory(err);
  else
    err_set(
        err, ERR_CONFIG,
        "Job: the name \"%s\", made safe for a metric, is already in use on "
        "this host",
        jobs->all[i]->name);
  while (i-- > 0)
    name_release(host, jobs->all[i]->name);
  return false;
}

/* Replacing a source */

enum mark {
  IS_LISTED = 1 << 0, /* the source still has it */
  IS_PLACED = 1 << 1, /* an entry of the list has been met */
};

/* Whether this source names the job: no source of a higher rank has it. */
static bool source_names(const struct job *job, unsigned source) {
  return (job->sources & (source - 1)) == 0;
}

/* Notes which jobs the source still has. Those that it calls by another name
 * than now give theirs back first: two may have swapped them. */
static void mark_listed(struct jobs *jobs, unsigned source,
                        const struct job_list *list) {
  struct job_list_entry entry;
  char name[NAME_MAX_SIZE];
  for (size_t at = 0; job_list_next(list, &at, &entry);) {
    struct job *job = jobs_find(jobs, entry.id, NULL);
    if (job == NULL || (job->marks & IS_LISTED))
      continue;
    job->marks |= IS_LISTED;
    make_name(name, entry.name);
    if (source_names(job, source) && strcmp(job->name, name) != 0)
      drop_name(jobs, job);
  }
}

/* Takes the source from the jobs that it does not list, and all jobs out of
 * the table that no source has. */
static void sweep(struct jobs *jobs, unsigned source) {
  size_t kept = 0;
  for (size_t i = 0; i < jobs->len; i++) {
    struct job *job = jobs->all[i];
    if (!(job->marks & IS_LISTED))
      job->sources &= (uint8_t)~source;
    if (job->sources == 0)
      free_job(jobs, job);
    else
      jobs->all[kept++] = job;
  }
  jobs->len = kept;
}

/* A name of the service's list was not chosen for a metric: where it is in use,
 * the id serves. */
static enum jobs_added find_name(struct jobs *jobs, struct job *job,
                                 unsigned source, const char *name) {
  enum jobs_added added = give_name(jobs, job, name);
  if (added == JOBS_SAME_NAME && source >= JOBS_LISTED)
    added = give_name(jobs, job, job->id);
  return added;
}

static bool place(struct jobs *jobs, unsigned source,
                  const struct job_list_entry *entry, struct err *err) {
  char name[NAME_MAX_SIZE];
  struct job *job = jobs_find(jobs, entry->id, NULL);
  if (job == NULL)
    job = append(jobs, entry->id);
  if (job == NULL)
    return err_memory(err);
  job->marks |= IS_PLACED;
  job->sources |= (uint8_t)source;
  make_name(name, entry->name);
  switch (job->name == NULL ? find_name(jobs, job, source, name) : JOBS_ADDED) {
  case JOBS_SAME_NAME:
    return err_set(err, ERR_LOCAL,
                   "%s is left out: its name \"%s\", made safe for a metric, "
                   "is already in use on this host",
                   job->id, name);
  case JOBS_NO_MEMORY:
    return err_memory(err);
  default:
    return true;
  }
}

/* The jobs that got no name are left out. */
static void sweep_nameless(struct jobs *jobs) {
  size_t kept = 0;
  for (size_t i = 0; i < jobs->len; i++) {
    struct job *job = jobs->all[i];
    job->marks = 0;
    if (job->name == NULL)
      free_job(jobs, job);
    else
      jobs->all[kept++] = job;
  }
  jobs->len = kept;
}

static bool is_repeated(const struct jobs *jobs, const char *id,
                        struct jobs_repeated *repeated) {
  const struct job *job = jobs_find(jobs, id, NULL);
  if (job == NULL || !(job->marks & IS_PLACED))
    return false;
  if (repeated->count++ == 0)
    strncpy(repeated->first, id, JOBS_ID_MAX);
  return true;
}

bool jobs_replace(struct jobs *jobs, unsigned source,
                  const struct job_list *list,
                  struct jobs_repeated *ret_repeated, struct err *err) {
  struct job_list_entry entry;
  struct jobs_repeated repeated = {0};
  bool ok = true;
  mark_listed(jobs, source, list);
  sweep(jobs, source);
  for (size_t at = 0; job_list_next(list, &at, &entry);)
    if (!is_repeated(jobs, entry.id, &repeated))
      ok = place(jobs, source, &entry, err) && ok;
  sweep_nameless(jobs);
  if (ret_repeated != NULL)
    *ret_repeated = repeated;
  return ok;
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
  for (size_t i = 0; i < jobs->len; i++)
    free_job(jobs, jobs->all[i]);
  free(jobs->all);
  *jobs = (struct jobs){0};
}
