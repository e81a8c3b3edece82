/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Which lines of a problem that lasts are logged, and the form of a line. */

#include "unit.h"

#include "plugin/log.h"

#include <stdio.h>
#include <string.h>

static char line[2048];

void plugin_log(int level, const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  int len = snprintf(line, sizeof(line), "%d ", level);
  vsnprintf(line + len, sizeof(line) - (size_t)len, format, ap);
  va_end(ap);
}

static void a_line_names_project_and_kind(void **state) {
  (void)state;
  log_error("prod", ERR_AUTH, "%s", "rejected\n");
  assert_string_equal(line, "3 drs plugin: project \"prod\": auth: rejected?");
  log_warning(NULL, ERR_CONFIG, "no %d", 1);
  assert_string_equal(line, "4 drs plugin: config: no 1");
  log_info("prod", ERR_NONE, "recovered");
  assert_string_equal(line, "6 drs plugin: project \"prod\": recovered");
}

static void a_cause_is_reported_once(void **state) {
  (void)state;
  struct log_problem p = {0};
  assert_false(log_problem_clear(&p));
  assert_true(log_problem_must_be_logged(&p, "connection reset", 1));
  assert_false(log_problem_must_be_logged(&p, "connection reset", 2));
  assert_true(log_problem_must_be_logged(&p, "certificate expired", 3));
  assert_false(log_problem_must_be_logged(&p, "connection reset", 4));
  assert_true(log_problem_clear(&p));
  assert_true(log_problem_must_be_logged(&p, "connection reset", 5));
}

static void numbers_make_no_other_cause(void **state) {
  (void)state;
  struct log_problem p = {0};
  assert_true(log_problem_must_be_logged(&p, "timed out after 250 ms", 1));
  assert_false(log_problem_must_be_logged(&p, "timed out after 3251 ms", 2));
  assert_true(log_problem_must_be_logged(&p, "timed out after 250 s", 3));
}

static void causes_without_end_are_one_a_minute(void **state) {
  (void)state;
  struct log_problem p = {0};
  const cdtime_t start = TIME_T_TO_CDTIME_T(1000);
  char text[] = "cause a";
  char *letter = &text[sizeof(text) - 2];
  for (; *letter < 'a' + LOG_CAUSES_MAX; ++*letter)
    assert_true(log_problem_must_be_logged(&p, text, start));
  assert_false(log_problem_must_be_logged(&p, text, start));
  assert_false(
      log_problem_must_be_logged(&p, text, start + TIME_T_TO_CDTIME_T(59)));
  assert_true(
      log_problem_must_be_logged(&p, text, start + TIME_T_TO_CDTIME_T(60)));
  ++*letter;
  assert_false(
      log_problem_must_be_logged(&p, text, start + TIME_T_TO_CDTIME_T(61)));
  assert_true(
      log_problem_must_be_logged(&p, text, start + TIME_T_TO_CDTIME_T(120)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_line_names_project_and_kind),
      cmocka_unit_test(a_cause_is_reported_once),
      cmocka_unit_test(numbers_make_no_other_cause),
      cmocka_unit_test(causes_without_end_are_one_a_minute),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
