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
 * Names are unique on a host, and a series is one job's, now and later. Where a
 * job has several names, that of the source counts which stands first in the
 * list above. A name that its job cannot have becomes NAME-ID8, with the first
 * 8 characters of the id, or NAME-ID: no job is left out for its name. It has
 * the name as long as its source does not change it. These cannot have theirs:
 * - of two jobs with one name, the one whose right is weaker (enum name_rank),
 *   or whose project is configured later, or else the later;
 * - all tasks of one name in the lists of one project;
 * - a job whose name was another's within the last day. */

#ifndef DRS_POLL_JOBS_H
#define DRS_POLL_JOBS_H

#include "api/comparison.h"
#include "api/job_call.h"
#include "base/clock.h"
#include "poll/estimate.h"
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
  JOBS_LISTED = 1 << 2,  /* and two above: a list for each kind of job */
  JOBS_SUBTASK = 1 << 5, /* and two above: the sub-tasks of each list */
};

/* The state of a job for one API call. Cycles have numbers from 1. */
struct job_poll {
  uint32_t answered; /* the last cycle that it was reported in; 0: none */
  uint32_t request;  /* the request that may report it; 0: none */
  uint32_t rejected; /* the group that it is quarantined with; 0: it is not */
  uint32_t retry_at; /* when it is polled again; seconds of the clock */
  uint32_t missed;   /* the first cycle since `answered` in which the service
                        left it out or rejected it; 0: none */
};

/* Whether a job that was reported before was missed in this cycle only, or in
 * none: that may pass. */
static inline bool job_poll_may_pass(const struct job_poll *p, uint32_t cycle) {
  return p->answered != 0 && (p->missed == 0 || p->missed == cycle);
}

/* The result of the last finished comparison of a type, as it is kept. */
struct job_comparison {
  double ended; /* seconds since the epoch; 0: there is none */
  float inconsistent, uncompared; /* objects */
};

struct job_comparisons {
  msec_t until; /* they are too old after this time */
  struct job_comparison types[COMPARISON_TYPES];
};

/* The last changes of a job, for damping. All zero: none. */
#define JOBS_FLAP_CHANGES 6
struct job_flaps {
  uint32_t changes[JOBS_FLAP_CHANGES]; /* seconds of the clock; a ring */
  uint8_t next;                        /* in the ring: the oldest one */
  bool damped;                         /* changes are not reported one by one */
  bool error_emitted; /* the error code, as it was last reported */
};

struct job {
  const char *id;   /* as the API has it */
  const char *name; /* plugin instance: safe for a metric's path */
  char *own_name;   /* its memory; NULL: the name is the id */
  struct jobs *table;
  uint64_t wanted; /* hash of the name that its source gives, made safe */
  struct job_poll polls[JOB_CALLS];
  bool has_error;     /* its last item carried an error code */
  bool awaits_reason; /* it has failed in this cycle, see changes_reason */
  bool copying;       /* its data are copied, or about to be */
  bool copied;        /* that is complete, or there is none of it */
  bool compared;      /* the comparisons were answered, or rejected, once */
  bool missing;       /* the service does not know it, and this was reported */
  uint8_t sources;    /* which have it */
  uint8_t marks;      /* while a source is replaced */
  uint8_t rank;       /* enum name_rank: its right to its name */
  struct job_details *details;         /* NULL: none */
  struct job_comparisons *comparisons; /* likewise */
  uint32_t copied_at; /* seconds since the epoch: its full copy was complete;
                         0: that was not seen */
  struct estimate estimate;
  struct readiness readiness;
  struct job_flaps flaps;
  uint32_t backlog_cycle;       /* its RPO or RTO was too large in; 0: none */
  char status[JOBS_STATUS_MAX]; /* the last transfer_status; "": none yet */
};

/* Entries of a list that have the id of another one. */
struct jobs_repeated {
  size_t count;
  char first[JOBS_ID_MAX + 1];
};

/* A job is not polled by the name that its source gives, or its name is
 * another's in some store. `source`: of enum jobs_source. */
typedef void jobs_warn_fn(void *arg, unsigned source,
                          const struct err *warning);

/* At most so many warnings of one list, and their sum. */
#define JOBS_WARNINGS_MAX 8

/* All zero is an empty table. Its address must not change. */
struct jobs {
  struct job **all;
  size_t len, size;
  void *by_id;             /* tsearch(3) tree of struct job */
  struct host_names *host; /* of their names; NULL: they need not differ */
  size_t number;           /* of the project, in the order of configuration */
  jobs_warn_fn *warn;      /* NULL: nobody is warned */
  void *warn_arg;

  /* of the last replacement */
  struct jobs_repeated repeated;
  msec_t now;
  size_t warnings;
  bool out_of_memory; /* a name is not reserved */
};

/* Replaces the jobs of this source by those of the list; of two entries with
 * one id the first counts. False: out of memory, and a job may be left out; all
 * others are as the list has them. A job of another table may get another
 * name. */
bool jobs_replace(struct jobs *jobs, unsigned source,
                  const struct job_list *list, msec_t now, struct err *err);

/* The job of that id, or NULL. `near`, if not NULL, is where to look first:
 * responses mostly have the order of the request. */
struct job *jobs_find(const struct jobs *jobs, const char *id,
                      struct job *near);

/* Whether it is in the service's list as a part of another task only. */
static inline bool job_is_subtask(const struct job *job) {
  return (job->sources & (JOBS_SUBTASK - 1)) == 0;
}

/* Sets a job's status, cut to JOBS_STATUS_MAX, and returns the one before in
 * `was`. False: it is the same, and `was` is not written. */
bool jobs_set_status(struct job *job, const char *status,
                     char was[JOBS_STATUS_MAX]);

void jobs_free(struct jobs *jobs);

#endif
