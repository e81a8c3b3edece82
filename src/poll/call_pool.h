/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The slots for the calls of a project that are under way at the same time,
 * each for one batch of jobs.
 *
 *     slot = call_pool_find_idle(&pool);      NULL: all calls are under way
 *     api_call_start(&slot->call, ...);
 *     ...                                     `item` for each, then `done`
 */

#ifndef DRS_POLL_CALL_POOL_H
#define DRS_POLL_CALL_POOL_H

#include "api/call.h"
#include "api/job_call.h"
#include "poll/batches.h"

struct round;

struct slot {
  struct api_call call;
  struct round *round; /* of the batch */
  struct batch batch;
  uint32_t request; /* its number in its round */
  size_t at;        /* where in the batch the next item is expected */
  msec_t started;
  struct job_response response; /* with memory for an item */
};

/* All zero: no slot. */
struct call_pool {
  struct slot *slots;
  size_t len;
};

/* The functions of its slots; the argument is the slot. */
struct call_pool_events {
  job_item_fn *item;
  void (*done)(struct api_call *call);
};

/* `parallel`: how many calls may be under way; `item_size`: of the largest
 * item. False: out of memory. */
bool call_pool_init(struct call_pool *pool, size_t parallel, size_t item_size,
                    const struct api_service *service,
                    const struct call_pool_events *events);
void call_pool_finish(struct call_pool *pool);

/* A slot without a call under way; NULL: there is none. */
struct slot *call_pool_find_idle(const struct call_pool *pool);

/* Whether a call is under way. */
bool call_pool_is_busy(const struct call_pool *pool);

/* Cancels all calls. */
void call_pool_cancel(struct call_pool *pool);

#endif
