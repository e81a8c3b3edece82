/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A bounded queue of notifications, and the thread that dispatches them.
 * collectd runs its notification plugins on the thread that dispatches, so one
 * that blocks, such as notify_email with a mail server that is silent, would
 * stop the poller. */

#ifndef DRS_PLUGIN_NOTIFICATION_QUEUE_H
#define DRS_PLUGIN_NOTIFICATION_QUEUE_H

#include <collectd/core/daemon/plugin.h>

#include "base/err.h"

/* The most notifications that wait. */
#define NOTIFICATION_QUEUE_MAX 256

/* The longest that a stop waits for a plugin that blocks. */
#define NOTIFICATION_QUEUE_STOP_MS 100

struct notification_queue;

/* NULL: out of memory. The first notification starts the thread. */
struct notification_queue *notification_queue_new(struct err *err);

/* Appends a copy, with the interval of its project. Where the queue is full the
 * notification is dropped and counted; the log has the first of them, and their
 * number once all that waited is dispatched. */
void notification_queue_push(struct notification_queue *q,
                             const notification_t *notification,
                             cdtime_t interval);

/* Stops the thread after it has dispatched all that wait. A thread that a
 * notification plugin holds is left behind with the queue, which it frees if
 * it ever comes back: joining it would hold collectd. `q` may be NULL. */
void notification_queue_stop(struct notification_queue *q);

#endif
