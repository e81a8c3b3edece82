/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A lock around the number of the socket in use. */

#include "net/turn_guard.h"

#include <sys/socket.h>

void turn_guard_init(struct turn_guard *g) {
  *g = (struct turn_guard){.fd = -1};
  pthread_mutex_init(&g->lock, NULL);
}

void turn_guard_finish(struct turn_guard *g) {
  pthread_mutex_destroy(&g->lock);
}

/* Bytes that have arrived can still be read. */
static void cut(struct turn_guard *g) {
  g->cut = true;
  if (g->fd >= 0)
    shutdown(g->fd, SHUT_RDWR);
}

void turn_guard_begin(struct turn_guard *g, int fd) {
  pthread_mutex_lock(&g->lock);
  g->fd = fd;
  g->since = clock_now();
  g->cut = false;
  if (g->stopping)
    cut(g);
  pthread_mutex_unlock(&g->lock);
}

bool turn_guard_end(struct turn_guard *g) {
  pthread_mutex_lock(&g->lock);
  bool was_cut = g->cut && !g->stopping;
  g->fd = -1;
  pthread_mutex_unlock(&g->lock);
  return was_cut;
}

void turn_guard_forget(struct turn_guard *g, int fd) {
  pthread_mutex_lock(&g->lock);
  if (g->fd == fd)
    g->fd = -1;
  pthread_mutex_unlock(&g->lock);
}

void turn_guard_check(struct turn_guard *g, msec_t now) {
  pthread_mutex_lock(&g->lock);
  if (g->fd >= 0 && !g->cut && now - g->since >= TURN_GUARD_MAX)
    cut(g);
  pthread_mutex_unlock(&g->lock);
}

void turn_guard_stop(struct turn_guard *g) {
  pthread_mutex_lock(&g->lock);
  g->stopping = true;
  cut(g);
  pthread_mutex_unlock(&g->lock);
}
