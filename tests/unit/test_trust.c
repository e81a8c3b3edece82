/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors */

#include "unit.h"

#include "net/trust.h"

#include <stdlib.h>
#include <unistd.h>

#define OLD_FILE "/bin/sh" /* was not changed within the last seconds */

static struct trusts trusts;

static void one_entry_for_each_file(void **state) {
  (void)state;
  struct trust *file = trust_acquire(&trusts, OLD_FILE, 0);
  struct trust *defaults = trust_acquire(&trusts, NULL, 0);
  assert_non_null(file);
  assert_non_null(defaults);
  assert_ptr_not_equal(file, defaults);
  assert_ptr_equal(trust_acquire(&trusts, OLD_FILE, 9), file);
  assert_ptr_equal(trust_acquire(&trusts, NULL, 9), defaults);
  for (int i = 0; i < 2; i++) {
    trust_release(file);
    trust_release(defaults);
  }
  assert_int_equal(trust_cache_time(file, 9), 300);
  trusts_finish(&trusts);
}

/* One that was changed a moment ago may change again without a trace. */
static void a_changed_file_gets_another_entry(void **state) {
  char path[] = "/tmp/test_trust.XXXXXX";
  (void)state;
  close(mkstemp(path));
  struct trust *before = trust_acquire(&trusts, path, 1000);
  struct trust *after = trust_acquire(&trusts, path, 5000);
  assert_ptr_not_equal(before, after);
  assert_ptr_not_equal(before->share, after->share);
  assert_int_equal(trust_cache_time(before, 5000), 300);
  assert_int_equal(trust_cache_time(after, 5000), 0);
  trust_release(before);
  trust_release(after);
  unlink(path);
  trusts_finish(&trusts);
}

/* A reading that ended a second after the change may have begun before it. */
static void nothing_is_kept_from_before_a_change(void **state) {
  static const struct {
    msec_t now;
    long seconds;
  } rows[] = {{5000, 0}, {6999, 0}, {7000, 1}, {105000, 99}, {1000000, 300}};
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++)
    assert_int_equal(
        trust_cache_time(&(struct trust){.since = 5000}, rows[i].now),
        rows[i].seconds);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_entry_for_each_file),
      cmocka_unit_test(a_changed_file_gets_another_entry),
      cmocka_unit_test(nothing_is_kept_from_before_a_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
