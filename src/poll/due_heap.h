/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Points in time, the earliest first: a binary heap of numbered items, each in
 * it once. To set an item's time costs the logarithm of their number. */

#ifndef DRS_POLL_DUE_HEAP_H
#define DRS_POLL_DUE_HEAP_H

#include "base/clock.h"

#include <stddef.h>

struct due_item;

/* All zero: empty. */
struct due_heap {
  struct due_item *all; /* the earliest first, each later than its parent */
  size_t *places;       /* in `all`, by number */
  size_t len;
};

/* Adds the item whose number is `len`, due never. False: out of memory. */
bool due_heap_add(struct due_heap *h);
void due_heap_free(struct due_heap *h);

void due_heap_set(struct due_heap *h, size_t number, msec_t at);

/* The time of the earliest item, CLOCK_NEVER where there is none, and its
 * number. */
msec_t due_heap_first(const struct due_heap *h, size_t *ret_number);

#endif
