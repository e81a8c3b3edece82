/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The pause, and how it grows. */

#include "base/lockout.h"

#define MIN_MS (60 * 1000)
#define MAX_MS (30 * MIN_MS)

void lockout_rejected(struct lockout *l, msec_t now) {
  l->pause = l->pause == 0 ? MIN_MS : msec_min(2 * l->pause, MAX_MS);
  l->until = now + l->pause;
}
