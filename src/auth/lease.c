/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Times of a lease. */

#include "auth/lease.h"

/* Milliseconds. */
#define RETRY_MIN 1000
#define RETRY_MAX (5 * 60 * 1000)
#define REJECTED_MAX (30 * 60 * 1000)

bool lease_grant(struct lease *l, msec_t life,
                 const struct lease_margins *margins, msec_t now) {
  msec_t max = msec_min(margins->max, life / 2);
  msec_t min = msec_min(margins->min, life / 4);
  if (life <= 0) {
    lease_fail(l, -1, now);
    return false;
  }
  l->granted = true;
  l->ends = now + life;
  l->renew_at = l->ends - min - backoff_jitter(max - min);
  if (l->renew_at < now + RETRY_MIN)
    l->renew_at = now + RETRY_MIN;
  backoff_reset(&l->failed);
  return true;
}

void lease_fail(struct lease *l, msec_t retry_after, msec_t now) {
  if (retry_after >= 0)
    backoff_obey(&l->failed, retry_after, now);
  else
    backoff_grow(&l->failed, RETRY_MIN,
                 err_is_of_connection(l->failure.kind) ? RETRY_MIN : RETRY_MAX,
                 now);
}

void lease_reject(struct lease *l, bool served, msec_t now) {
  l->granted = false;
  if (served)
    backoff_reset(&l->rejected);
  else
    backoff_grow(&l->rejected, RETRY_MIN, REJECTED_MAX, now);
}

bool lease_explain(const struct lease *l, msec_t now, struct err *err) {
  bool rejected =
      backoff_is_active(&l->rejected, now) || !err_is_set(&l->failure);
  const struct err *cause = rejected ? &l->rejection : &l->failure;
  return err_set(err, cause->kind, "%s", cause->text);
}
