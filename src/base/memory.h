/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Memory for requests and responses. It is wiped when it is freed, as it may
 * hold a secret.
 *
 * A thread may keep the blocks that it frees, and uses them again: in a steady
 * state its requests then allocate nothing.
 *
 *     memory_keep(1024 * 1024);           first in the thread
 *     char *copy = memory_copy(text);
 *     memory_free(copy);
 *     memory_keep(0);                     at its end: frees all that it kept
 *
 * Any thread may free blocks that another one allocated. */

#ifndef DRS_BASE_MEMORY_H
#define DRS_BASE_MEMORY_H

#include <stddef.h>

/* The calling thread keeps so many bytes at most; 0, as at first: none. */
void memory_keep(size_t most);

/* These return NULL where memory is short. */
void *memory_new(size_t size);
void *memory_zeroed(size_t count, size_t size); /* the product must not wrap */
void *memory_resized(void *p, size_t size);     /* p as it was where it fails */
char *memory_copy(const char *text);

void memory_free(void *p); /* NULL: nothing */

#endif
