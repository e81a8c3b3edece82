/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What the fuzz targets have in common. A target is a file with the function
 * below and a name, whose inputs are in tests/fuzz/corpus/NAME; what must hold
 * for every input stands in it as a MUST. libFuzzer runs it on inputs that it
 * makes up (tests/fuzz/run), replay.c on those that are kept (make check). */

#ifndef DRS_TESTS_FUZZ_H
#define DRS_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern const char fuzz_name[];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define MUST(condition)                                                        \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
      abort();                                                                 \
    }                                                                          \
  } while (0)

#endif
