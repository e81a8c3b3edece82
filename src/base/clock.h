/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Time left. All times in the core are milliseconds of a clock that never
 * steps; the wall clock is used only for dates. Functions that
 * decide something take the time as an argument, so that a test can hold the
 * clock in its hands. */

#ifndef DRS_BASE_CLOCK_H
#define DRS_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* A point in time, in milliseconds since an unspecified start. */
typedef int64_t msec_t;

#define CLOCK_NEVER INT64_MAX

/* The time now: CLOCK_MONOTONIC less the times given to clock_skip. */
msec_t clock_now(void);

/* Leaves out so many milliseconds in which the process did not run (SIGSTOP, a
 * virtual machine that was paused): no time limit passed meanwhile. From any
 * thread. */
void clock_skip(msec_t time);

/* The same clock in seconds, and finer: to measure with. */
double clock_seconds(void);

/* The earlier of two. */
static inline msec_t msec_min(msec_t a, msec_t b) { return a < b ? a : b; }

/* Milliseconds from `now` to `deadline`: 0 if it has passed, at most `max`. */
static inline int msec_left(msec_t deadline, msec_t now, int max) {
  if (deadline <= now)
    return 0;
  return deadline - now < max ? (int)(deadline - now) : max;
}

#endif
