/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A lock around the number of the socket in use. */

#include "net/watchdog.h"

#include <sys/socket.h>

void watchdog_init(struct watchdog *g) {
  *g = (struct watchdog){.fd = -1};
  pthread_mutex_init(&g->lock, NULL);
}

void watchdog_finish(struct watchdog *g) { pthread_mutex_destroy(&g->lock); }

/* Bytes that have arrived can still be read. */
static void shut_down(struct watchdog *g) {
  g->shut_down = true;
  if (g->fd >= 0)
    shutdown(g->fd, SHUT_RDWR);
}

void watchdog_begin(struct watchdog *g, int fd) {
  pthread_mutex_lock(&g->lock);
  g->fd = fd;
  g->since = clock_now();
  g->shut_down = false;
  if (g->stopping)
    shut_down(g);
  pthread_mutex_unlock(&g->lock);
}

bool watchdog_end(struct watchdog *g) {
  pthread_mutex_lock(&g->lock);
  bool was_shut_down = g->shut_down && !g->stopping;
  g->fd = -1;
  pthread_mutex_unlock(&g->lock);
  return was_shut_down;
}

void watchdog_forget(struct watchdog *g, int fd) {
  pthread_mutex_lock(&g->lock);
  if (g->fd == fd)
    g->fd = -1;
  pthread_mutex_unlock(&g->lock);
}

void watchdog_check(struct watchdog *g, msec_t now) {
  pthread_mutex_lock(&g->lock);
  if (g->fd >= 0 && !g->shut_down && now - g->since >= WATCHDOG_MAX)
    shut_down(g);
  pthread_mutex_unlock(&g->lock);
}

void watchdog_stop(struct watchdog *g) {
  pthread_mutex_lock(&g->lock);
  g->stopping = true;
  shut_down(g);
  pthread_mutex_unlock(&g->lock);
}
