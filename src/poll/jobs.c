/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * An array for the order, libc's balanced tree for the ids. */

#include "poll/jobs.h"

#include "base/name.h"

#include <search.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_ids(const void *a, const void *b) {
  const struct job *x = a, *y = b;
  return strcmp(x->id, y->id);
}

/* The name that a source gives, made safe; the id where people could not read
 * it. False: that is so, though it gives one. */
static bool make_name(char name[NAME_MAX_SIZE],
                      const struct job_list_entry *entry) {
  name_make_safe(name, NAME_MAX_SIZE, entry->name, strlen(entry->name));
  if (name_is_readable(name, strlen(name)) ||
      strcmp(entry->name, entry->id) == 0)
    return true;
  name_make_safe(name, NAME_MAX_SIZE, entry->id, strlen(entry->id));
  return false;
}

/* FNV-1a. */
static uint64_t hash(const char *text) {
  uint64_t h = 0xCBF29CE484222325;
  for (; *text != '\0'; text++)
    h = (h ^ (unsigned char)*text) * 0x100000001B3;
  return h;
}

/* One block holds the job and its id; it has no name yet. */
static struct job *new_job(struct jobs *jobs, const char *id) {
  size_t size = strlen(id) + 1;
  struct job *job = malloc(sizeof(*job) + size);
  if (job == NULL)
    return NULL;
  *job = (struct job){.id = (char *)(job + 1), .table = jobs};
  memcpy(job + 1, id, size);
  return job;
}

/* Warnings */

#define GIVEN (JOBS_CONFIGURED | JOBS_FILE)

/* The source of the name that a job has. */
static unsigned naming_source(const struct job *job) {
  return job->sources & -(unsigned)job->sources;
}

static void send_warning(struct jobs *jobs, unsigned source,
                         const struct err *warning) {
  if (jobs->warn != NULL && jobs->warnings++ < JOBS_WARNINGS_MAX)
    jobs->warn(jobs->warn_arg, source, warning);
}

static void warn_of_rest(struct jobs *jobs, unsigned source) {
  struct err sum = ERR_INIT;
  if (jobs->warn == NULL || jobs->warnings <= JOBS_WARNINGS_MAX)
    return;
  err_set(&sum, ERR_LOCAL, "%zu more warnings of names like these",
          jobs->warnings - JOBS_WARNINGS_MAX);
  jobs->warn(jobs->warn_arg, source, &sum);
}

static void warn_of_name(struct job *job, const char *wanted,
                         const char *cause) {
  struct err warning = ERR_INIT;
  err_set(&warning, ERR_LOCAL, "job %s is polled as \"%s\": the name \"%s\" %s",
          job->id, job->name, wanted, cause);
  send_warning(job->table, naming_source(job), &warning);
}

static void warn_of_graphite_name(struct job *job, const char *alike) {
  struct err warning = ERR_INIT;
  err_set(&warning, ERR_LOCAL,
          "the jobs \"%s\" and \"%s\" are one series in Graphite, where "
          "write_graphite replaces dots as it does by default",
          alike, job->name);
  send_warning(job->table, naming_source(job), &warning);
}

/* Names */

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

static struct job *user_of(const struct jobs *jobs, const char *name) {
  const char **member = jobs->host == NULL ? NULL : name_user(jobs->host, name);
  return member == NULL
             ? NULL
             : (struct job *)((char *)member - offsetof(struct job, name));
}

/* Ends the use of a name; it stays reserved for this job, or not. */
static void leave_name(struct job *job, bool is_reserved) {
  struct jobs *jobs = job->table;
  const char *id = is_reserved ? job->id : NULL;
  if (job->name != NULL && user_of(jobs, job->name) == job &&
      !name_leave(jobs->host, &job->name, id, job->rank, jobs->now))
    jobs->out_of_memory = true;
  free_name(job);
}

static enum name_rank rank_of(const struct job *job, const char *name) {
  if (strcmp(name, job->id) == 0)
    return NAME_IS_ID;
  return (job->sources & GIVEN) ? NAME_GIVEN : NAME_LISTED;
}

enum claim { CLAIM_GRANTED, CLAIM_DENIED, CLAIM_NO_MEMORY };

static enum claim enter(struct job *job, const char *name) {
  const char *alike = NULL;
  job->rank = (uint8_t)rank_of(job, name);
  if (copy_name(job, name) &&
      (job->table->host == NULL ||
       name_enter(job->table->host, &job->name, &alike))) {
    if (alike != NULL)
      warn_of_graphite_name(job, alike);
    return CLAIM_GRANTED;
  }
  free_name(job);
  return CLAIM_NO_MEMORY;
}

static bool is_stronger(const struct job *job, enum name_rank rank,
                        const struct job *user) {
  return rank != user->rank ? rank < (enum name_rank)user->rank
                            : job->table->number < user->table->number;
}

static bool give_name(struct job *job, const char *wanted, const char *cause,
                      struct err *err);

/* Gives a job, which has none, this very name, if it has the right to it. */
static enum claim claim(struct job *job, const char *name, struct err *err) {
  struct jobs *jobs = job->table;
  enum name_rank rank = rank_of(job, name);
  struct job *user = user_of(jobs, name);
  if (user == NULL)
    return jobs->host != NULL &&
                   name_is_reserved(jobs->host, name, job->id, rank, jobs->now)
               ? CLAIM_DENIED
               : enter(job, name);
  if (!is_stronger(job, rank, user))
    return CLAIM_DENIED;
  user->table->now = jobs->now;
  leave_name(user, false);
  enum claim claim = enter(job, name);
  return give_name(user, name, NULL, err) ? claim : CLAIM_NO_MEMORY;
}

/* NAME, and where that cannot be had NAME-ID8, NAME-ID, NAME-ID-2, ... */
static void make_candidate(char name[NAME_MAX_SIZE], const struct job *job,
                           const char *wanted, int number) {
  char suffix[NAME_MAX_SIZE + 16] = "";
  int id_len = number == 1 ? 8 : NAME_MAX_SIZE;
  if (number > 2)
    snprintf(suffix, sizeof(suffix), "-%.100s-%d", job->id, number - 1);
  else if (number > 0)
    snprintf(suffix, sizeof(suffix), "-%.*s", id_len, job->id);
  size_t suffix_len = strnlen(suffix, NAME_MAX_SIZE - 1);
  size_t len = strnlen(wanted, NAME_MAX_SIZE - 1 - suffix_len);
  memcpy(name, wanted, len);
  memcpy(name + len, suffix, suffix_len);
  name[len + suffix_len] = '\0';
}

/* More jobs of one id and one name than any host has projects. */
#define CANDIDATES_MAX 10000

static const char *describe_denial(const struct job *job, const char *name,
                                   char text[JOBS_ID_MAX + 64]) {
  const struct job *user = user_of(job->table, name);
  if (user == NULL)
    return "was another job's within the last day";
  snprintf(text, JOBS_ID_MAX + 64, "is that of job %s", user->id);
  return text;
}

/* Gives a name to a job that has none: the wanted one, unless a cause speaks
 * against it, or another. False: out of memory. */
static bool give_name(struct job *job, const char *wanted, const char *cause,
                      struct err *err) {
  char name[NAME_MAX_SIZE], text[JOBS_ID_MAX + 64];
  enum claim result = CLAIM_DENIED;
  if (cause == NULL && (result = claim(job, wanted, err)) == CLAIM_DENIED)
    cause = describe_denial(job, wanted, text);
  for (int i = 1; i < CANDIDATES_MAX && result == CLAIM_DENIED; i++) {
    make_candidate(name, job, wanted, i);
    result = claim(job, name, err);
  }
  if (result == CLAIM_GRANTED && cause != NULL)
    warn_of_name(job, wanted, cause);
  return result == CLAIM_GRANTED || err_memory(err);
}

static bool grow_jobs(struct jobs *jobs) {
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
static struct job *append_job(struct jobs *jobs, const char *id) {
  struct job *job = grow_jobs(jobs) ? new_job(jobs, id) : NULL;
  if (job == NULL || tsearch(job, &jobs->by_id, compare_ids) == NULL) {
    free(job);
    return NULL;
  }
  jobs->all[jobs->len++] = job;
  return job;
}

/* Frees a job; its place in the array is the caller's to fill. */
static void free_job(struct job *job, bool is_reserved) {
  leave_name(job, is_reserved);
  tdelete(job, &job->table->by_id, compare_ids);
  free(job->details);
  free(job->comparisons);
  free(job);
}

/* Replacing a source */

enum mark {
  IS_LISTED = 1 << 0, /* the list has it */
  IS_TWIN = 1 << 1,   /* another listed task has its name */
};

/* Whether this source names the job: no source of a higher rank has it. */
static bool source_names(const struct job *job, unsigned source) {
  return (job->sources & (source - 1)) == 0;
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
      free_job(job, true);
    else
      jobs->all[kept++] = job;
  }
  jobs->len = kept;
}

/* A job that its source calls by another name gives up its own: it stays
 * reserved, also where two jobs swap their names. */
static void note_wanted(struct job *job, const struct job_list_entry *entry) {
  struct err warning = ERR_INIT;
  char name[NAME_MAX_SIZE];
  bool is_readable = make_name(name, entry);
  uint64_t wanted = hash(name);
  if (job->wanted == wanted && job->name != NULL)
    return;
  job->wanted = wanted;
  leave_name(job, true);
  if (is_readable)
    return;
  err_set(&warning, ERR_LOCAL,
          "job %s is polled by its id: its name has no ASCII letter or digit",
          job->id);
  send_warning(job->table, naming_source(job), &warning);
}

/* Of an id that is there twice the first entry counts. */
static bool insert_job(struct jobs *jobs, unsigned source,
                       const struct job_list_entry *entry, struct err *err) {
  struct job *job = jobs_find(jobs, entry->id, NULL);
  if (job == NULL)
    job = append_job(jobs, entry->id);
  if (job == NULL)
    return err_memory(err);
  if (job->marks & IS_LISTED) {
    if (jobs->repeated.count++ == 0)
      strncpy(jobs->repeated.first, job->id, JOBS_ID_MAX);
    return true;
  }
  job->marks |= IS_LISTED;
  job->sources |= (uint8_t)source;
  if (source_names(job, source))
    note_wanted(job, entry);
  return true;
}

static int compare_wanted(const void *a, const void *b) {
  const struct job *const *x = a, *const *y = b;
  return (*x)->wanted < (*y)->wanted ? -1 : (*x)->wanted > (*y)->wanted;
}

/* Marks the listed tasks of which the project has several with one name. */
static bool mark_twins(struct jobs *jobs, struct err *err) {
  size_t len = 0;
  struct job **listed = calloc(jobs->len + 1, sizeof(struct job *));
  if (listed == NULL)
    return err_memory(err);
  for (size_t i = 0; i < jobs->len; i++)
    if (!(jobs->all[i]->sources & GIVEN))
      listed[len++] = jobs->all[i];
  qsort(listed, len, sizeof(struct job *), compare_wanted);
  for (size_t i = 1; i < len; i++)
    if (listed[i]->wanted == listed[i - 1]->wanted) {
      listed[i]->marks |= IS_TWIN;
      listed[i - 1]->marks |= IS_TWIN;
    }
  free(listed);
  return true;
}

static const char *twin_cause(const struct job *job) {
  return job->marks & IS_TWIN ? "is that of several tasks" : NULL;
}

/* A twin that had its name alone until now. */
static bool rename_twins(struct jobs *jobs, struct err *err) {
  char name[NAME_MAX_SIZE];
  bool ok = true;
  for (size_t i = 0; i < jobs->len; i++) {
    struct job *job = jobs->all[i];
    if (!(job->marks & IS_TWIN) || job->name == NULL ||
        hash(job->name) != job->wanted)
      continue;
    snprintf(name, sizeof(name), "%s", job->name);
    leave_name(job, true);
    ok = give_name(job, name, twin_cause(job), err) && ok;
  }
  return ok;
}

static bool name_new(struct jobs *jobs, const struct job_list *list,
                     struct err *err) {
  struct job_list_entry entry;
  char name[NAME_MAX_SIZE];
  bool ok = true;
  for (size_t at = 0; job_list_next(list, &at, &entry);) {
    struct job *job = jobs_find(jobs, entry.id, NULL);
    if (job == NULL || job->name != NULL)
      continue;
    make_name(name, &entry);
    ok = give_name(job, name, twin_cause(job), err) && ok;
  }
  return ok;
}

/* The jobs that got no name, for lack of memory, are left out. */
static void sweep_nameless(struct jobs *jobs) {
  size_t kept = 0;
  for (size_t i = 0; i < jobs->len; i++) {
    struct job *job = jobs->all[i];
    job->marks = 0;
    if (job->name != NULL) {
      if (rank_of(job, job->name) < (enum name_rank)job->rank)
        job->rank = (uint8_t)rank_of(job, job->name); /* never weaker */
      jobs->all[kept++] = job;
    } else {
      free_job(job, true);
    }
  }
  jobs->len = kept;
}

bool jobs_replace(struct jobs *jobs, unsigned source,
                  const struct job_list *list, msec_t now, struct err *err) {
  struct job_list_entry entry;
  bool ok = true;
  jobs->now = now;
  jobs->warnings = 0;
  jobs->out_of_memory = false;
  jobs->repeated = (struct jobs_repeated){0};
  for (size_t at = 0; job_list_next(list, &at, &entry);)
    ok = insert_job(jobs, source, &entry, err) && ok;
  sweep(jobs, source);
  if (source >= JOBS_LISTED)
    ok = mark_twins(jobs, err) && rename_twins(jobs, err) && ok;
  ok = name_new(jobs, list, err) && ok;
  sweep_nameless(jobs);
  warn_of_rest(jobs, source);
  return ok && (!jobs->out_of_memory || err_memory(err));
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
    free_job(jobs->all[i], false);
  free(jobs->all);
  *jobs = (struct jobs){0};
}
