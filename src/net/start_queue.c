/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Groups in turn, each with its own queue. */

#include "net/start_queue.h"

void start_queue_init(struct start_queue *q, int max) {
  *q = (struct start_queue){.max = max};
  TAILQ_INIT(&q->waiting);
}

void request_queue_init(struct request_queue *queue) {
  *queue = (struct request_queue){.last = START_NEW};
  TAILQ_INIT(&queue->items);
}

static void wait_in_line(struct start_queue *q, struct request_queue *queue) {
  if (TAILQ_EMPTY(&queue->items))
    TAILQ_INSERT_TAIL(&q->waiting, queue, link);
}

void start_queue_add(struct start_queue *q, struct start_item *item) {
  wait_in_line(q, item->queue);
  TAILQ_INSERT_TAIL(&item->queue->items, item, link);
}

void start_queue_add_first(struct start_queue *q, struct start_item *item) {
  wait_in_line(q, item->queue);
  TAILQ_INSERT_HEAD(&item->queue->items, item, link);
}

void start_queue_remove(struct start_queue *q, struct start_item *item) {
  struct request_queue *queue = item->queue;
  TAILQ_REMOVE(&queue->items, item, link);
  if (TAILQ_EMPTY(&queue->items))
    TAILQ_REMOVE(&q->waiting, queue, link);
}

/* The fewer places are left, the fewer a group may have; the last ones are for
 * first requests of groups that had a response. */
static bool has_capacity(const struct start_queue *q,
                         const struct request_queue *queue) {
  int left = q->max - q->in_flight;
  if (queue->in_flight > 0)
    return queue->in_flight < left / 8 && left > q->max / 4;
  return left > (queue->last == START_ANSWERED ? 0 : q->max / 8);
}

static void pop_item(struct start_queue *q, struct start_item *item) {
  struct request_queue *queue = item->queue;
  start_queue_remove(q, item);
  if (!TAILQ_EMPTY(&queue->items)) { /* behind the other groups */
    TAILQ_REMOVE(&q->waiting, queue, link);
    TAILQ_INSERT_TAIL(&q->waiting, queue, link);
  }
  queue->in_flight++;
  q->in_flight++;
}

static bool precedes(const struct request_queue *a,
                     const struct request_queue *b) {
  if (a->last != b->last)
    return a->last < b->last;
  return TAILQ_FIRST(&a->items)->deadline < TAILQ_FIRST(&b->items)->deadline;
}

struct start_item *start_queue_next(struct start_queue *q,
                                    bool (*ready)(void *arg,
                                                  const struct start_item *),
                                    void *arg) {
  struct request_queue *queue, *best = NULL;
  bool longest_wait = q->starts % 4 == 3;
  if (q->in_flight >= q->max)
    return NULL;
  TAILQ_FOREACH(queue, &q->waiting, link) {
    if (has_capacity(q, queue) && (best == NULL || precedes(queue, best)) &&
        ready(arg, TAILQ_FIRST(&queue->items)))
      best = queue;
    if (best != NULL && longest_wait)
      break;
  }
  if (best == NULL)
    return NULL;
  struct start_item *item = TAILQ_FIRST(&best->items);
  q->starts++;
  pop_item(q, item);
  return item;
}

void start_queue_done(struct start_queue *q, struct start_item *item) {
  item->queue->in_flight--;
  q->in_flight--;
}
