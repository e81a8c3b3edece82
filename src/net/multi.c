/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Callbacks of libcurl, which name the sockets and the time. */

#include "net/multi.h"

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *unused) {
  struct transfer_env *env = ((struct multi *)arg)->env;
  struct http_transfer *t = NULL; /* of an internal handle: libcurl 8 */
  (void)unused;
  if (what == CURL_POLL_REMOVE) {
    event_loop_unwatch(&env->loop, fd);
    return 0;
  }
  struct event event = {.fd = fd,
                        .readable = (what & CURL_POLL_IN) != 0,
                        .writable = (what & CURL_POLL_OUT) != 0};
  event_loop_watch(&env->loop, &event);
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
  if (t != NULL) {
    t->fd = fd;
    t->awaits_peer = event.readable;
  }
  if (fd == env->lookup_pair.fds[0]) /* a lookup's */
    curl_socketpair_close_on_exec(&env->lookup_pair);
  return 0;
}

static int on_timer(CURLM *handle, long timeout, void *arg) {
  struct multi *m = arg;
  (void)handle;
  m->timer = timeout < 0 ? CLOCK_NEVER : clock_now() + timeout;
  return 0;
}

bool multi_renew(struct multi *m) {
  struct curl_socketpair pair;
  CURLMcode e = CURLM_OK;
  if (m->handle != NULL)
    return true;
  curl_socketpair_guess(&pair);
  m->handle = curl_multi_init();
  curl_socketpair_close_on_exec(&pair);
  if (m->handle == NULL)
    return false;
  e |= curl_multi_setopt(m->handle, CURLMOPT_SOCKETFUNCTION, on_socket);
  e |= curl_multi_setopt(m->handle, CURLMOPT_SOCKETDATA, m);
  e |= curl_multi_setopt(m->handle, CURLMOPT_TIMERFUNCTION, on_timer);
  e |= curl_multi_setopt(m->handle, CURLMOPT_TIMERDATA, m);
  e |= curl_multi_setopt(m->handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, m->max);
  e |= curl_multi_setopt(m->handle, CURLMOPT_MAXCONNECTS, m->max_idle);
  return e == CURLM_OK;
}

bool multi_init(struct multi *m, struct transfer_env *env, long max,
                long max_idle) {
  *m = (struct multi){.env = env,
                      .max = max,
                      .max_idle = max_idle < max ? max_idle : max,
                      .timer = CLOCK_NEVER};
  env->lookup_pair = CURL_SOCKETPAIR_NONE;
  return multi_renew(m);
}

void multi_finish(struct multi *m) {
  curl_multi_cleanup(m->handle);
  m->handle = NULL;
  m->timer = CLOCK_NEVER;
}

bool multi_act(struct multi *m, const struct event *event) {
  int running, fd = CURL_SOCKET_TIMEOUT, events = 0;
  if (event == NULL) {
    m->timer = CLOCK_NEVER;
  } else {
    fd = event->fd;
    events = (event->readable ? CURL_CSELECT_IN : 0) |
             (event->writable ? CURL_CSELECT_OUT : 0);
  }
  return curl_multi_socket_action(m->handle, fd, events, &running) == CURLM_OK;
}
