/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A pause after a failure, which grows with each failure. Nothing sleeps: a
 * pause is a point in time before which no request is sent. */

#ifndef DRS_BASE_BACKOFF_H
#define DRS_BASE_BACKOFF_H

#include "base/clock.h"

/* All zero: no pause. */
struct backoff {
  msec_t until; /* no request before */
  msec_t last;  /* the last pause that grew; 0: none */
};

/* Pauses for `wait` milliseconds, as the service says. */
void backoff_obey(struct backoff *b, msec_t wait, msec_t now);

/* Pauses twice as long as the last time, from `min` to `max` milliseconds.
 * Half of it is random, so that clients which failed together do not come back
 * together. */
void backoff_grow(struct backoff *b, msec_t min, msec_t max, msec_t now);

/* Likewise without a random part: no try may come early. */
void backoff_grow_exactly(struct backoff *b, msec_t min, msec_t max,
                          msec_t now);

/* After a success the next pause starts at `min` again. */
static inline void backoff_reset(struct backoff *b) { b->last = 0; }

static inline bool backoff_is_active(const struct backoff *b, msec_t now) {
  return now < b->until;
}

/* A random number from 0 to `max`, another one in each process. */
msec_t backoff_jitter(msec_t max);

#endif
