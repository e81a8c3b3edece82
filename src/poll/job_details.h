/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The part of a job's last details that is kept from one request to the next.
 */

#ifndef DRS_POLL_JOB_DETAILS_H
#define DRS_POLL_JOB_DETAILS_H

#include "api/details.h"
#include "base/clock.h"

struct job_details {
  msec_t until;              /* they are too old after this time */
  double started, completed; /* seconds since the epoch; 0: not yet */
  double delay, rpo, rto;    /* the task's limits in seconds; 0: none */
  char failed_reason[];      /* "": none */
};

/* Made of an item; NULL: out of memory. To be freed with free. */
struct job_details *job_details_new(const struct details *item, msec_t until);

#endif
