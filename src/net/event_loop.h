/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Descriptors to watch, and a wakeup: epoll and an eventfd. The cost of an
 * event does not depend on how many descriptors are watched.
 *
 *     while (event_loop_wait(&loop, timeout, &event))
 *       serve(event.fd);
 */

#ifndef DRS_NET_EVENT_LOOP_H
#define DRS_NET_EVENT_LOOP_H

#include "base/err.h"

struct event_loop {
  int epoll, wakeup;
};

struct event {
  int fd;
  bool readable, writable, error;
};

/* False and an error: no descriptor is left. */
bool event_loop_init(struct event_loop *loop, struct err *err);
void event_loop_finish(struct event_loop *loop);

/* Watches a descriptor for the events of `event`. `known`: it is watched
 * already, and `event` replaces its events. */
void event_loop_watch(struct event_loop *loop, const struct event *event,
                      bool known);
void event_loop_unwatch(struct event_loop *loop, int fd);

/* Waits up to `timeout` milliseconds for one event. Ready descriptors take
 * turns. False: none came, or event_loop_wakeup was called. */
bool event_loop_wait(struct event_loop *loop, int timeout,
                     struct event *ret_event);

/* From any thread. */
void event_loop_wakeup(struct event_loop *loop);

#endif
