/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Cases that are files: where they are, and what is in them. The environment's
 * `srcdir` is where the sources are; without it, the current directory. A
 * file that cannot be read fails the test. */

#ifndef DRS_TESTS_CASES_H
#define DRS_TESTS_CASES_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CASE_PATH_MAX 1024

struct case_file {
  char *bytes; /* followed by a NUL */
  size_t len;
};

/* The path of tests/cases/`name`. */
static inline void case_path(char path[CASE_PATH_MAX], const char *name) {
  const char *top = getenv("srcdir");
  int len = snprintf(path, CASE_PATH_MAX, "%s/tests/cases/%s",
                     top != NULL ? top : ".", name);
  assert_between(len, 1, CASE_PATH_MAX - 1);
}

/* Reads the file tests/cases/`format`. To be freed by free(c.bytes). */
static inline struct case_file case_read(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static inline struct case_file case_read(const char *format, ...) {
  char name[CASE_PATH_MAX], path[CASE_PATH_MAX];
  va_list ap;
  va_start(ap, format);
  vsnprintf(name, sizeof(name), format, ap);
  va_end(ap);
  case_path(path, name);

  FILE *file = fopen(path, "rb");
  struct stat st;
  if (file == NULL || fstat(fileno(file), &st) != 0)
    fail_msg("cannot open %s", path);
  struct case_file c = {malloc((size_t)st.st_size + 1), (size_t)st.st_size};
  assert_non_null(c.bytes);
  if (fread(c.bytes, 1, c.len, file) != c.len)
    fail_msg("cannot read %s", path);
  fclose(file);
  c.bytes[c.len] = '\0';
  return c;
}

#endif
