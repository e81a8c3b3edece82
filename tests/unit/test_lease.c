/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * When a token or a key is renewed, on a clock that the test moves. */

#include "unit.h"

#include "auth/lease.h"

#define MINUTE (60 * 1000)
#define HOUR (60 * MINUTE)

static const struct lease_margins margins = {5 * MINUTE, 10 * MINUTE};

static void it_is_renewed_between_the_margins(void **state) {
  (void)state;
  static const struct {
    msec_t life, min, max; /* before the end */
  } rows[] = {{24 * HOUR, 5 * MINUTE, 10 * MINUTE},
              {8 * MINUTE, 2 * MINUTE, 4 * MINUTE},
              {4000, 1000, 2000},
              {1200, 200, 200}, /* not within a second */
              {10, -990, -990}};
  for (size_t i = 0; i < COUNT(rows); i++)
    for (int n = 0; n < 20; n++) {
      struct lease l = {0};
      assert_true(lease_is_wanted(&l, 7));
      assert_true(lease_grant(&l, rows[i].life, &margins, 7));
      assert_true(lease_is_usable(&l, 7 + rows[i].life - 1));
      assert_false(lease_is_usable(&l, 7 + rows[i].life));
      assert_true(l.ends - l.renew_at >= rows[i].min);
      assert_true(l.ends - l.renew_at <= rows[i].max);
      assert_int_equal(lease_is_wanted(&l, l.renew_at), true);
      assert_int_equal(lease_is_wanted(&l, msec_min(l.renew_at, l.ends) - 1),
                       false);
    }
}

static void many_are_not_renewed_together(void **state) {
  (void)state;
  msec_t first = 0;
  for (int i = 0; i < 100; i++) {
    struct lease l = {0};
    lease_grant(&l, HOUR, &margins, 0);
    if (i > 0 && l.renew_at != first)
      return;
    first = l.renew_at;
  }
  fail_msg("all are renewed after %ld ms", (long)first);
}

static void one_that_has_ended_is_a_failure(void **state) {
  (void)state;
  struct lease l = {0};
  assert_false(lease_grant(&l, 0, &margins, 0));
  assert_false(lease_grant(&l, -HOUR, &margins, 0));
  assert_false(lease_is_usable(&l, 0));
  assert_false(lease_is_wanted(&l, 499));
  assert_true(lease_is_wanted(&l, 5000));
}

/* The service has no other yet: each request comes in the middle of what is
 * left, and at last there is one in a second. */
static void the_same_end_again_costs_few_requests(void **state) {
  (void)state;
  struct lease l = {0};
  int requests = 0, last_minute = 0;
  for (msec_t now = 0; now < HOUR; now += 10)
    if (lease_is_wanted(&l, now)) {
      requests++;
      last_minute += now > HOUR - MINUTE;
      assert_true(lease_grant(&l, HOUR - now, &margins, now));
    }
  assert_between(requests, 5, 30);
  assert_between(last_minute, 1, 15);
}

static void a_failure_waits_as_retry_after_requests(void **state) {
  (void)state;
  struct lease l = {0};
  lease_fail(&l, 7000, 0);
  assert_false(lease_is_wanted(&l, 6999));
  assert_true(lease_is_wanted(&l, 7000));
}

/* The service has seen none of these tries. */
static void
a_failure_of_the_connection_waits_no_longer_each_time(void **state) {
  (void)state;
  static const enum err_kind kinds[] = {ERR_RESOLVE, ERR_CONNECT, ERR_TLS,
                                        ERR_HTTP};
  for (size_t i = 0; i < COUNT(kinds); i++) {
    struct lease l = {0};
    err_set(&l.failure, kinds[i], "failure");
    for (msec_t now = 0; now < 10000; now += 1000) {
      if (lease_is_wanted(&l, now))
        lease_fail(&l, -1, now);
      else
        assert_int_equal(kinds[i], ERR_HTTP);
    }
    assert_int_equal(lease_is_wanted(&l, 10000), kinds[i] != ERR_HTTP);
  }
}

static void a_rejection_waits_unless_it_served(void **state) {
  (void)state;
  struct lease l = {0};
  lease_grant(&l, HOUR, &margins, 0);
  lease_reject(&l, true, 0);
  assert_true(lease_is_wanted(&l, 0));
  lease_grant(&l, HOUR, &margins, 0);
  lease_reject(&l, false, 0);
  assert_false(lease_is_wanted(&l, 499));
  assert_true(lease_is_wanted(&l, 1000));
}

static void the_reason_is_that_of_the_pause(void **state) {
  (void)state;
  struct lease l = {0};
  struct err err = ERR_INIT;
  err_set(&l.failure, ERR_HTTP, "failure");
  assert_false(lease_explain(&l, 0, &err));
  assert_string_equal(err.text, "failure");
  err_set(&l.rejection, ERR_AUTH, "rejection");
  lease_reject(&l, false, 0);
  err_clear(&err);
  lease_explain(&l, 0, &err);
  assert_string_equal(err.text, "rejection");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_renewed_between_the_margins),
      cmocka_unit_test(many_are_not_renewed_together),
      cmocka_unit_test(one_that_has_ended_is_a_failure),
      cmocka_unit_test(the_same_end_again_costs_few_requests),
      cmocka_unit_test(a_failure_waits_as_retry_after_requests),
      cmocka_unit_test(a_failure_of_the_connection_waits_no_longer_each_time),
      cmocka_unit_test(a_rejection_waits_unless_it_served),
      cmocka_unit_test(the_reason_is_that_of_the_pause),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
