/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The children of the place n are at 2n + 1 and 2n + 2. */

#include "poll/due_heap.h"

#include <stdlib.h>

struct due_item {
  msec_t at;
  size_t number;
};

bool due_heap_add(struct due_heap *h) {
  struct due_item *all =
      reallocarray(h->all, h->len + 1, sizeof(struct due_item));
  if (all != NULL)
    h->all = all;
  size_t *places = reallocarray(h->places, h->len + 1, sizeof(size_t));
  if (places != NULL)
    h->places = places;
  if (all == NULL || places == NULL)
    return false;
  all[h->len] = (struct due_item){.at = CLOCK_NEVER, .number = h->len};
  places[h->len] = h->len;
  h->len++;
  return true;
}

void due_heap_free(struct due_heap *h) {
  free(h->all);
  free(h->places);
  *h = (struct due_heap){0};
}

static void put(struct due_heap *h, size_t place, struct due_item item) {
  h->all[place] = item;
  h->places[item.number] = place;
}

static void move_up(struct due_heap *h, size_t place, struct due_item item) {
  for (size_t parent;
       place > 0 && h->all[parent = (place - 1) / 2].at > item.at;
       place = parent)
    put(h, place, h->all[parent]);
  put(h, place, item);
}

static void move_down(struct due_heap *h, size_t place, struct due_item item) {
  for (size_t child; (child = 2 * place + 1) < h->len; place = child) {
    if (child + 1 < h->len && h->all[child + 1].at < h->all[child].at)
      child++;
    if (h->all[child].at >= item.at)
      break;
    put(h, place, h->all[child]);
  }
  put(h, place, item);
}

void due_heap_set(struct due_heap *h, size_t number, msec_t at) {
  size_t place = h->places[number];
  struct due_item item = {.at = at, .number = number};
  if (at < h->all[place].at)
    move_up(h, place, item);
  else
    move_down(h, place, item);
}

msec_t due_heap_first(const struct due_heap *h, size_t *ret_number) {
  if (h->len == 0)
    return CLOCK_NEVER;
  *ret_number = h->all[0].number;
  return h->all[0].at;
}
