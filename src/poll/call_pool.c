/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * An array, and a list of its free members. */

#include "poll/call_pool.h"

#include <stdlib.h>

static bool init_slot(struct slot *slot, size_t item_size,
                      const struct api_service *service,
                      const struct call_pool_events *events) {
  slot->call = (struct api_call){.service = service,
                                 .done = events->done,
                                 .arg = slot,
                                 .target = &slot->response};
  slot->response = (struct job_response){
      .fn = events->item, .arg = slot, .item = calloc(1, item_size)};
  return slot->response.item != NULL;
}

static void make_free(struct call_pool *pool, struct slot *slot) {
  slot->next_free = pool->free;
  pool->free = slot;
}

bool call_pool_init(struct call_pool *pool, size_t parallel, size_t item_size,
                    const struct api_service *service,
                    const struct call_pool_events *events) {
  *pool = (struct call_pool){.slots = calloc(parallel, sizeof(*pool->slots))};
  if (pool->slots == NULL)
    return false;
  pool->len = parallel;
  for (size_t i = parallel; i > 0; i--) {
    if (!init_slot(&pool->slots[i - 1], item_size, service, events))
      return false;
    make_free(pool, &pool->slots[i - 1]);
  }
  return true;
}

void call_pool_finish(struct call_pool *pool) {
  call_pool_cancel(pool);
  for (size_t i = 0; i < pool->len; i++)
    free(pool->slots[i].response.item);
  free(pool->slots);
  *pool = (struct call_pool){0};
}

struct slot *call_pool_acquire(struct call_pool *pool) {
  struct slot *slot = pool->free;
  if (slot == NULL)
    return NULL;
  pool->free = slot->next_free;
  pool->under_way++;
  return slot;
}

void call_pool_release(struct call_pool *pool, struct slot *slot) {
  pool->under_way--;
  make_free(pool, slot);
}

void call_pool_cancel(struct call_pool *pool) {
  for (size_t i = 0; pool->under_way > 0 && i < pool->len; i++)
    if (api_call_is_under_way(&pool->slots[i].call)) {
      api_call_cancel(&pool->slots[i].call);
      call_pool_release(pool, &pool->slots[i]);
    }
}
