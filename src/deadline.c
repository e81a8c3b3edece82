/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The one reading of the clock. */

#include "deadline.h"

#include <time.h>

msec_t deadline_now(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (msec_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
