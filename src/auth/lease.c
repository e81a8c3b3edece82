/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Times of a lease. */

#include "auth/lease.h"

/* Milliseconds. */
#define RETRY_MIN 1000
#define RETRY_MAX (5 * 60 * 1000)
#define REJECTED_MAX (30 * 60 * 1000)
/* Ends that differ by less are one: a life is given in whole seconds. */
#define SAME_END 1500

static msec_t clamp(msec_t value, msec_t least, msec_t most) {
  return value < least ? least : msec_min(value, most);
}

/* Before the next request the old lease may end; the pause respects it. */
static void wait_for_successor(struct lease *l, msec_t life, msec_t now) {
  backoff_grow(&l->failed, RETRY_MIN, clamp(life / 2, RETRY_MIN, RETRY_MAX),
               now);
}

bool lease_grant(struct lease *l, msec_t life,
                 const struct lease_margins *margins, msec_t now) {
  msec_t most = msec_min(margins->most, life / 2);
  msec_t least = msec_min(margins->least, life / 4);
  bool is_same = l->granted && now + life <= l->ends + SAME_END;
  if (life <= 0) {
    lease_fail(l, -1, now);
    return false;
  }
  l->granted = true;
  l->ends = now + life;
  l->renew_at = l->ends - least - backoff_jitter(most - least);
  if (l->renew_at < now + RETRY_MIN)
    l->renew_at = now + RETRY_MIN;
  if (is_same)
    wait_for_successor(l, life, now);
  else
    backoff_reset(&l->failed);
  return true;
}

void lease_fail(struct lease *l, msec_t retry_after, msec_t now) {
  if (retry_after >= 0)
    backoff_obey(&l->failed, retry_after, now);
  else
    backoff_grow(&l->failed, RETRY_MIN, RETRY_MAX, now);
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
  const struct err *why = rejected ? &l->rejection : &l->failure;
  return err_is_set(why) ? err_set(err, why->kind, "%s", why->text)
                         : err_set(err, ERR_AUTH,
                                   "the credentials have expired, and the "
                                   "service gives no new ones yet");
}
