/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One poll of all jobs of a project: a round of requests for their progress,
 * and one for each further call that is configured. It ends in time whatever
 * the network does, and emits the project's events.
 *
 *     cycle_start(&c, now, deadline);
 *     while (c.running)
 *       cycle_step(&c, now), when the network or the clock has moved
 *     cycle_end(&c);
 */

#ifndef DRS_POLL_CYCLE_H
#define DRS_POLL_CYCLE_H

#include "poll/changes.h"
#include "poll/cutover.h"
#include "poll/project_config.h"
#include "poll/round.h"

/* A cycle's environment. All of it must outlive the cycle. */
struct cycle_setup {
  const struct project_config *config;
  const struct api_service *service;
  struct jobs *jobs;
  const struct project_events *events;
  void *arg;
};

/* Its address must not change. */
struct cycle {
  struct cycle_setup setup;
  struct slot *slots; /* for the calls that may be under way */
  size_t slots_len;
  struct round rounds[JOB_CALLS]; /* of the calls that are made, in order */
  size_t rounds_len;
  struct project_counts counts;
  struct changes changes;
  struct cutover cutover;
  struct round *details; /* NULL: they are not requested */
  msec_t details_due;    /* of all jobs; a failure is asked for at once */

  /* of the cycle under way */
  uint32_t number;
  bool running, awaits_credentials;
  bool details_begun;
  msec_t begun, deadline;
  size_t started, expected;     /* requests */
  double seconds;               /* when it began, by clock_seconds */
  struct project_result result; /* the sources of jobs complete it */
};

/* False: out of memory. Call cycle_finish in either case. */
bool cycle_init(struct cycle *c, const struct cycle_setup *setup,
                struct err *err);
void cycle_finish(struct cycle *c);

/* Starts a cycle that ends at the deadline, whatever happens. */
void cycle_start(struct cycle *c, msec_t now, msec_t deadline);

/* Starts the requests that can be started, and finds out whether the cycle is
 * over. Returns when to call again at the latest. */
msec_t cycle_step(struct cycle *c, msec_t now);

/* Ends a cycle that is over: evaluates it, and emits its events. */
void cycle_end(struct cycle *c);

/* Ends a cycle at once, without an event. */
void cycle_cancel(struct cycle *c);

static inline bool cycle_awaits_credentials(const struct cycle *c) {
  return c->running && c->awaits_credentials;
}

/* Whether nothing of the progress is to be sent, or under way. */
static inline bool cycle_progress_is_over(const struct cycle *c) {
  return !c->running || !round_is_outstanding(&c->rounds[JOB_PROGRESS]);
}

/* Whether the service requested a pause that lasts. */
static inline bool cycle_is_paused(const struct cycle *c, msec_t now) {
  return now < c->rounds[JOB_PROGRESS].pause.until;
}

#endif
