/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list of parts for each response, and a list of those that have any. */

#include "net/backlog.h"

#include <string.h>

#include "base/memory.h"

void backlog_init(struct backlog *b) {
  *b = (struct backlog){0};
  TAILQ_INIT(&b->queues);
}

void backlog_queue_init(struct backlog_queue *q) { TAILQ_INIT(&q->parts); }

static struct backlog_part *new_part(struct backlog *b) {
  struct backlog_part *part =
      b->in_use < BACKLOG_PARTS_MAX ? memory_new(sizeof(*part)) : NULL;
  if (part == NULL)
    return NULL;
  b->in_use++;
  part->len = 0;
  return part;
}

/* The part that takes so many bytes; NULL: none. */
static struct backlog_part *find_part(struct backlog *b,
                                      struct backlog_queue *q, size_t len) {
  struct backlog_part *last = TAILQ_LAST(&q->parts, backlog_parts);
  if (last != NULL && len <= sizeof(last->bytes) - last->len)
    return last;
  struct backlog_part *part = len <= sizeof(part->bytes) ? new_part(b) : NULL;
  if (part == NULL)
    return NULL;
  if (last == NULL)
    TAILQ_INSERT_TAIL(&b->queues, q, link);
  TAILQ_INSERT_TAIL(&q->parts, part, link);
  return part;
}

bool backlog_add(struct backlog *b, struct backlog_queue *q, const char *bytes,
                 size_t len, msec_t now) {
  bool was_empty = TAILQ_EMPTY(&b->queues);
  struct backlog_part *part = find_part(b, q, len);
  if (part == NULL)
    return false;
  if (was_empty)
    b->since = now;
  b->last = now;
  memcpy(part->bytes + part->len, bytes, len);
  part->len += len;
  return true;
}

msec_t backlog_due(const struct backlog *b) {
  if (TAILQ_EMPTY(&b->queues))
    return CLOCK_NEVER;
  if (b->in_use >= BACKLOG_PARTS_MAX / 2)
    return b->since;
  return msec_min(b->last + BACKLOG_QUIET_MS, b->since + BACKLOG_WAIT_MAX_MS);
}

struct backlog_queue *backlog_first(const struct backlog *b) {
  return TAILQ_FIRST(&b->queues);
}

struct backlog_part *backlog_take(struct backlog *b, struct backlog_queue *q) {
  struct backlog_part *part = TAILQ_FIRST(&q->parts);
  if (part == NULL)
    return NULL;
  TAILQ_REMOVE(&q->parts, part, link);
  if (backlog_queue_is_empty(q))
    TAILQ_REMOVE(&b->queues, q, link);
  return part;
}

void backlog_give_back(struct backlog *b, struct backlog_part *part) {
  b->in_use--;
  memory_free(part);
}

void backlog_drop(struct backlog *b, struct backlog_queue *q) {
  for (struct backlog_part *part; (part = backlog_take(b, q)) != NULL;)
    backlog_give_back(b, part);
}
