/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Values that are made of a task's fields. */

#include "unit.h"

#include "api/progress.h"

#include <stdio.h>
#include <string.h>

static struct progress p;

static void set(struct json_text *to, const char *text) {
  to->len = strlen(text);
  memcpy(to->text, text, to->len + 1);
}

static void check_files(const char *source, const char *destination,
                        double expected) {
  double files;
  set(&p.src_offset, source);
  set(&p.dst_offset, destination);
  bool known = progress_files_behind(&p, &files);
  if (known != (expected >= 0) ||
      (known && (files < expected || files > expected)))
    fail_msg("%s, %s: %d %f", source, destination, known, files);
}

static void test_log_files_behind(void **state) {
  (void)state;
  check_files("mysql-bin-changelog.001731:544", "mysql-bin-changelog.001731:4",
              0);
  check_files("mysql-bin.001731:544", "mysql-bin.001728:99999999", 3);
  check_files("mysql-bin.999999:4", "mysql-bin.000001:4", 999998);
  check_files("mysql-bin.1000001:4", "mysql-bin.999999:4", 2);
  check_files("bin.log.000012:4", "bin.log.000011:4", 1);
}

static void test_other_positions_have_no_files(void **state) {
  static const char *const rows[][2] = {
      {"", ""},
      {"mysql-bin.001731:544", ""},
      {"", "mysql-bin.001731:544"},
      {"mysql-bin.001731:544", "binlog.001731:544"},
      {"mysql-bin.001731:544", "mysql-bin.001732:544"}, /* ahead */
      {"mysql-bin.001731", "mysql-bin.001731"},
      {"mysql-bin.001731:", "mysql-bin.001731:"},
      {"mysql-bin.:5", "mysql-bin.:5"},
      {".001731:5", ".001731:5"},
      {"001731:5", "001731:5"},
      {"mysql-bin.00a731:5", "mysql-bin.00a731:5"},
      {"mysql-bin.001731:5:6", "mysql-bin.001731:5:6"},
      {"mysql-bin.001731:5x", "mysql-bin.001731:5"},
      {"0/16B3748", "0/16B3740"},
      {"3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5",
       "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-4"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++)
    check_files(rows[i][0], rows[i][1], -1);
}

static void test_whether_all_is_replayed(void **state) {
  (void)state;
  set(&p.src_offset, "a.1:544");
  set(&p.dst_offset, "a.1:544");
  assert_true(progress_is_replayed(&p));
  set(&p.dst_offset, "a.1:54");
  assert_false(progress_is_replayed(&p));
  set(&p.dst_offset, "a.1:545");
  assert_false(progress_is_replayed(&p));
  set(&p.src_offset, "");
  set(&p.dst_offset, "");
  assert_false(progress_is_replayed(&p));
}

static void check_delay(unsigned has, double seconds, double ms,
                        double expected) {
  double delay;
  p.base.has = has;
  p.delay_s = seconds;
  p.delay_ms = ms;
  bool known = progress_delay(&p, &delay);
  if (known != (expected >= 0) ||
      (known && (delay < expected || delay > expected)))
    fail_msg("%f %f: %d %f", seconds, ms, known, delay);
}

static void test_a_delay_that_can_be_believed(void **state) {
  static const unsigned s = PROGRESS_DELAY_S, both = s | PROGRESS_DELAY_MS;
  static const char *const still[] = {"PAUSING", "PAUSEING",
                                      "INCRE_TRANSFER_FAILED", "NEW_FAILED"};
  (void)state;
  set(&p.transfer_status, "INCRE_TRANSFER_STARTED");
  check_delay(0, 5, 5, -1);
  check_delay(s, 5, 0, 5);
  check_delay(s, 0, 0, 0);
  check_delay(s, -1, 0, -1);
  check_delay(both, 3, 2718, 2.718);
  check_delay(both, 3, -1, 3);
  check_delay(both, -1, -1, -1);
  check_delay(s, 1000000, 0, 1000000);
  check_delay(s, 1000001, 0, -1);
  check_delay(both, 5, 1000000001, -1);
  for (size_t i = 0; i < COUNT(still); i++) {
    set(&p.transfer_status, still[i]);
    check_delay(s, 0, 0, -1);
    check_delay(both, 0, 0, -1);
    check_delay(s, 5, 0, 5);
  }
  set(&p.transfer_status, "");
  check_delay(s, 0, 0, 0);
}

static void check_percent(double completed, double expected) {
  double left;
  p.base.has = PROGRESS_COMPLETED;
  p.completed = completed;
  assert_int_equal(progress_percent_left(&p, &left), expected >= 0);
  assert_true(expected < 0 || (left <= expected && left >= expected));
}

static void test_what_is_left_of_the_full_copy(void **state) {
  (void)state;
  check_percent(0, 100);
  check_percent(99.5, 0.5);
  check_percent(100, 0);
  check_percent(-5, -1);
  check_percent(250, -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_log_files_behind),
      cmocka_unit_test(test_other_positions_have_no_files),
      cmocka_unit_test(test_whether_all_is_replayed),
      cmocka_unit_test(test_a_delay_that_can_be_believed),
      cmocka_unit_test(test_what_is_left_of_the_full_copy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
