/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * How often somebody is tried who does not let us in. */

#include "unit.h"

#include "base/lockout.h"

#define MINUTE (60 * 1000)

static void six_tries_in_the_first_hour(void **state) {
  (void)state;
  static const int minutes[] = {0, 1, 3, 7, 15, 31, 61, 91, 121};
  struct lockout l = {0};
  size_t tries = 0;
  for (msec_t now = 0; now <= 121 * MINUTE; now += 1000) {
    if (lockout_is_active(&l, now))
      continue;
    assert_int_equal(now, minutes[tries] * MINUTE);
    lockout_rejected(&l, now);
    tries++;
  }
  assert_int_equal(tries, COUNT(minutes));
}

static void another_secret_begins_anew(void **state) {
  (void)state;
  struct lockout l = {0};
  lockout_rejected(&l, 0);
  lockout_rejected(&l, MINUTE);
  lockout_end(&l);
  assert_false(lockout_is_active(&l, MINUTE));
  lockout_rejected(&l, MINUTE);
  assert_true(lockout_is_active(&l, 2 * MINUTE - 1));
  assert_false(lockout_is_active(&l, 2 * MINUTE));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(six_tries_in_the_first_hour),
      cmocka_unit_test(another_secret_begins_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
