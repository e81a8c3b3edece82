/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Writes files that their owner alone can read, or over those that are there.
 */

#ifndef DRS_TESTS_WRITE_FILE_H
#define DRS_TESTS_WRITE_FILE_H

#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static inline void write_bytes(const char *path, const char *bytes,
                               size_t len) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, bytes, len), len);
  assert_int_equal(close(fd), 0);
}

static inline void write_file(const char *path, const char *text) {
  write_bytes(path, text, strlen(text));
}

#endif
