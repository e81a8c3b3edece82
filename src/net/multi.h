/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * libcurl's multi handle, driven by the events of its sockets and by one timer.
 * For net/http only.
 *
 *     multi_init(&multi, &env, max, max_idle);
 *     curl_multi_add_handle(multi.handle, easy);
 *     while (event_loop_wait(&env.loop, timeout, &event))
 *       multi_act(&multi, &event);
 *     multi_finish(&multi);
 */

#ifndef DRS_NET_MULTI_H
#define DRS_NET_MULTI_H

#include "net/transfer.h"

/* Its address must not change. */
struct multi {
  struct transfer_env *env;
  CURLM *handle; /* NULL: there is none */
  long max, max_idle;
  msec_t timer; /* when libcurl wants to be called; CLOCK_NEVER: not */
};

/* `max`: connections at most, of which `max_idle` may be kept open when idle.
 * False: out of memory. */
bool multi_init(struct multi *m, struct transfer_env *env, long max,
                long max_idle);

/* All transfers were removed. */
void multi_finish(struct multi *m);

/* Makes a handle where there is none. False: out of memory. */
bool multi_renew(struct multi *m);

/* Lets libcurl act on an event, or on its timer where that is NULL. False: it
 * had no memory, and must not be called again. */
bool multi_act(struct multi *m, const struct event *event);

#endif
