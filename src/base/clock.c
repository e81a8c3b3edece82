/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The clock, and nothing else reads it. */

#include "base/clock.h"

#include <time.h>

static _Atomic msec_t skipped;

static struct timespec read_clock(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return ts;
}

msec_t clock_now(void) {
  struct timespec ts = read_clock();
  return (msec_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 - skipped;
}

void clock_skip(msec_t time) { skipped += time; }

double clock_seconds(void) {
  struct timespec ts = read_clock();
  return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}
