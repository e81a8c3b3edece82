/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The API call "Querying Task Details in Batches":
 * POST /v3/{project_id}/jobs/batch-detail. Of some 60 members of an item a few
 * are decoded. Among the others are addresses, users, passwords, keys and
 * subscribers: nothing of them is stored, not even for a moment. */

#ifndef DRS_API_DETAILS_H
#define DRS_API_DETAILS_H

#include "api/job_call.h"

/* Bits of `has`. */
enum details_bit {
  DETAILS_STARTED = 1 << 0,
  DETAILS_COMPLETED = 1 << 1,
  DETAILS_DELAY = 1 << 2,
  DETAILS_RPO = 1 << 3,
  DETAILS_RTO = 1 << 4
};

/* An item of `results`. */
struct details {
  struct job_item base;
  double started;   /* `actual_start_time`, milliseconds since the epoch */
  double completed; /* `full_transfer_complete_time`, likewise */
  /* The task's own limits, in seconds: `alarm_notify.delay_time` and the other
   * two; 0: none. */
  double delay, rpo, rto;
  struct json_text failed_reason; /* without secrets of ours */
};

#endif
