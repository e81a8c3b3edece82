/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * cmocka with the headers that it wants before it. */

#ifndef DRS_TESTS_UNIT_H
#define DRS_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* cmocka 2 has deprecated assert_in_range, and cmocka 1 has nothing else. */
#define assert_between(value, min, max)                                        \
  assert_between_((intmax_t)(value), (intmax_t)(min), (intmax_t)(max),         \
                  __FILE__, __LINE__)

static inline void assert_between_(intmax_t value, intmax_t min, intmax_t max,
                                   const char *file, int line) {
  if (value < min || value > max)
    fail_msg("%s:%d: %jd is not from %jd to %jd", file, line, value, min, max);
}

/* `make unit T=test_buf ONLY='*empty*'` runs the functions of that name. */
static __attribute__((constructor)) void filter_tests(void) {
  const char *pattern = getenv("TEST_FILTER");
  if (pattern != NULL && *pattern != '\0')
    cmocka_set_test_filter(pattern);
}

/* A literal where a configuration has a string of its own: it is not written
 * to. */
static inline char *literal(const char *text) {
  return (char *)(uintptr_t)text;
}

#endif
