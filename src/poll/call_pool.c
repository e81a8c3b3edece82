/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * An array of them. */

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

bool call_pool_init(struct call_pool *pool, size_t parallel, size_t item_size,
                    const struct api_service *service,
                    const struct call_pool_events *events) {
  *pool = (struct call_pool){.slots = calloc(parallel, sizeof(*pool->slots))};
  if (pool->slots == NULL)
    return false;
  pool->len = parallel;
  for (size_t i = 0; i < parallel; i++)
    if (!init_slot(&pool->slots[i], item_size, service, events))
      return false;
  return true;
}

void call_pool_finish(struct call_pool *pool) {
  call_pool_cancel(pool);
  for (size_t i = 0; i < pool->len; i++)
    free(pool->slots[i].response.item);
  free(pool->slots);
  *pool = (struct call_pool){0};
}

struct slot *call_pool_find_idle(const struct call_pool *pool) {
  for (size_t i = 0; i < pool->len; i++)
    if (!api_call_is_under_way(&pool->slots[i].call))
      return &pool->slots[i];
  return NULL;
}

bool call_pool_is_busy(const struct call_pool *pool) {
  for (size_t i = 0; i < pool->len; i++)
    if (api_call_is_under_way(&pool->slots[i].call))
      return true;
  return false;
}

void call_pool_cancel(struct call_pool *pool) {
  for (size_t i = 0; i < pool->len; i++)
    api_call_cancel(&pool->slots[i].call);
}
