/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One request for the progress of one batch: writes it, and decodes the reply
 * as it arrives. */

#ifndef DRS_API_CALL_POOL_H
#define DRS_API_CALL_POOL_H

#include "api/call.h"
#include "api/progress.h"
#include "poll/batches.h"

struct batch_call;

struct batch_call_handler {
  /* An item of an answer of success, in the order of the reply. */
  void (*item)(void *arg, struct batch_call *ask, const struct progress *p);
  /* It is over; the outcome is in the ask, which is free again. */
  void (*done)(void *arg, struct batch_call *ask);
};

/* A place for one request. */
struct batch_call {
  struct api_call post; /* with the outcome */
  const struct batch_call_handler *handler;
  void *arg;
  struct batch batch; /* what is asked for; the caller's */
  msec_t started;     /* likewise */
  size_t at;          /* where in the batch the next item is expected */
  struct progress_reader *reader;
  struct progress_text code, message; /* of an item, in a refusal */
};

/* Asks for the batch of `ask`. False and an error: nothing was sent, and no
 * handler will be called. */
bool batch_call_start(struct batch_call *ask, const struct batches *batches,
                      msec_t timeout, struct err *err);

/* Ends it without a call of the handler. */
void batch_call_cancel(struct batch_call *ask);

/* As many places as there may be requests under way at once. All zero: none. */
struct call_pool {
  struct batch_call *all;
  size_t len;
};

/* False: out of memory. */
bool call_pool_init(struct call_pool *call_pool, size_t len,
                    const struct api_service *service,
                    const struct batch_call_handler *handler, void *arg);

/* A free place, or NULL where all are taken. */
struct batch_call *call_pool_acquire(const struct call_pool *call_pool);

size_t call_pool_in_flight(const struct call_pool *call_pool);

/* Ends all without a call of the handler. */
void call_pool_cancel(struct call_pool *call_pool);

#endif
