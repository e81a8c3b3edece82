/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A time before which nothing is to be asked. Nobody sleeps for it: it is a
 * point in time that whoever call_pool looks at first. */

#ifndef DRS_BASE_BACKOFF_H
#define DRS_BASE_BACKOFF_H

#include "base/clock.h"

/* All zero: no pause. */
struct backoff {
  msec_t until; /* nothing is asked before */
  msec_t last;  /* how long the last pause was that nobody told us; 0: none */
};

/* Pauses for `wait` milliseconds, as the service says. */
void backoff_obey(struct backoff *b, msec_t wait, msec_t now);

/* Pauses twice as long as the last time, from `least` to `most` milliseconds.
 * Half of it is random, lest all who were refused come back together. */
void backoff_grow(struct backoff *b, msec_t least, msec_t most, msec_t now);

/* The service is content: the next pause starts small again. */
static inline void backoff_reset(struct backoff *b) { b->last = 0; }

#endif
