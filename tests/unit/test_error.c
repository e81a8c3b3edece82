/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Each published code with the statuses that it came with, and what a status
 * means where the code is unknown. */

#include "unit.h"

#include "api/error.h"

#include <string.h>

static const struct {
  long status;
  const char *code, *message;
  enum api_error kind;
} rows[] = {
    /* success */
    {200, "", "", API_ERROR_NONE},
    {202, "", "", API_ERROR_NONE},
    {204, "", "", API_ERROR_NONE},
    {202, "DRS.M01504", "", API_ERROR_SERVICE},
    {200, "DRS.M99999", "", API_ERROR_SERVICE},
    /* codes */
    {403, "DRS.M00100", "", API_ERROR_CREDENTIAL},
    {401, "APIG.0301", "", API_ERROR_CREDENTIAL},
    {401, "APIGW.0301", "", API_ERROR_CREDENTIAL},
    {401, "APIG.0307", "", API_ERROR_CREDENTIAL},
    {401, "APIGW.0307", "", API_ERROR_CREDENTIAL},
    {403, "DRS.M00102", "", API_ERROR_PERMISSION},
    {401, "DRS.M00103", "", API_ERROR_PERMISSION},
    {403, "DRS.M00261", "", API_ERROR_PERMISSION},
    {400, "DRS.M01503", "", API_ERROR_THROTTLED},
    {429, "APIG.0308", "", API_ERROR_THROTTLED},
    {429, "APIGW.0308", "", API_ERROR_THROTTLED},
    {429, "IAM.0012", "", API_ERROR_THROTTLED},
    {400, "DRS.M00289", "", API_ERROR_JOB},
    {400, "DRS.M05003", "", API_ERROR_JOB},
    {400, "DRS.M05004", "", API_ERROR_JOB},
    {400, "DRS.10000010", "", API_ERROR_JOB},
    {400, "DRS.M00299", "", API_ERROR_SIZE},
    {400, "", "Only one jobId is allowed.", API_ERROR_SIZE},
    {400, "DRS.M00301", "", API_ERROR_OTHER},
    {422, "DRS.M00002", "", API_ERROR_EMPTY},
    {500, "DRS.M00004", "", API_ERROR_SERVICE},
    {422, "DRS.M00004", "", API_ERROR_SERVICE},
    {400, "APIG.0201", "", API_ERROR_SIZE},
    {400, "APIGW.0201", "", API_ERROR_SIZE},
    {400, "APIGW.0301", "", API_ERROR_CREDENTIAL},
    {400, "APIGW.0308", "", API_ERROR_THROTTLED},
    {413, "APIG.0201", "", API_ERROR_SIZE},
    {414, "APIGW.0201", "", API_ERROR_SIZE},
    {494, "APIG.0201", "", API_ERROR_HEADER},
    {431, "APIG.0201", "", API_ERROR_HEADER},
    {500, "APIG.0201", "", API_ERROR_SERVICE},
    {502, "APIG.0201", "", API_ERROR_SERVICE},
    {504, "APIGW.0201", "", API_ERROR_SERVICE},
    /* almost codes */
    {403, "DRS.M001000", "", API_ERROR_PERMISSION},
    {403, "drs.m00100", "", API_ERROR_PERMISSION},
    {429, "APIGX.0301", "", API_ERROR_THROTTLED},
    {400, "APIGW.M00289", "", API_ERROR_JOB},
    /* a status alone */
    {400, "", "", API_ERROR_JOB},
    {401, "", "", API_ERROR_CREDENTIAL},
    {403, "", "", API_ERROR_PERMISSION},
    {404, "", "", API_ERROR_OTHER},
    {407, "", "", API_ERROR_OTHER},
    {413, "", "", API_ERROR_SIZE},
    {414, "", "", API_ERROR_SIZE},
    {429, "", "", API_ERROR_THROTTLED},
    {431, "", "", API_ERROR_HEADER},
    {494, "", "", API_ERROR_HEADER},
    {500, "", "", API_ERROR_SERVICE},
    {501, "", "", API_ERROR_OTHER},
    {503, "", "", API_ERROR_SERVICE},
    {301, "", "", API_ERROR_OTHER},
    {304, "", "", API_ERROR_OTHER},
    {199, "", "", API_ERROR_OTHER},
    {0, "", "", API_ERROR_OTHER},
};

static void each_has_its_kind(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    enum api_error kind =
        api_error_classify(rows[i].status, rows[i].code, rows[i].message);
    if (kind != rows[i].kind)
      fail_msg("%ld %s is %d, not %d", rows[i].status, rows[i].code, kind,
               rows[i].kind);
  }
}

static void some_codes_reject_a_job(void **state) {
  (void)state;
  assert_true(api_error_rejects_job("DRS.M00289"));
  assert_true(api_error_rejects_job("DRS.M05003"));
  assert_true(api_error_rejects_job("DRS.M05004"));
  assert_true(api_error_rejects_job("DRS.10000010"));
  assert_false(api_error_rejects_job("DRS.M00100"));
  assert_false(api_error_rejects_job("DRS.M00301"));
  assert_false(api_error_rejects_job(""));
}

static void each_is_counted_and_explained(void **state) {
  (void)state;
  static const struct {
    enum api_error kind;
    enum err_kind counted;
  } kinds[] = {{API_ERROR_CREDENTIAL, ERR_AUTH},
               {API_ERROR_PERMISSION, ERR_AUTH},
               {API_ERROR_THROTTLED, ERR_THROTTLED},
               {API_ERROR_SIZE, ERR_HTTP},
               {API_ERROR_JOB, ERR_JOB},
               {API_ERROR_EMPTY, ERR_JOB},
               {API_ERROR_SERVICE, ERR_HTTP},
               {API_ERROR_OTHER, ERR_HTTP}};
  for (size_t i = 0; i < COUNT(kinds); i++) {
    struct err e = ERR_INIT;
    assert_false(api_error_describe(&e, kinds[i].kind, 418, "A.1", "tea"));
    assert_int_equal(e.kind, kinds[i].counted);
    assert_non_null(strstr(e.text, " (HTTP 418 A.1: tea)"));
  }
}

static void unknown_fields_are_left_out(void **state) {
  (void)state;
  struct err e = ERR_INIT;
  api_error_describe(&e, API_ERROR_SERVICE, 500, "", "");
  assert_string_equal(e.text, "service error (HTTP 500)");
  err_clear(&e);
  api_error_describe(&e, API_ERROR_SERVICE, 401, "401", "no entry");
  assert_string_equal(e.text, "service error (HTTP 401: no entry)");
  err_clear(&e);
  api_error_describe(&e, API_ERROR_SERVICE, 500, "", "out of tea");
  assert_string_equal(e.text, "service error (HTTP 500: out of tea)");
  err_clear(&e);
  api_error_describe(&e, API_ERROR_SERVICE, 500, "500", "out of tea");
  assert_string_equal(e.text, "service error (HTTP 500: out of tea)");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_has_its_kind),
      cmocka_unit_test(some_codes_reject_a_job),
      cmocka_unit_test(each_is_counted_and_explained),
      cmocka_unit_test(unknown_fields_are_left_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
