/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The end of a block that may hold a secret. Its owner knows its size: that
 * which was asked for, as nobody wrote beyond. */

#ifndef DRS_BASE_MEMORY_H
#define DRS_BASE_MEMORY_H

#include <stdlib.h>
#include <string.h>

/* Wipes and frees a block of so many bytes; NULL: nothing. */
static inline void memory_wipe(void *p, size_t size) {
  if (p != NULL)
    explicit_bzero(p, size);
  free(p);
}

#endif
