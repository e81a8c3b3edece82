/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors */

#include "unit.h"

#include "net/response_header.h"

#include <stdio.h>
#include <string.h>

#define MAX 1000
#define DAY_MS (24 * 3600 * (msec_t)1000)

static struct response_header header;
static struct err err;

static int set_up(void **state) {
  (void)state;
  response_header_init(&header, "X-Subject-Token", MAX);
  err_clear(&err);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  response_header_finish(&header);
  return 0;
}

static bool line(const char *text) {
  return response_header_line(&header, text, strlen(text), &err);
}

static void values_are_kept(void **state) {
  (void)state;
  assert_true(line("HTTP/1.1 200 OK\r\n"));
  assert_true(line("date:  Thu, 01 Jan 1970 00:01:00 GMT\r\n"));
  assert_true(line("X-Subject-Token:\tabc \r\n"));
  assert_true(line("x-subject-token: second\r\n"));
  assert_true(line("\r\n"));
  assert_int_equal(header.date, 60);
  assert_string_equal(header.captured.data, "abc");
  assert_int_equal(response_header_retry_after(&header, 0, DAY_MS), -1);
}

static void a_folded_value_is_joined(void **state) {
  (void)state;
  assert_true(line("X-Subject-Token: abc\r\n"));
  assert_true(line("  def \r\n"));
  assert_true(line("Other: x\r\n"));
  assert_true(line(" ghi\r\n"));
  assert_string_equal(header.captured.data, "abc def");
}

static void interim_responses_and_trailers_are_ignored(void **state) {
  (void)state;
  assert_true(line("HTTP/1.1 103 Early Hints\r\n"));
  assert_true(line("Retry-After: 5\r\n"));
  assert_true(line("X-Subject-Token: abc\r\n"));
  assert_true(line("\r\n"));
  assert_true(line("HTTP/1.1 200 OK\r\n"));
  assert_int_equal(header.captured.len, 0);
  header.over = true;
  assert_true(line("Retry-After: 7\r\n"));
  assert_true(line("Content-Encoding: gzip\r\n"));
  assert_int_equal(response_header_retry_after(&header, 0, DAY_MS), -1);
}

/* Our own clock is at 1000 seconds. */
static msec_t retry_after(const char *value, const char *date) {
  char text[128];
  response_header_finish(&header);
  response_header_init(&header, NULL, MAX);
  snprintf(text, sizeof(text), "Retry-After: %s\r\n", value);
  assert_true(line(text));
  snprintf(text, sizeof(text), "Date: %s\r\n", date);
  if (*date != '\0')
    assert_true(line(text));
  return response_header_retry_after(&header, 1000, DAY_MS);
}

static void a_pause_is_a_number_or_a_date(void **state) {
  (void)state;
  static const char half_past[] = "Thu, 01 Jan 1970 00:30:00 GMT";
  static const char one_less[] = "Thu, 01 Jan 1970 00:29:57 GMT";
  assert_int_equal(retry_after("3", ""), 3000);
  assert_int_equal(retry_after("999999999", ""), DAY_MS);
  assert_int_equal(retry_after("0", ""), -1);
  assert_int_equal(retry_after("-5", ""), -1);
  assert_int_equal(retry_after("1e3", ""), -1);
  assert_int_equal(retry_after("abc", ""), -1);
  assert_int_equal(retry_after("99999999999999999999", ""), -1);
  assert_int_equal(retry_after(half_past, ""), 800 * 1000);
  assert_int_equal(retry_after(half_past, one_less), 3000);
  assert_int_equal(retry_after(one_less, half_past), -1);
}

static void encodings_are_rejected(void **state) {
  (void)state;
  static const char *const good[] = {
      "Content-Encoding: identity\r\n", "content-encoding: IDENTITY\r\n",
      "Content-Encoding:\r\n", "Transfer-Encoding: chunked\r\n"};
  static const char *const bad[] = {
      "Content-Encoding: gzip\r\n", "CONTENT-ENCODING: identity, gzip\r\n",
      "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
      "transfer-encoding: identity\r\n"};
  for (size_t i = 0; i < COUNT(good); i++)
    assert_true(line(good[i]));
  for (size_t i = 0; i < COUNT(bad); i++) {
    err_clear(&err);
    assert_false(line(bad[i]));
    assert_int_equal(err.kind, ERR_RESPONSE);
  }
}

static void a_header_is_bounded(void **state) {
  (void)state;
  for (int i = 0; i < MAX / 10; i++)
    assert_true(line("X: abcde\r\n"));
  assert_false(line("\r\n"));
  assert_int_equal(err.kind, ERR_RESPONSE);
}

static void odd_lines_are_harmless(void **state) {
  (void)state;
  static const char *const lines[] = {
      ":\r\n",          "x\r\n", " \r\n", "\n", "Date:", "Date: yesterday\r\n",
      "Retry-After\r\n"};
  for (size_t i = 0; i < COUNT(lines); i++)
    assert_true(line(lines[i]));
  assert_true(response_header_line(&header, "a\0b: c\r\n", 8, &err));
  assert_int_equal(header.date, -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(values_are_kept, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_folded_value_is_joined, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(
          interim_responses_and_trailers_are_ignored, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_pause_is_a_number_or_a_date, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(encodings_are_rejected, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_header_is_bounded, set_up, tear_down),
      cmocka_unit_test_setup_teardown(odd_lines_are_harmless, set_up,
                                      tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
