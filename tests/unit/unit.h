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

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A literal where a configuration has a string of its own: it is not written
 * to. */
static inline char *literal(const char *text) {
  return (char *)(uintptr_t)text;
}

#endif
