/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Three types in one. */

#include "poll/job_comparisons.h"

struct job_comparison job_comparisons_sum(const struct job_comparisons *c) {
  struct job_comparison sum = {0};
  for (size_t i = 0; i < COMPARISON_TYPES; i++) {
    const struct job_comparison *one = &c->types[i];
    if (one->ended <= 0)
      continue;
    if (sum.ended <= 0 || one->ended < sum.ended)
      sum.ended = one->ended;
    sum.inconsistent += one->inconsistent;
    sum.uncompared += one->uncompared;
  }
  return sum;
}

bool job_comparisons_differ(const struct job_comparisons *c, double after) {
  for (size_t i = 0; i < COMPARISON_TYPES; i++)
    if (c->types[i].ended > after && c->types[i].inconsistent > 0)
      return true;
  return false;
}
