/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From what a read learns to values for collectd. All values of one read
 * carry one time. Types are those of collectd's stock types.db. */

#ifndef DRS_PLUGIN_METRICS_H
#define DRS_PLUGIN_METRICS_H

#include <collectd/core/daemon/plugin.h>

#include "poll/project.h"

/* What the values of one read have in common. */
struct metrics {
  const char *host; /* NULL: collectd's own */
  cdtime_t time, interval;
};

/* The values of a job that was answered for. */
void metrics_job(const struct metrics *m, const struct job *job,
                 const struct progress *p);

/* How far a job's log is behind. */
void metrics_rpo_and_rto(const struct metrics *m, const struct job *job,
                         const struct rpo_and_rto *r);

/* The self-metrics of a project after a read. */
void metrics_project(const struct metrics *m, const struct project *project,
                     const struct project_result *result);

/* bool-up alone. */
void metrics_up(const struct metrics *m, const char *project, bool up);

#endif
