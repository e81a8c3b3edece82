/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A token or a key that a service grants for a time: when it ends, when to
 * request the next one, and the pauses after a failure.
 *
 *     if (lease_is_wanted(&lease, now))
 *       request one; then, of the response:
 *         lease_grant(&lease, life, &margins, now) or
 *         lease_fail(&lease, retry_after, now)
 *     return lease_is_usable(&lease, now);
 *
 * The old one serves until the new one is granted. */

#ifndef DRS_AUTH_LEASE_H
#define DRS_AUTH_LEASE_H

#include "base/backoff.h"
#include "base/err.h"

/* All zero: nothing is granted yet. */
struct lease {
  bool granted;
  msec_t ends, renew_at;
  struct backoff failed;   /* the granting service fails */
  struct backoff rejected; /* the lease is rejected */
  struct err failure;      /* why the service granted none */
  struct err rejection;    /* why the last one was rejected */
};

/* Milliseconds before the end at which it is renewed: at a random time between
 * the two; in a short life from its middle on, and never within a second. */
struct lease_margins {
  msec_t min, max;
};

/* The service granted one that lives `life` milliseconds. False: it has ended
 * already, which is a failure. */
bool lease_grant(struct lease *l, msec_t life,
                 const struct lease_margins *margins, msec_t now);

/* No request before the pause that the service requests, or, where
 * `retry_after` is negative, before one that grows; with a `failure` of the
 * connection it does not. */
void lease_fail(struct lease *l, msec_t retry_after, msec_t now);

/* DRS rejects the token or the keys. If it `served` before, the next one is
 * requested at once; else after a pause that grows. */
void lease_reject(struct lease *l, bool served, msec_t now);

static inline bool lease_is_usable(const struct lease *l, msec_t now) {
  return l->granted && now < l->ends;
}

/* Whether to request one now. */
static inline bool lease_is_wanted(const struct lease *l, msec_t now) {
  return (!lease_is_usable(l, now) || now >= l->renew_at) &&
         !backoff_is_active(&l->failed, now) &&
         !backoff_is_active(&l->rejected, now);
}

/* Why none was granted, after a failure or a rejection. Always returns false.
 */
bool lease_explain(const struct lease *l, msec_t now, struct err *err);

#endif
