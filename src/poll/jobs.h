/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table of the jobs that a project polls: DRS tasks, each with its id, the
 * name that its metrics carry, and its state from cycle to cycle.
 *
 * Jobs come from several sources: the configuration, a file, the service's own
 * list. Each job knows which of them have it; it leaves when none has it any
 * more. A source is replaced as a whole, between two cycles and never during
 * one: until then jobs keep their places and their addresses. A job that stays
 * keeps its state, also where it gets another name.
 *
 * Names are unique on a host. Where a job has several, that of the source
 * counts which stands first in the list above. */

#ifndef DRS_POLL_JOBS_H
#define DRS_POLL_JOBS_H

#include "api/job_call.h"
#include "base/clock.h"
#include "poll/estimate.h"
#include "poll/job_comparisons.h"
#include "poll/job_details.h"
#include "poll/job_list.h"
#include "poll/name_registry.h"
#include "poll/readiness.h"

/* Bytes kept of a status, its NUL included. */
#define JOBS_STATUS_MAX 56

/* Bits of job.sources, the first in rank first. */
enum jobs_source {
  JOBS_CONFIGURED = 1 << 0,
  JOBS_FILE = 1 << 1,
  JOBS_LISTED = 1 << 2, /* and those above: a list for each kind of job */
};

/* The state of a job for one API call. Cycles have numbers from 1. */
struct job_poll {
  uint32_t answered; /* the last cycle that it was reported in; 0: none */
  uint32_t request;  /* the one whose response may report it; 0: none */
  uint32_t rejected; /* the group that it is quarantined with; 0: it is not */
  uint32_t retry_at; /* when it is polled again; seconds of the clock */
};

struct job {
  const char *id;   /* as the API has it */
  const char *name; /* plugin instance: safe for a metric's path */
  char *own_name;   /* its memory; NULL: the name is the id */
  struct job_poll polls[JOB_CALLS];
  bool has_error;     /* its last item carried an error code */
  bool awaits_reason; /* it has failed in this cycle, see changes_reason */
  bool missing;       /* the service does not know it, and this was reported */
  uint8_t sources;    /* which have it */
  uint8_t marks;      /* while a source is replaced */
  struct job_details *details;         /* NULL: none */
  struct job_comparisons *comparisons; /* likewise */
  uint32_t copied_at; /* seconds since the epoch: its full copy was complete;
                         0: that was not seen */
  bool copying;       /* or about to */
  bool copied;        /* it is complete, or there is none */
  bool compared;      /* the comparisons were answered, or rejected, once */
  struct estimate estimate;
  struct readiness readiness;
  uint32_t backlog_cycle;       /* its RPO or RTO was too large in; 0: none */
  char status[JOBS_STATUS_MAX]; /* the last transfer_status; "": none yet */
};

/* All zero is an empty table. */
struct jobs {
  struct job **all;
  size_t len, size;
  void *by_id;             /* tsearch(3) tree of struct job */
  struct host_names *host; /* where their names are taken; NULL: nowhere yet */
};

enum jobs_added { JOBS_ADDED, JOBS_SAME_ID, JOBS_SAME_NAME, JOBS_NO_MEMORY };

/* Adds a configured job, before names are taken. Copies the id and, made safe
 * and cut to the length that a metric takes, the name. */
enum jobs_added jobs_add(struct jobs *jobs, const char *id, const char *name);

/* Takes the names of all jobs on their host, for now and later. False: a name
 * is another job's, and none is taken. */
bool jobs_take_names(struct jobs *jobs, struct host_names *host,
                     struct err *err);

/* Entries of a list that have the id of another one. */
struct jobs_repeated {
  size_t count;
  char first[JOBS_ID_MAX + 1];
};

/* Replaces the jobs of this source by those of the list; of two entries with
 * one id the first counts. False: a job is left out, since its name is another
 * job's or out of memory; all others are as the list has them. A job of
 * JOBS_LISTED whose name is taken goes by its id. `ret_repeated` may be NULL.
 */
bool jobs_replace(struct jobs *jobs, unsigned source,
                  const struct job_list *list,
                  struct jobs_repeated *ret_repeated, struct err *err);

/* The job of that id, or NULL. `near`, if not NULL, is where to look first:
 * responses mostly have the order of the request. */
struct job *jobs_find(const struct jobs *jobs, const char *id,
                      struct job *near);

/* Sets a job's status, cut to JOBS_STATUS_MAX, and returns the one before in
 * `was`. False: it is the same, and `was` is not written. */
bool jobs_set_status(struct job *job, const char *status,
                     char was[JOBS_STATUS_MAX]);

void jobs_free(struct jobs *jobs);

#endif
