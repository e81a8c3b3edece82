/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The comparisons of a project's jobs, asked for beside the cycles: one job
 * after the other, one request for each at DiscoverInterval, spread over it,
 * and only when no progress is to be sent or under way. A job whose full copy
 * is not complete has none yet.
 *
 * The list of a job's comparisons comes first, page by page. Those that were
 * finished since the last time are asked for in one request more. */

#ifndef DRS_POLL_COMPARISONS_H
#define DRS_POLL_COMPARISONS_H

#include "api/call.h"
#include "api/comparison.h"
#include "base/backoff.h"
#include "poll/project_config.h"
#include "poll/project_events.h"

/* Pages of a list that are read at most. */
#define COMPARISON_PAGES_MAX 5

/* All zero: none are asked for. */
struct comparisons {
  const struct api_service *service; /* NULL: as if all zero */
  const struct project_config *config;
  struct project_counts *counts; /* errors are added to them */
  msec_t interval;
  struct jobs *jobs; /* of the last step */

  /* The walk over the jobs. */
  size_t next;                /* index of the next job; it may have changed */
  msec_t due, gap;            /* the next job's time; from job to job */
  struct backoff pause;       /* after a failure */
  bool offered;               /* the call was accepted once */
  bool supported;             /* and this is not in doubt */
  bool rejected;              /* it is not offered, or not to us */
  unsigned credential_errors; /* in a row */
  struct err err;             /* of the last request but those of a job alone */
  bool failing;               /* and this was reported */

  /* Of the job under way. */
  bool running;
  char id[JOBS_ID_MAX + 1];
  long page;     /* of the list; 0: the results are asked for */
  size_t listed; /* comparisons on the pages so far */
  struct api_call call;
  struct comparison_response response;
};

/* All that it is given must outlive it. */
void comparisons_init(struct comparisons *c, const struct api_service *service,
                      const struct project_config *config,
                      struct project_counts *counts);

/* Cancels the request under way. */
void comparisons_stop(struct comparisons *c);

/* Starts the request that can be started now; returns when to call again at
 * the latest. To be called after each response, too. */
msec_t comparisons_step(struct comparisons *c, struct jobs *jobs, msec_t now);

/* Whether the next request waits until there are credentials for it. */
static inline bool comparisons_await_credentials(const struct comparisons *c) {
  return c->running && !api_call_is_under_way(&c->call);
}

/* The call started failing, or recovered where the error is not set. NULL: no
 * change. */
const struct err *comparisons_change(struct comparisons *c);

/* All that are kept of a job; `ended` is when the oldest did. */
struct job_comparison job_comparisons_sum(const struct job_comparisons *c);

/* Whether one that ended after this time, in seconds since the epoch, found a
 * difference. */
bool job_comparisons_differ(const struct job_comparisons *c, double after);

#endif
