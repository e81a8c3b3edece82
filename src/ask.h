/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One request for the progress of one batch: writes it, and decodes the reply
 * as it arrives. */

#ifndef DRS_ASK_H
#define DRS_ASK_H

#include "batches.h"
#include "post.h"
#include "progress.h"

struct ask;

struct ask_handler {
  /* An item of an answer of success, in the order of the reply. */
  void (*item)(void *arg, struct ask *ask, const struct progress *p);
  /* It is over; the outcome is in the ask, which is free again. */
  void (*done)(void *arg, struct ask *ask);
};

/* A place for one request. */
struct ask {
  struct post post; /* with the outcome */
  const struct ask_handler *handler;
  void *arg;
  struct batch batch; /* what is asked for; the caller's */
  size_t at;          /* where in the batch the next item is expected */
  struct progress_reader *reader;
  struct progress_text code, message; /* of an item, in a refusal */
};

/* Asks for the batch of `ask`. False and an error: nothing was sent, and no
 * handler will be called. */
bool ask_start(struct ask *ask, const struct batches *batches, msec_t timeout,
               struct err *err);

/* Ends it without a call of the handler. */
void ask_cancel(struct ask *ask);

/* As many places as there may be requests under way at once. All zero: none. */
struct asks {
  struct ask *all;
  size_t len;
};

/* False: out of memory. */
bool asks_init(struct asks *asks, size_t len,
               const struct post_service *service,
               const struct ask_handler *handler, void *arg);

/* A free place, or NULL where all are taken. */
struct ask *asks_free_place(const struct asks *asks);

size_t asks_under_way(const struct asks *asks);

/* Ends all without a call of the handler. */
void asks_cancel(struct asks *asks);

#endif
