/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Values for collectd. All values of one cycle carry one time. Types are those
 * of collectd's stock types.db.
 *
 *     metrics_init(&m, &queue, "prod", host, interval);
 *     metrics_begin(&m, now);
 *     metrics_item(&m, job, call, item);    for each item of a call
 *     metrics_project(&m, counts, result);
 *
 * Where collectd's write threads do not keep up, a cycle has no values of jobs:
 * metrics_check_queue, before the first item, finds out whether the requests
 * counter of the cycle before the last (a mark) has reached collectd's cache.
 *
 * Names and texts that jobs have in common are kept from one job to the next:
 * in steady state only collectd allocates. */

#ifndef DRS_PLUGIN_METRICS_H
#define DRS_PLUGIN_METRICS_H

#include <collectd/core/daemon/plugin.h>

#include "api/progress.h"
#include "plugin/value_queue.h"
#include "poll/project_events.h"

/* How many self-metrics there are. */
#define METRICS_SELF 18

/* Those of a project. Its address must not change. */
struct metrics {
  struct value_queue *queue;
  const char *project;
  value_list_t list; /* its host, plugin and interval */
  cdtime_t time;     /* of the cycle */
  bool meta_data;    /* whether gauge-status carries the service's texts */

  /* Of the last job that had values. */
  char status[PROGRESS_TEXT_MAX];
  int status_code;

  bool reported_delay;      /* one that is out of range was logged */
  bool reported_percentage; /* likewise */

  /* The self-metrics of a cycle. Where the write queue has a limit they wait
   * for the start of the next one: behind the values of many jobs they would be
   * the first that collectd drops. */
  bool self_waits, has_self;
  value_t self[METRICS_SELF];
  cdtime_t self_time;

  /* Of collectd's write queue. */
  derive_t marks[2];    /* of the last cycle, and of the one before it */
  bool has_passed;      /* a mark has been through the queue */
  cdtime_t kept_up;     /* when the queue was last known to keep up */
  bool is_checked;      /* in this cycle */
  bool queue_is_behind; /* no values of jobs in this cycle */
};

/* `project` is not copied; `host` is as collectd writes it. The queue must be
 * drained before the metrics end. */
void metrics_init(struct metrics *m, struct value_queue *queue,
                  const char *project, const char *host, cdtime_t interval);

/* Starts a cycle. */
void metrics_begin(struct metrics *m, cdtime_t now);

/* Before the first values of a cycle; false: it was checked before. Where
 * collectd's write threads have not taken the self-metrics of the cycle before
 * the last from their queue, this cycle has no values of jobs, so that the
 * queue does not grow for ever. Reads collectd's cache, which collectd locks
 * for milliseconds at each interval: the requests need not wait for that. */
bool metrics_check_queue(struct metrics *m);

/* The values of a job that an item of this call has. */
void metrics_item(struct metrics *m, const struct job *job, enum job_call call,
                  const struct job_item *item);

/* The self-metrics, after a cycle. */
void metrics_project(struct metrics *m, const struct project_counts *counts,
                     const struct project_result *result);

/* Self-metrics that wait for the next cycle wait no longer. */
void metrics_flush(struct metrics *m);

/* bool-up 0 of a project that has no metrics, at once and without a queue. */
void metrics_down(const char *project, const char *host);

#endif
