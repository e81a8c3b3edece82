/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The API call "Querying the RPO and RTO in Batches":
 * POST /v3/{project_id}/jobs/batch-rpo-and-rto. RPO is what has not been read
 * from the source yet, RTO what has been read and not replayed yet. Not every
 * cloud offers the call. */

#ifndef DRS_API_RPO_AND_RTO_H
#define DRS_API_RPO_AND_RTO_H

#include "base/json_decoder.h"

/* Bits of rpo_and_rto.has. */
enum rpo_and_rto_bit { RPO_DELAY = 1 << 0, RTO_DELAY = 1 << 1 };

/* An item of `results`. */
struct rpo_and_rto {
  unsigned has;
  double rpo_ms,
      rto_ms; /* `rpo_info.delay`, `rto_info.delay`; negative: none */
  struct json_text id;
  struct json_text error_code, error_msg;
};

/* Called for each item with a job_id as soon as it is complete. */
typedef void rpo_and_rto_fn(void *arg, const struct rpo_and_rto *r);

/* The target of the response's table: the caller sets `fn` and `arg`, the rest
 * zero. */
struct rpo_and_rto_response {
  unsigned has; /* of the root: no bit */
  rpo_and_rto_fn *fn;
  void *arg;
  struct rpo_and_rto item;
};

/* Its arguments are a struct job_ids, its target a struct rpo_and_rto_response.
 */
extern const struct api_call_type rpo_and_rto_call;

#endif
