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
 *     watchdog_begin(&guard, fd);
 *     ...
 *     if (watchdog_end(&guard)) ... the socket was shut down
 *
 * Other threads, now and then, and at the end:
 *
 *     watchdog_check(&guard, now);
 *     watchdog_stop(&guard); */

#ifndef DRS_NET_WATCHDOG_H
#define DRS_NET_WATCHDOG_H

#include "base/clock.h"

#include <pthread.h>
#include <stdbool.h>

/* Milliseconds. A handshake takes a hundredth of it, a response less. */
#define WATCHDOG_MAX 2000

struct watchdog {
  pthread_mutex_t lock;
  int fd; /* libcurl acts on it; -1: on none, or on one that is not watched */
  msec_t since;
  bool shut_down; /* it was shut down */
  bool stopping;  /* nothing may hold the thread any more */
};

void watchdog_init(struct watchdog *g);
void watchdog_finish(struct watchdog *g);

void watchdog_begin(struct watchdog *g, int fd);

/* Whether the socket held the thread for too long, and was shut down. */
bool watchdog_end(struct watchdog *g);

/* Before a socket is closed: another thread may get its number. */
void watchdog_forget(struct watchdog *g, int fd);

/* Shuts the socket down that has held the thread for too long. */
void watchdog_check(struct watchdog *g, msec_t now);

/* From now on none may hold it at all. */
void watchdog_stop(struct watchdog *g);

#endif
