/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The time of day stands still from its first reading on, so that a file stays
 * fresh however long the machine takes. It works by the linker:
 * -Wl,--wrap=clock_gettime
 *
 * To be included by one file of a program. */

#ifndef DRS_TESTS_FROZEN_CLOCK_H
#define DRS_TESTS_FROZEN_CLOCK_H

#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

int __real_clock_gettime(clockid_t id, struct timespec *now);
int __wrap_clock_gettime(clockid_t id, struct timespec *now);

int __wrap_clock_gettime(clockid_t id, struct timespec *now) {
  static struct timespec frozen;
  if (id != CLOCK_REALTIME)
    return __real_clock_gettime(id, now);
  if (frozen.tv_sec == 0)
    __real_clock_gettime(id, &frozen);
  *now = frozen;
  return 0;
}

/* A file that was written `age` seconds before the frozen time. */
static inline void set_age(const char *path, int age) {
  struct timespec times[2];
  clock_gettime(CLOCK_REALTIME, &times[0]);
  times[0].tv_sec -= age;
  times[1] = times[0];
  assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

#endif
