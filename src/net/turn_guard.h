/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Ends a connection that holds the thread. libcurl with GnuTLS waits inside one
 * call when a server asks for another handshake (TLS 1.2) and then is silent:
 * until the request's time is over, no other project is served, and the daemon
 * does not stop. Another thread notices, and shuts the socket down, which ends
 * the wait.
 *
 * The thread, around each call of libcurl for a socket:
 *
 *     turn_guard_begin(&guard, fd);
 *     ...
 *     if (turn_guard_end(&guard)) ... the socket was shut down
 *
 * Other threads, now and then, and at the end:
 *
 *     turn_guard_check(&guard, now);
 *     turn_guard_stop(&guard); */

#ifndef DRS_NET_TURN_GUARD_H
#define DRS_NET_TURN_GUARD_H

#include "base/clock.h"

#include <pthread.h>
#include <stdbool.h>

/* Milliseconds. A handshake takes a hundredth of it, a response less. */
#define TURN_GUARD_MAX 2000

struct turn_guard {
  pthread_mutex_t lock;
  int fd; /* libcurl acts on it; -1: on none, or on one that is not guarded */
  msec_t since;
  bool cut;      /* it was shut down */
  bool stopping; /* nothing may hold the thread any more */
};

void turn_guard_init(struct turn_guard *g);
void turn_guard_finish(struct turn_guard *g);

void turn_guard_begin(struct turn_guard *g, int fd);

/* Whether the socket held the thread for too long, and was shut down. */
bool turn_guard_end(struct turn_guard *g);

/* Before a socket is closed: another thread may get its number. */
void turn_guard_forget(struct turn_guard *g, int fd);

/* Shuts the socket down that has held the thread for too long. */
void turn_guard_check(struct turn_guard *g, msec_t now);

/* From now on none may hold it at all. */
void turn_guard_stop(struct turn_guard *g);

#endif
