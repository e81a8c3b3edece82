/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A thread's kept blocks are in lists by size. A new block is as large as those
 * of a list, so that it fits any request that the list serves. */

#include "base/memory.h"

#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Sizes are powers of two, from 64 bytes to 128 KiB, plus 64 bytes: libcurl
 * asks for 16 KiB and a byte. */
#define SMALLEST 64
#define MORE 64
#define SIZES 12

/* The start of a block that is kept; the rest is zero. */
struct kept_block {
  struct kept_block *next;
};

static _Thread_local struct {
  size_t most, bytes;
  struct kept_block *blocks[SIZES];
} kept;

static size_t size_at(int at) { return ((size_t)SMALLEST << at) + MORE; }

/* The first list whose blocks have so many bytes; SIZES or more: none. */
static int list_for(size_t size) {
  if (size <= SMALLEST + MORE)
    return 0;
  unsigned long times = (size - MORE - 1) / SMALLEST;
  return (int)(CHAR_BIT * sizeof(times)) - __builtin_clzl(times);
}

/* The list for a block of so many bytes; -1: it is too small, or too large. */
static int list_of(size_t size) {
  int at = list_for(size + 1) - 1;
  return at < SIZES ? at : -1;
}

static void *take(int at) {
  struct kept_block *block = kept.blocks[at];
  if (block == NULL)
    return NULL;
  kept.blocks[at] = block->next;
  kept.bytes -= malloc_usable_size(block);
  block->next = NULL;
  return block;
}

/* A wiped block. */
static bool keep(void *p, size_t size) {
  int at = list_of(size);
  if (at < 0 || kept.bytes + size > kept.most)
    return false;
  struct kept_block *block = p;
  block->next = kept.blocks[at];
  kept.blocks[at] = block;
  kept.bytes += size;
  return true;
}

/* One that is kept, all zero; or NULL. */
static void *take_for(size_t size) {
  int at = list_for(size);
  return at < SIZES ? take(at) : NULL;
}

/* The size to allocate, so that the block can be kept. */
static size_t size_for(size_t size) {
  int at = kept.most > 0 ? list_for(size) : SIZES;
  return at < SIZES ? size_at(at) : size;
}

void memory_keep(size_t most) {
  for (int at = 0; at < SIZES; at++)
    for (void *p; (p = take(at)) != NULL;)
      free(p);
  kept.most = most;
}

void *memory_new(size_t size) {
  void *p = take_for(size);
  return p != NULL ? p : malloc(size_for(size));
}

void *memory_zeroed(size_t count, size_t size) {
  void *p = take_for(count * size);
  return p != NULL ? p : calloc(1, size_for(count * size));
}

void *memory_resized(void *p, size_t size) {
  if (p == NULL)
    return memory_new(size);
  size_t old = malloc_usable_size(p);
  if (size <= old)
    return p;
  void *fresh = memory_new(size);
  if (fresh != NULL) {
    memcpy(fresh, p, old);
    memory_free(p);
  }
  return fresh;
}

char *memory_copy(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = memory_new(size);
  return copy != NULL ? memcpy(copy, text, size) : NULL;
}

/* Never inlined: a compiler that saw how much was asked for would take the rest
 * of the block, which is wiped as well, for an overflow. */
__attribute__((noinline)) void memory_free(void *p) {
  if (p == NULL)
    return;
  size_t size = malloc_usable_size(p);
  explicit_bzero(p, size);
  if (!keep(p, size))
    free(p);
}
