/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Values for collectd. All values of one cycle carry one time. Types are those
 * of collectd's stock types.db.
 *
 *     metrics_init(&m, "prod", host, interval);
 *     metrics_begin(&m, now);
 *     metrics_item(&m, job, call, item);    for each item of a call
 *     metrics_project(&m, counts, result);
 *     metrics_finish(&m);
 *
 * One value list serves all values, and data that jobs have in common, such as
 * most of the meta data, is kept from one job to the next: in steady state only
 * collectd allocates. */

#ifndef DRS_PLUGIN_METRICS_H
#define DRS_PLUGIN_METRICS_H

#include <collectd/core/daemon/plugin.h>

#include "api/progress.h"
#include "poll/project_events.h"

/* Texts of the service in the meta data of gauge-status. */
#define METRICS_META_TEXTS 7

/* A phase as the last job had it. */
struct metrics_phase {
  char name[PROGRESS_WORD_MAX];
  char safe[PROGRESS_WORD_MAX]; /* its type instance; "": it has no values */
};

/* A text with its length: copying no more than that is cheaper than filling
 * each 128 bytes of a value list. */
struct metrics_text {
  const char *at;
  size_t size; /* with the NUL */
};

#define METRICS_SELF 18

struct metrics_self {
  struct metrics_text type, type_instance;
  value_t value;
};

/* Those of a project. Its address must not change. */
struct metrics {
  const char *project;
  value_list_t list;
  value_t value;

  /* Of the last job that had values. */
  char status[PROGRESS_TEXT_MAX];
  int status_code;
  size_t phases_len;
  struct metrics_phase phases[PROGRESS_PHASES_MAX];
  meta_data_t *meta;
  char meta_texts[METRICS_META_TEXTS][PROGRESS_TEXT_MAX];

  /* The self-metrics of a cycle. Where the write queue has a limit they wait
   * for the start of the next one: behind the values of many jobs they would be
   * the first that collectd drops. */
  bool self_waits;
  struct metrics_self self[METRICS_SELF];
  size_t self_len; /* 0: none wait */
  cdtime_t self_time;

  /* Of collectd's write queue. */
  derive_t marks[2];    /* of the last cycle, and of the one before it */
  bool has_passed;      /* a mark has been through the queue */
  cdtime_t kept_up;     /* when the queue was last known to keep up */
  bool queue_is_behind; /* no values of jobs in this cycle */
};

/* Strings are not copied; `host` is as collectd writes it. */
void metrics_init(struct metrics *m, const char *project, const char *host,
                  cdtime_t interval);
void metrics_finish(struct metrics *m);

/* Starts a cycle. Where collectd's write threads have not taken the
 * self-metrics of the cycle before the last from their queue, this cycle has
 * no values of jobs, so that the queue does not grow for ever. */
void metrics_begin(struct metrics *m, cdtime_t now);

/* The values of a job that an item of this call has. */
void metrics_item(struct metrics *m, const struct job *job, enum job_call call,
                  const struct job_item *item);

/* The self-metrics, after a cycle. */
void metrics_project(struct metrics *m, const struct project_counts *counts,
                     const struct project_result *result);

/* Dispatches self-metrics that wait. */
void metrics_flush(struct metrics *m);

/* bool-up alone. */
void metrics_up(struct metrics *m, bool up);

#endif
