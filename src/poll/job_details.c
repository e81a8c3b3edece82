/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From an item to the kept part of it. */

#include "poll/job_details.h"

#include <stdlib.h>
#include <string.h>

static double positive(const struct details *d, unsigned bit, double value) {
  return (d->base.has & bit) && value > 0 ? value : 0;
}

struct job_details *job_details_new(const struct details *item, msec_t until) {
  size_t size = item->failed_reason.len + 1;
  struct job_details *kept = malloc(sizeof(*kept) + size);
  if (kept == NULL)
    return NULL;
  *kept = (struct job_details){
      .until = until,
      .started = positive(item, DETAILS_STARTED, item->started) / 1000,
      .completed = positive(item, DETAILS_COMPLETED, item->completed) / 1000,
      .delay = positive(item, DETAILS_DELAY, item->delay),
      .rpo = positive(item, DETAILS_RPO, item->rpo),
      .rto = positive(item, DETAILS_RTO, item->rto)};
  memcpy(kept->failed_reason, item->failed_reason.text, size);
  return kept;
}
