/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The events of a project, and the values that they carry. A cycle emits them
 * on the thread that steps the project, in this order:
 *
 *     started
 *     for each item of each response, as soon as it is decoded:
 *         (the job's estimate takes the item)
 *         item        the job has still the status and error of before
 *         changed     0 to 3 times, for progress: back, status, error code;
 *                     the job has the new ones
 *     for each job that the service rejects or leaves out:
 *         changed     CHANGE_JOB_MISSING
 *     changed         CHANGE_PROJECT_DOWN or CHANGE_PROJECT_UP, where it is one
 *     finished        with the result of all of it
 *
 * So a value that needs more than the item is calculated before `item`. Items
 * of several calls and jobs come in any order; a cycle that is cancelled ends
 * without `finished`. */

#ifndef DRS_POLL_PROJECT_EVENTS_H
#define DRS_POLL_PROJECT_EVENTS_H

#include "api/job_call.h"
#include "api/status.h"
#include "base/err.h"
#include "poll/jobs.h"

/* Counters since the start. */
struct project_counts {
  uint64_t requests;          /* of API calls */
  uint64_t token_requests;    /* for credentials */
  uint64_t errors[ERR_KINDS]; /* by kind */
  uint64_t skipped;           /* cycles that were due while one was running */
};

/* How a cycle ended. */
struct project_result {
  double seconds; /* duration of the cycle */
  size_t jobs, answered;
  size_t families[STATUS_FAMILIES]; /* reported jobs by family of status */
  const struct err *errors; /* the first error of each kind, if any; valid
                               until the next cycle starts */
  const struct err
      *exposure;   /* a secret's file that others can read; or NULL */
  bool jobs_known; /* each source of jobs was read at least once */
  const struct err *list_error; /* of the service's list while it is
                                   unknown, or NULL */
  bool discovers; /* one of them is the service's list: no job is no fault */
  /* Of the file of jobs, of the service's list, of comparisons, and of each
   * call but the first. NULL: no change; an error that is not set: recovered.
   */
  const struct err *file_change, *discovery_change, *comparison_change,
      *call_changes[JOB_CALLS];
};

/* Whether every job was reported. */
static inline bool project_is_up(const struct project_result *r) {
  return r->jobs_known && r->answered == r->jobs &&
         (r->jobs > 0 || r->discovers);
}

enum change_kind {
  CHANGE_STATUS,        /* of a job; the first status it has, too */
  CHANGE_ERROR,         /* a job starts to carry an error code */
  CHANGE_ERROR_CLEARED, /* it carries none any more */
  CHANGE_JOB_MISSING,   /* the service rejects a job, or leaves it out */
  CHANGE_JOB_BACK,      /* a missing job is reported again */
  CHANGE_FLAPS,         /* a job's sixth change within a while: from now on
                           none is emitted but of its readiness */
  CHANGE_STEADY,        /* the end of that: a while without a change */
  CHANGE_READY,         /* a job is ready for cutover */
  CHANGE_NOT_READY,     /* it is so no more; job->readiness has the cause */
  CHANGE_PROJECT_DOWN,  /* no job was reported, and the cycle had an error */
  CHANGE_PROJECT_UP,    /* the end of that */
  CHANGE_NO_JOBS,       /* nothing to monitor; the message is the cause */
  CHANGE_JOBS_AGAIN     /* the end of that; the message says how many */
};
#define CHANGE_KINDS (CHANGE_JOBS_AGAIN + 1)

/* A difference between two cycles; each is emitted once, when it happens. Texts
 * are "" where there are none, may hold any byte but NUL, and are valid during
 * the event only. */
struct change {
  enum change_kind kind;
  const struct job *job; /* NULL: of the project */
  const char *old_status, *new_status;
  const char *code, *message; /* the service's; else the message is our own */
  const char *reason; /* of a failure, from its details; NULL or "": none */
};

struct project_events {
  /* A cycle starts. */
  void (*started)(void *arg);
  /* A call's item for a job came; JOB_DETAILS: for the first time. It is in
   * job->details, and is not emitted again. JOB_PROGRESS: the job was reported;
   * its estimate and readiness have this item already, its changes follow this
   * event. */
  void (*item)(void *arg, const struct job *job, enum job_call call,
               const struct job_item *item);
  void (*changed)(void *arg, const struct change *change);
  /* The cycle is over. */
  void (*finished)(void *arg, const struct project_result *result);
  /* Worth one line about the subject of an option: it was dealt with, or
   * lasts. NULL: nobody wants to know. */
  void (*warned)(void *arg, const char *option, const struct err *warning);
};

#endif
