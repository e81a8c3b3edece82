/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Pauses grow, end at their bound, and are never cut short. */

#include "unit.h"

#include "base/backoff.h"

static void it_obeys(void **state) {
  (void)state;
  struct backoff b = {0};
  backoff_obey(&b, 500, 1000);
  assert_int_equal(b.until, 1500);
  backoff_obey(&b, 100, 1100); /* a later word is no excuse to come sooner */
  assert_int_equal(b.until, 1500);
  backoff_obey(&b, 0, 2000);
  assert_int_equal(b.until, 2000);
}

/* Half of a pause is certain, the other half is random. */
static void it_doubles_up_to_a_bound(void **state) {
  (void)state;
  static const msec_t longest[] = {100, 200, 400, 800, 1000, 1000};
  struct backoff b = {0};
  msec_t now = 0;
  for (size_t i = 0; i < COUNT(longest); i++) {
    backoff_grow(&b, 100, 1000, now);
    assert_in_range(b.until - now, longest[i] / 2, longest[i]);
    now += 10000;
  }
  backoff_reset(&b);
  backoff_grow(&b, 100, 1000, now);
  assert_in_range(b.until - now, 50, 100);
}

static void not_all_come_back_together(void **state) {
  (void)state;
  msec_t first = 0;
  for (int i = 0; i < 100; i++) {
    struct backoff b = {0};
    backoff_grow(&b, 100000, 100000, 0);
    if (i == 0)
      first = b.until;
    else if (b.until != first)
      return;
  }
  fail_msg("all pauses are %ld ms", (long)first);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_obeys),
      cmocka_unit_test(it_doubles_up_to_a_bound),
      cmocka_unit_test(not_all_come_back_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
