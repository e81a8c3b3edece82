/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Bytes of responses that came and are handed on later: the next request is
 * sent first, so that the service is at work meanwhile. Responses that come
 * together wait for each other, so that all their next requests are sent before
 * any is handed on. It knows nothing of HTTP. Its size is bounded: memory does
 * not grow with a response.
 *
 *     if (!backlog_add(&backlog, &transfer->late, bytes, len, now))
 *       hand on all that is late, and then these
 *     ...
 *     if (backlog_due(&backlog) <= now)
 *       late = backlog_first(&backlog);
 *     part = backlog_take(&backlog, late);
 *     use(part->bytes, part->len);
 *     backlog_give_back(&backlog, part);
 */

#ifndef DRS_NET_BACKLOG_H
#define DRS_NET_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/clock.h"

/* As many as libcurl hands on at once, for most. */
#define BACKLOG_PART_MAX (16 * 1024)

/* The most parts in use. */
#define BACKLOG_PARTS_MAX 256

/* Milliseconds without further bytes until the late ones are handed on. */
#define BACKLOG_QUIET_MS 2

/* The most that bytes wait for others, in milliseconds. */
#define BACKLOG_WAIT_MAX_MS 20

struct backlog_part {
  TAILQ_ENTRY(backlog_part) link;
  size_t len;
  char bytes[BACKLOG_PART_MAX];
};
TAILQ_HEAD(backlog_parts, backlog_part);

/* The bytes of one response; to be embedded in its transfer. */
struct backlog_queue {
  TAILQ_ENTRY(backlog_queue) link; /* among those that are not empty */
  struct backlog_parts parts;
};

TAILQ_HEAD(backlog_queues, backlog_queue);

struct backlog {
  struct backlog_queues queues; /* the oldest first */
  size_t in_use;
  msec_t since, last; /* when the first bytes came, and the last ones */
};

void backlog_init(struct backlog *b);

void backlog_queue_init(struct backlog_queue *q);

/* Copies up to BACKLOG_PART_MAX bytes to the end of a response's. False: there
 * are more, there is no room, or no memory. */
bool backlog_add(struct backlog *b, struct backlog_queue *q, const char *bytes,
                 size_t len, msec_t now);

/* When the next bytes are to be handed on: at once where half of the parts are
 * in use. CLOCK_NEVER: there are none. */
msec_t backlog_due(const struct backlog *b);

/* The response that waits longest; NULL: none does. */
struct backlog_queue *backlog_first(const struct backlog *b);

/* The next bytes of a response, for backlog_give_back; NULL: no more. */
struct backlog_part *backlog_take(struct backlog *b, struct backlog_queue *q);

/* Wipes them: a service may quote a secret. */
void backlog_give_back(struct backlog *b, struct backlog_part *part);

/* Drops the bytes of a response. */
void backlog_drop(struct backlog *b, struct backlog_queue *q);

static inline bool backlog_queue_is_empty(const struct backlog_queue *q) {
  return TAILQ_EMPTY(&q->parts);
}

#endif
