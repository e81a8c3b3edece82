/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Compares each response with the one before, and emits the differences as
 * events->changed. The state that is compared with is kept in struct job; for
 * the project, here. In a cycle:
 *
 *     changes_answered(&c, job, progress, ...);  after the event of the item
 *     changes_missing(&c, job, code, message);   or this, for each other job
 *     changes_reason(&c, job, reason);           where failures are held
 *     changes_release(&c);                       the cycle's calls are over
 *     changes_project(&c, outage);
 *     changes_jobs(&c, jobs, cause); */

#ifndef DRS_POLL_CHANGES_H
#define DRS_POLL_CHANGES_H

#include "api/progress.h"
#include "poll/project_events.h"

/* A failure that waits for its reason. */
struct held_failure {
  struct job *job;
  char old_status[JOBS_STATUS_MAX];
  struct json_text code, message;
};

struct changes {
  const struct project_events *events;
  void *arg;
  msec_t now;          /* when the cycle began */
  uint32_t flaps_time; /* six changes within are too many, and none for so
                          long ends it; seconds */
  bool project_down;   /* and this was emitted */
  bool no_jobs;        /* likewise */
  bool holds_failures; /* until their reasons come, or the cycle ends */
  struct held_failure *held;
  size_t held_len, held_size;
};

/* `interval`: of the project, in seconds. */
void changes_init(struct changes *c, const struct project_events *events,
                  void *arg, double interval);
void changes_finish(struct changes *c);

/* The reason of a job's failure, or "": a failure that is held is emitted. */
void changes_reason(struct changes *c, struct job *job, const char *reason);

/* Emits all failures that are held. To be called before the jobs change. */
void changes_release(struct changes *c);

/* A job was reported. A status or an error code that changed tells more than
 * what it did to the readiness. */
void changes_answered(struct changes *c, struct job *job,
                      const struct progress *p, bool readiness_changed);

/* The service rejects a job, leaves it out of a response, or reports an
 * error in its place; both texts may be "". */
void changes_missing(struct changes *c, struct job *job, const char *code,
                     const char *message);

/* The cycle is over, and the sources of jobs are known; `cause`: why there is
 * no job, or NULL. */
void changes_jobs(struct changes *c, size_t jobs, const char *cause);

/* A cycle is over; `down` is the error that left all jobs unanswered, or NULL.
 */
void changes_project(struct changes *c, const struct err *down);

#endif
