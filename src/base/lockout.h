/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * How long to leave alone who did not let us in. Identity services lock a user
 * after 3 to 10 refused logins, an access key after 5 refused signatures; so a
 * refused secret is tried again after 1, 2, 4, 8, 16 and then every 30
 * minutes: 6 times in the first hour. */

#ifndef DRS_BASE_LOCKOUT_H
#define DRS_BASE_LOCKOUT_H

#include "base/clock.h"

/* All zero: none. */
struct lockout {
  msec_t until; /* no try before */
  msec_t pause; /* the last one; 0: there was none */
};

/* It was refused. */
void lockout_rejected(struct lockout *l, msec_t now);

/* It was accepted, or there is another secret to try. */
static inline void lockout_end(struct lockout *l) { *l = (struct lockout){0}; }

static inline bool lockout_is_active(const struct lockout *l, msec_t now) {
  return now < l->until;
}

#endif
