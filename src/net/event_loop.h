/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Descriptors to watch, and a wakeup: epoll and an eventfd. The cost of an
 * event does not depend on how many descriptors are watched.
 *
 * It knows the watched numbers, so that none is removed after it was closed,
 * when another thread may have it. A descriptor that it owns stays in the epoll
 * between two uses: the next use then needs no call of the kernel. A socket
 * that becomes readable meanwhile is shut down: nobody expects its bytes.
 *
 *     event_loop_own(&loop, fd);
 *     event_loop_watch(&loop, &event);
 *     while (event_loop_wait(&loop, timeout, &event))
 *       serve(event.fd);
 *     event_loop_unwatch(&loop, fd);
 *     event_loop_close(&loop, fd);
 */

#ifndef DRS_NET_EVENT_LOOP_H
#define DRS_NET_EVENT_LOOP_H

#include "base/err.h"

struct event_loop {
  int epoll, wakeup;
  struct watched *watched; /* by descriptor */
  size_t watched_len;
};

struct event {
  int fd;
  bool readable, writable;
};

/* To be finished in any case. */
bool event_loop_init(struct event_loop *loop, struct err *err);
void event_loop_finish(struct event_loop *loop);

/* Takes a descriptor over, until event_loop_close closes it. */
void event_loop_own(struct event_loop *loop, int fd);
void event_loop_close(struct event_loop *loop, int fd);

/* Watches a descriptor for the events of `event`, which replace those before.
 */
void event_loop_watch(struct event_loop *loop, const struct event *event);

/* Nothing is done where it is not watched. One that is not owned must be
 * unwatched before it is closed. */
void event_loop_unwatch(struct event_loop *loop, int fd);

/* Waits up to `timeout` milliseconds for one event; one that failed is
 * readable. Ready descriptors take turns. False: none came, event_loop_wakeup
 * was called, or one became ready that is not watched any more. */
bool event_loop_wait(struct event_loop *loop, int timeout,
                     struct event *ret_event);

/* From any thread. */
void event_loop_wakeup(struct event_loop *loop);

#endif
