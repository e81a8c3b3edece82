/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * An allocator that a test holds in its hands: it fails where set, counts
 * what is not freed, and looks for a secret in each block that is freed. It is
 * for the program's own code, the core's included, and works by the linker:
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=reallocarray,--wrap=free,--wrap=strdup
 *
 * To be included by one file of a program. */

#ifndef DRS_TESTS_ALLOC_H
#define DRS_TESTS_ALLOC_H

#include "unit.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Volatile, because a compiler knows that malloc and free touch no variable of
 * the program, and here they do. Atomic, because libcurl starts a resolver
 * on a thread of its own. */
static volatile struct alloc {
  long fail_at;               /* the allocation that fails, from 1; 0: none */
  _Atomic long calls;         /* allocations since alloc_reset */
  _Atomic long live;          /* blocks allocated since and not freed */
  _Atomic size_t bytes, peak; /* in such blocks: now, and the most */
  const char *secret;         /* must not be in a block that is freed */
  long spilled;               /* blocks in which it was */
} alloc;

static inline void alloc_reset(void) { alloc = (struct alloc){0}; }

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_reallocarray(void *p, size_t count, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_reallocarray(void *p, size_t count, size_t size);
void __wrap_free(void *p);
char *__wrap_strdup(const char *text);

static inline bool alloc_fails(void) { return ++alloc.calls == alloc.fail_at; }

static inline void *alloc_count(void *p) {
  if (p == NULL)
    return p;
  alloc.live++;
  alloc.bytes += malloc_usable_size(p);
  if (alloc.bytes > alloc.peak)
    alloc.peak = alloc.bytes;
  return p;
}

/* Fresh memory is full of rubbish, so that nobody lives on a lucky zero. */
void *__wrap_malloc(size_t size) {
  void *p = alloc_fails() ? NULL : __real_malloc(size);
  return p == NULL ? NULL : alloc_count(memset(p, 0xA5, size));
}

void *__wrap_calloc(size_t count, size_t size) {
  return alloc_fails() ? NULL : alloc_count(__real_calloc(count, size));
}

/* What grows counts as a new block. */
void *__wrap_reallocarray(void *p, size_t count, size_t size) {
  size_t old = p == NULL ? 0 : malloc_usable_size(p);
  void *grown = alloc_fails() ? NULL : __real_reallocarray(p, count, size);
  if (grown == NULL || p == NULL)
    return alloc_count(grown);
  alloc.live--;
  alloc.bytes -= old;
  return alloc_count(grown);
}

char *__wrap_strdup(const char *text) {
  char *copy = __wrap_malloc(strlen(text) + 1);
  return copy == NULL ? NULL : strcpy(copy, text);
}

void __wrap_free(void *p) {
  if (p == NULL)
    return;
  size_t size = malloc_usable_size(p);
  if (alloc.secret != NULL &&
      memmem(p, size, alloc.secret, strlen(alloc.secret)) != NULL)
    alloc.spilled++;
  alloc.live--;
  alloc.bytes -= size;
  __real_free(p);
}

/* Runs `body` with its first allocation failing, then with its second, and so
 * on, until it does not need one more. `body` returns whether it succeeded: it
 * must not where an allocation failed, and must leave nothing behind. */
static inline void alloc_fail_each(bool (*body)(void)) {
  for (long n = 1;; n++) {
    alloc_reset();
    alloc.fail_at = n;
    bool ok = body();
    bool failed = alloc.calls >= n;
    if (alloc.live != 0)
      fail_msg("%ld blocks left where allocation %ld fails", (long)alloc.live,
               n);
    if (ok == failed)
      fail_msg("%s where allocation %ld fails", ok ? "success" : "failure", n);
    if (!failed)
      break;
  }
  alloc_reset();
}

#endif
