/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * How long a job still takes, from what it reported so far: in the full copy
 * until it is complete, in the incremental phase until the destination has
 * caught up with the source. The service's own `remaining_time` has been 0 or
 * null in all that was seen.
 *
 *     estimate_update(&job->estimate, &sample);    for each response, in order
 *     if (job->estimate.known) ...
 *
 * The percentage is a whole number that counts objects, and the delay saws and
 * has spikes. So only steps count: the moments at which less was left than ever
 * before. The slope is that of the last ESTIMATE_STEPS of them; between two
 * steps the estimate counts down. A status that changes, a percentage that goes
 * back, and a standstill begin anew.
 *
 * docs/estimate.md has its error, for twenty made curves. */

#ifndef DRS_POLL_ESTIMATE_H
#define DRS_POLL_ESTIMATE_H

#include "api/status.h"
#include "base/clock.h"

#define ESTIMATE_STEPS 9
/* There is no estimate before so many steps. */
#define ESTIMATE_STEPS_MIN 3
/* None beyond this, in seconds: 30 days. */
#define ESTIMATE_MAX (30.0 * 24 * 3600)

/* When less was left than ever before. */
struct estimate_step {
  uint32_t at; /* tenths of a second of the clock; it may overflow */
  float left;  /* percent, or seconds of delay */
};

/* The state kept for a job. All zero: nothing is known. */
struct estimate {
  struct estimate_step steps[ESTIMATE_STEPS]; /* the oldest first */
  struct estimate_step last; /* the newest; the first sample before any */
  float seconds;             /* the estimate after the last sample ... */
  bool known;                /* ... if one is possible */
  uint8_t len;               /* of the steps */
  uint8_t above;             /* samples in a row that were above `last` */
  uint16_t status;           /* of the last sample; 0: none yet */
};

/* A response, as far as it counts here. */
struct estimate_sample {
  msec_t now;
  int status;     /* see api/status.h */
  bool caught_up; /* in the incremental phase: nothing is left */
  bool has_left;
  double left; /* in the full copy percent; then the delay in seconds */
};

/* Takes the next sample. */
void estimate_update(struct estimate *e, const struct estimate_sample *s);

#endif
