/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Which texts are numbers. */

#include "unit.h"

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *text;
  double value;
} numbers[] = {
    {"0", 0},
    {"-0", 0},
    {"7", 7},
    {"-1", -1},
    {"+5", 5},
    {"100", 100},
    {"007", 7},
    {"1608274919000", 1608274919000.0},
    {"999999999999999", 999999999999999.0},
    {"-999999999999999", -999999999999999.0},
    {"9007199254740993", 9007199254740992.0},
    {"123456789012345678", 123456789012345678.0},
    {"1234567890123456789012", 1234567890123456789012.0},
    {"1.5", 1.5},
    {"-1.25", -1.25},
    {"+0.5", 0.5},
    {"1e5", 1e5},
    {"1.5E+3", 1500},
    {"2e-2", 0.02},
    {"1e308", 1e308},
    {"1e-400", 0},
};

static const char *const not_numbers[] = {
    "",     "-",   "+",        "--1",   "-+1",    "e5",   "1e",    "1e+",
    "1e5e", ".",   "1.2.3",    "1e999", "-1e999", "0x10", "0x1p3", "NaN",
    "nan",  "inf", "Infinity", " 5",    "5 ",     "5\n",  "\t5",   "1,5",
    "1_0",  "5%",  "five",     "1-2",   "null",   "true", "1 2",   "1d5"};

/* Out of a block of its own, so that a look beyond it is seen. */
static bool is_number(const char *text, size_t len, double *value) {
  char *copy = malloc(len > 0 ? len : 1);
  memcpy(copy, text, len);
  bool ok = json_number(copy, len, value);
  free(copy);
  return ok;
}

static void a_number_is_read(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(numbers); i++) {
    double value = NAN;
    if (!is_number(numbers[i].text, strlen(numbers[i].text), &value) ||
        !(value == numbers[i].value))
      fail_msg("\"%s\" is %.17g", numbers[i].text, value);
  }
}

static void others_are_no_numbers(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(not_numbers); i++) {
    double value = -7;
    if (is_number(not_numbers[i], strlen(not_numbers[i]), &value))
      fail_msg("\"%s\" is %.17g", not_numbers[i], value);
    assert_true(value == -7);
  }
  double value = -7;
  assert_false(is_number("5\0", 2, &value));
  assert_false(is_number("5\0006", 3, &value));
  assert_true(value == -7);
}

static void a_number_has_a_longest(void **state) {
  (void)state;
  char digits[64];
  double value;
  memset(digits, '1', sizeof(digits));
  assert_true(is_number(digits, 63, &value));
  assert_true(value > 1.1e62 && value < 1.2e62);
  assert_false(is_number(digits, 64, &value));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_number_is_read),
      cmocka_unit_test(others_are_no_numbers),
      cmocka_unit_test(a_number_has_a_longest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
