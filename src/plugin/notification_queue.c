/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A ring, a lock, and a detached thread. collectd does not unload the module
 * before it exits, so a thread that is left behind still has its code. */

#include "plugin/notification_queue.h"

#include "base/signals.h"
#include "plugin/context.h"
#include "plugin/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct queued_notification {
  notification_t notification;
  cdtime_t interval;
};

struct notification_queue {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  size_t first, len;
  bool has_thread;  /* from the first notification on */
  bool dispatching; /* the thread is inside collectd */
  bool stopping;    /* end once the queue is empty */
  bool abandoned;   /* the thread frees the queue */
  bool ended;       /* the thread touches the queue no more */
  uint64_t dropped; /* since the queue was last empty */
  struct queued_notification ring[NOTIFICATION_QUEUE_MAX];
};

static void free_queue(struct notification_queue *q) {
  pthread_cond_destroy(&q->changed);
  pthread_mutex_destroy(&q->lock);
  free(q);
}

/* Waits for the next one. False: it is time to end. */
static bool pop_notification(struct notification_queue *q,
                             struct queued_notification *out) {
  while (q->len == 0 && !q->stopping)
    pthread_cond_wait(&q->changed, &q->lock);
  if (q->len == 0 || q->abandoned)
    return false;
  *out = q->ring[q->first];
  q->first = (q->first + 1) % NOTIFICATION_QUEUE_MAX;
  q->len--;
  return true;
}

static void *run(void *arg) {
  struct notification_queue *q = arg;
  struct queued_notification next;
  signals_block();
  pthread_mutex_lock(&q->lock);
  while (pop_notification(q, &next)) {
    q->dispatching = true;
    pthread_mutex_unlock(&q->lock);
    context_enter(next.interval);
    plugin_dispatch_notification(&next.notification);
    pthread_mutex_lock(&q->lock);
    q->dispatching = false;
  }
  bool abandoned = q->abandoned;
  q->ended = true;
  pthread_cond_broadcast(&q->changed);
  pthread_mutex_unlock(&q->lock);
  if (abandoned)
    free_queue(q);
  return NULL;
}

struct notification_queue *notification_queue_new(struct err *err) {
  struct notification_queue *q = calloc(1, sizeof(*q));
  pthread_condattr_t monotonic;
  if (q == NULL) {
    err_memory(err);
    return NULL;
  }
  pthread_mutex_init(&q->lock, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&q->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  return q;
}

/* Where that fails, the notifications wait for the next one. */
static void start_thread(struct notification_queue *q) {
  pthread_t thread;
  q->has_thread = pthread_create(&thread, NULL, run, q) == 0;
  if (!q->has_thread)
    return;
  pthread_setname_np(thread, "drs notify");
  pthread_detach(thread);
}

/* Logs without the lock: a log plugin may be slow. */
void notification_queue_push(struct notification_queue *q,
                             const notification_t *notification,
                             cdtime_t interval) {
  pthread_mutex_lock(&q->lock);
  bool full = q->len == NOTIFICATION_QUEUE_MAX;
  bool idle = q->len == 0 && !q->dispatching;
  uint64_t dropped = q->dropped;
  if (full)
    q->dropped++;
  else if (idle)
    q->dropped = 0;
  if (!q->has_thread)
    start_thread(q);
  if (!full)
    q->ring[(q->first + q->len++) % NOTIFICATION_QUEUE_MAX] =
        (struct queued_notification){*notification, interval};
  pthread_cond_broadcast(&q->changed);
  pthread_mutex_unlock(&q->lock);
  if (full && dropped == 0)
    log_warning(NULL, ERR_LOCAL,
                "notifications are dropped: collectd's notification plugins do "
                "not keep up");
  else if (idle && dropped > 0)
    log_info(NULL, ERR_NONE, "recovered: notifications; %llu were dropped",
             (unsigned long long)dropped);
}

static struct timespec stop_deadline(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_nsec += NOTIFICATION_QUEUE_STOP_MS * 1000000L;
  t.tv_sec += t.tv_nsec / 1000000000L;
  t.tv_nsec %= 1000000000L;
  return t;
}

void notification_queue_stop(struct notification_queue *q) {
  if (q == NULL)
    return;
  struct timespec deadline = stop_deadline();
  int status = 0;
  pthread_mutex_lock(&q->lock);
  q->stopping = true;
  pthread_cond_broadcast(&q->changed);
  while (q->has_thread && !q->ended && status == 0)
    status = pthread_cond_timedwait(&q->changed, &q->lock, &deadline);
  bool ended = q->ended || !q->has_thread;
  q->abandoned = !ended;
  pthread_mutex_unlock(&q->lock);
  if (ended)
    free_queue(q);
}
