/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Requests that wait to be started, and how many are in flight. Knows nothing
 * of HTTP.
 *
 * A process has so many descriptors, so only so many requests are in flight.
 * Each owner (a project, a credential) has a queue of its own. It may have few
 * requests in flight where few more can be, and the last eighth is for owners
 * whose last request had a response: projects whose service hangs cannot crowd
 * out the others.
 *
 * To start one may be costly. So owners that had a response come first, then
 * those that had no request yet, and last those that had no response; among
 * these the request that ends first. Each fourth start is for the owner that
 * has waited for the longest time, so that none waits for ever.
 *
 *     request_queue_init(&project->queue);
 *     transfer->item.queue = &project->queue;
 *     start_queue_add(&queue, &transfer->item);
 *     item = start_queue_next(&queue, is_ready, arg);
 *     ...
 *     start_queue_done(&queue, item);
 */

#ifndef DRS_NET_START_QUEUE_H
#define DRS_NET_START_QUEUE_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct request_queue;

/* To be embedded in a waiting transfer. */
struct start_item {
  TAILQ_ENTRY(start_item) link;
  struct request_queue *queue;
  msec_t deadline; /* it will have ended then */
};
TAILQ_HEAD(start_items, start_item);

/* To be embedded in the owner of the requests. */
struct request_queue {
  TAILQ_ENTRY(request_queue) link; /* among those that wait */
  struct start_items items;        /* the next to start first */
  int in_flight;
  enum { START_ANSWERED, START_NEW, START_SILENT } last; /* request of it */
};
TAILQ_HEAD(request_queues, request_queue);

struct start_queue {
  struct request_queues waiting; /* the next to start first */
  int in_flight, max;
  unsigned starts;
};

/* `max`: how many may be in flight. */
void start_queue_init(struct start_queue *q, int max);

/* Its address must not change while it has items. */
void request_queue_init(struct request_queue *queue);

/* Lets an item wait, behind its owner's others or before them. */
void start_queue_add(struct start_queue *q, struct start_item *item);
void start_queue_add_first(struct start_queue *q, struct start_item *item);

/* Takes out an item that waits. */
void start_queue_remove(struct start_queue *q, struct start_item *item);

/* Takes out the item that is to be started now, and counts it as in flight.
 * NULL: none may start, or none is ready. `ready` may be called for items that
 * are not taken. */
struct start_item *start_queue_next(struct start_queue *q,
                                    bool (*ready)(void *arg,
                                                  const struct start_item *),
                                    void *arg);

/* The item is not in flight any more. */
void start_queue_done(struct start_queue *q, struct start_item *item);

static inline bool start_queue_is_empty(const struct start_queue *q) {
  return q->waiting.tqh_first == NULL;
}

#endif
