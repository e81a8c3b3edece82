/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The kept results of a job's comparisons: the last finished one of each type.
 */

#ifndef DRS_POLL_JOB_COMPARISONS_H
#define DRS_POLL_JOB_COMPARISONS_H

#include "api/comparison.h"
#include "base/clock.h"

struct job_comparison {
  double ended; /* seconds since the epoch; 0: there is none */
  float inconsistent, uncompared; /* objects */
};

struct job_comparisons {
  msec_t until; /* they are too old after this time */
  struct job_comparison types[COMPARISON_TYPES];
};

/* All of them; `ended` is when the oldest did. */
struct job_comparison job_comparisons_sum(const struct job_comparisons *c);

/* Whether one that ended after this time, in seconds since the epoch, found a
 * difference. */
bool job_comparisons_differ(const struct job_comparisons *c, double after);

#endif
