/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The API call "Querying the RPO and RTO in Batches":
 * POST /v3/{project_id}/jobs/batch-rpo-and-rto. RPO is what has not been read
 * from the source yet, RTO what has been read and not replayed yet. Not every
 * cloud offers the call. */

#ifndef DRS_API_RPO_AND_RTO_H
#define DRS_API_RPO_AND_RTO_H

#include "api/job_call.h"

/* Bits of `has`. */
enum rpo_and_rto_bit { RPO_DELAY = 1 << 0, RTO_DELAY = 1 << 1 };

/* An item of `results`. */
struct rpo_and_rto {
  struct job_item base;
  double rpo_ms,
      rto_ms; /* `rpo_info.delay`, `rto_info.delay`; negative: none */
};

#endif
