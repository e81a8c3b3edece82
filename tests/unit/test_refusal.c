/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Each published code with the statuses that it came with, and what a status
 * says where the code says nothing. */

#include "unit.h"

#include "refusal.h"

#include <string.h>

static const struct {
  long status;
  const char *code, *message;
  enum refusal_kind kind;
} rows[] = {
    /* success */
    {200, "", "", REFUSAL_NONE},
    {202, "", "", REFUSAL_NONE},
    {204, "", "", REFUSAL_NONE},
    {202, "DRS.M01504", "", REFUSAL_SERVICE},
    {200, "DRS.M99999", "", REFUSAL_SERVICE},
    /* codes */
    {403, "DRS.M00100", "", REFUSAL_CREDENTIAL},
    {401, "APIG.0301", "", REFUSAL_CREDENTIAL},
    {401, "APIGW.0301", "", REFUSAL_CREDENTIAL},
    {401, "APIG.0307", "", REFUSAL_CREDENTIAL},
    {401, "APIGW.0307", "", REFUSAL_CREDENTIAL},
    {403, "DRS.M00102", "", REFUSAL_PERMISSION},
    {401, "DRS.M00103", "", REFUSAL_PERMISSION},
    {403, "DRS.M00261", "", REFUSAL_PERMISSION},
    {400, "DRS.M01503", "", REFUSAL_THROTTLED},
    {429, "APIG.0308", "", REFUSAL_THROTTLED},
    {429, "APIGW.0308", "", REFUSAL_THROTTLED},
    {429, "IAM.0012", "", REFUSAL_THROTTLED},
    {400, "DRS.M00289", "", REFUSAL_JOB},
    {400, "DRS.M05003", "", REFUSAL_JOB},
    {400, "DRS.M05004", "", REFUSAL_JOB},
    {400, "DRS.10000010", "", REFUSAL_JOB},
    {400, "DRS.M00299", "", REFUSAL_SIZE},
    {400, "", "Only one jobId is allowed.", REFUSAL_SIZE},
    {400, "DRS.M00301", "", REFUSAL_OTHER},
    {422, "DRS.M00002", "", REFUSAL_EMPTY},
    {500, "DRS.M00004", "", REFUSAL_SERVICE},
    {422, "DRS.M00004", "", REFUSAL_SERVICE},
    {400, "APIG.0201", "", REFUSAL_SIZE},
    {400, "APIGW.0201", "", REFUSAL_SIZE},
    {400, "APIGW.0301", "", REFUSAL_CREDENTIAL},
    {400, "APIGW.0308", "", REFUSAL_THROTTLED},
    {413, "APIG.0201", "", REFUSAL_SIZE},
    {414, "APIGW.0201", "", REFUSAL_SIZE},
    {494, "APIG.0201", "", REFUSAL_SIZE},
    {500, "APIG.0201", "", REFUSAL_SERVICE},
    {502, "APIG.0201", "", REFUSAL_SERVICE},
    {504, "APIGW.0201", "", REFUSAL_SERVICE},
    /* almost codes */
    {403, "DRS.M001000", "", REFUSAL_PERMISSION},
    {403, "drs.m00100", "", REFUSAL_PERMISSION},
    {429, "APIGX.0301", "", REFUSAL_THROTTLED},
    {400, "APIGW.M00289", "", REFUSAL_JOB},
    /* a status alone */
    {400, "", "", REFUSAL_JOB},
    {401, "", "", REFUSAL_CREDENTIAL},
    {403, "", "", REFUSAL_PERMISSION},
    {404, "", "", REFUSAL_OTHER},
    {407, "", "", REFUSAL_CREDENTIAL},
    {413, "", "", REFUSAL_SIZE},
    {414, "", "", REFUSAL_SIZE},
    {429, "", "", REFUSAL_THROTTLED},
    {431, "", "", REFUSAL_SIZE},
    {494, "", "", REFUSAL_SIZE},
    {500, "", "", REFUSAL_SERVICE},
    {503, "", "", REFUSAL_SERVICE},
    {301, "", "", REFUSAL_OTHER},
    {304, "", "", REFUSAL_OTHER},
    {199, "", "", REFUSAL_OTHER},
    {0, "", "", REFUSAL_OTHER},
};

static void each_has_its_kind(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    enum refusal_kind kind =
        refusal_kind(rows[i].status, rows[i].code, rows[i].message);
    if (kind != rows[i].kind)
      fail_msg("%ld %s is %d, not %d", rows[i].status, rows[i].code, kind,
               rows[i].kind);
  }
}

static void some_codes_blame_a_job(void **state) {
  (void)state;
  assert_true(refusal_blames_job("DRS.M00289"));
  assert_true(refusal_blames_job("DRS.M05003"));
  assert_true(refusal_blames_job("DRS.M05004"));
  assert_true(refusal_blames_job("DRS.10000010"));
  assert_false(refusal_blames_job("DRS.M00100"));
  assert_false(refusal_blames_job("DRS.M00301"));
  assert_false(refusal_blames_job(""));
}

static void each_is_counted_and_explained(void **state) {
  (void)state;
  static const struct {
    enum refusal_kind kind;
    enum err_kind counted;
  } kinds[] = {{REFUSAL_CREDENTIAL, ERR_AUTH},
               {REFUSAL_PERMISSION, ERR_AUTH},
               {REFUSAL_THROTTLED, ERR_THROTTLED},
               {REFUSAL_SIZE, ERR_HTTP},
               {REFUSAL_JOB, ERR_JOB},
               {REFUSAL_EMPTY, ERR_JOB},
               {REFUSAL_SERVICE, ERR_HTTP},
               {REFUSAL_OTHER, ERR_HTTP}};
  for (size_t i = 0; i < COUNT(kinds); i++) {
    struct err e = ERR_INIT;
    assert_false(refusal_explain(&e, kinds[i].kind, 418, "A.1", "tea"));
    assert_int_equal(e.kind, kinds[i].counted);
    assert_int_equal(refusal_err_kind(kinds[i].kind), kinds[i].counted);
    assert_non_null(strstr(e.text, " (HTTP 418 A.1: tea)"));
  }
}

static void what_is_not_known_is_left_out(void **state) {
  (void)state;
  struct err e = ERR_INIT;
  refusal_explain(&e, REFUSAL_SERVICE, 500, "", "");
  assert_string_equal(e.text, "the service is ill (HTTP 500)");
  err_clear(&e);
  refusal_explain(&e, REFUSAL_SERVICE, 500, "", "out of tea");
  assert_string_equal(e.text, "the service is ill (HTTP 500: out of tea)");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_has_its_kind),
      cmocka_unit_test(some_codes_blame_a_job),
      cmocka_unit_test(each_is_counted_and_explained),
      cmocka_unit_test(what_is_not_known_is_left_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
