/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Groups in turn, each with its own queue. */

#include "net/start_queue.h"

void start_queue_init(struct start_queue *q, int max) {
  *q = (struct start_queue){.max = max};
  TAILQ_INIT(&q->waiting);
}

void start_group_init(struct start_group *group) {
  *group = (struct start_group){.last = START_NEW};
  TAILQ_INIT(&group->items);
}

static void wait_for_turn(struct start_queue *q, struct start_group *group) {
  if (TAILQ_EMPTY(&group->items))
    TAILQ_INSERT_TAIL(&q->waiting, group, link);
}

void start_queue_add(struct start_queue *q, struct start_item *item) {
  wait_for_turn(q, item->group);
  TAILQ_INSERT_TAIL(&item->group->items, item, link);
}

void start_queue_add_first(struct start_queue *q, struct start_item *item) {
  wait_for_turn(q, item->group);
  TAILQ_INSERT_HEAD(&item->group->items, item, link);
}

void start_queue_remove(struct start_queue *q, struct start_item *item) {
  struct start_group *group = item->group;
  TAILQ_REMOVE(&group->items, item, link);
  if (TAILQ_EMPTY(&group->items))
    TAILQ_REMOVE(&q->waiting, group, link);
}

/* The fewer places are left, the fewer a group may have; the last ones are for
 * first requests of groups that had a response. */
static bool has_place(const struct start_queue *q,
                      const struct start_group *group) {
  int left = q->max - q->in_flight;
  if (group->in_flight > 0)
    return group->in_flight < left / 8 && left > q->max / 4;
  return left > (group->last == START_ANSWERED ? 0 : q->max / 8);
}

static void take(struct start_queue *q, struct start_item *item) {
  struct start_group *group = item->group;
  start_queue_remove(q, item);
  if (!TAILQ_EMPTY(&group->items)) { /* behind the other groups */
    TAILQ_REMOVE(&q->waiting, group, link);
    TAILQ_INSERT_TAIL(&q->waiting, group, link);
  }
  group->in_flight++;
  q->in_flight++;
}

static bool precedes(const struct start_group *a, const struct start_group *b) {
  if (a->last != b->last)
    return a->last < b->last;
  return TAILQ_FIRST(&a->items)->deadline < TAILQ_FIRST(&b->items)->deadline;
}

struct start_item *start_queue_next(struct start_queue *q,
                                    bool (*ready)(void *arg,
                                                  const struct start_item *),
                                    void *arg) {
  struct start_group *group, *best = NULL;
  bool longest_wait = q->starts % 4 == 3;
  if (q->in_flight >= q->max)
    return NULL;
  TAILQ_FOREACH(group, &q->waiting, link) {
    if (has_place(q, group) && (best == NULL || precedes(group, best)) &&
        ready(arg, TAILQ_FIRST(&group->items)))
      best = group;
    if (best != NULL && longest_wait)
      break;
  }
  if (best == NULL)
    return NULL;
  struct start_item *item = TAILQ_FIRST(&best->items);
  q->starts++;
  take(q, item);
  return item;
}

void start_queue_done(struct start_queue *q, struct start_item *item) {
  item->group->in_flight--;
  q->in_flight--;
}
