/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The queue of requests, and the loop.
 *
 * The work of one http_poll is bounded, for the thread has more to do than to
 * read responses: it starts one request (libcurl with GnuTLS parses all of the
 * system's certificates for each new connection), and it returns once a handler
 * was called. So the requests that follow a response are sent before the next
 * response is read; that waits in the kernel's buffers. */

#include "net/http.h"

#include "net/easy_options.h"
#include "net/multi.h"
#include "net/transfer.h"

#include <stdlib.h>
#include <sys/resource.h>

/* Of the descriptors that the process may have, a quarter are for requests in
 * flight, within these bounds. More than the upper one would take too long to
 * close when the daemon stops. */
#define IN_FLIGHT_SHARE 4
#define IN_FLIGHT_MIN 4
#define IN_FLIGHT_MAX 2000

/* Milliseconds that one http_poll serves events for, when no handler is called.
 */
#define ITERATION_MS 1

/* GnuTLS reads all of the system's certificates when a handshake begins, which
 * takes some 20 ms. Those of services that did not respond take at most a third
 * of the time: after each start so many times as long nothing of theirs starts.
 */
#define SILENT_PAUSE 2

/* Milliseconds. A wait that is so much longer than it should be was not the
 * scheduler's doing: the process was frozen. */
#define FROZEN_MIN 500

LIST_HEAD(transfers, http_transfer);

struct http {
  struct transfer_env env;
  struct multi multi;
  struct transfers transfers;
  struct start_queue queue;
  struct start_items failed; /* ended while they waited to be started */
  msec_t deadline;           /* of those that wait, none ends before this */
  /* Milliseconds that one call of libcurl takes which takes more than one: a
   * TLS handshake begins. */
  msec_t costly;
  msec_t silent_at; /* no request of a silent group starts before */
};

/* NULL: of NULL. */
static struct http_transfer *from_item(const struct start_item *item) {
  return (struct http_transfer *)(uintptr_t)item; /* its first member */
}

/* Setting up */

const char *http_library_version(void) {
  return curl_version_info(CURLVERSION_NOW)->version;
}

static int in_flight_max(void) {
  struct rlimit files = {.rlim_cur = IN_FLIGHT_MIN};
  getrlimit(RLIMIT_NOFILE, &files);
  rlim_t share = files.rlim_cur / IN_FLIGHT_SHARE;
  return share < IN_FLIGHT_MIN   ? IN_FLIGHT_MIN
         : share > IN_FLIGHT_MAX ? IN_FLIGHT_MAX
                                 : (int)share;
}

struct http *http_new(const char *user_agent, long max_idle, struct err *err) {
  struct http *http = calloc(1, sizeof(*http));
  if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    free(http);
    err_set(err, ERR_LOCAL, "libcurl cannot be initialized");
    return NULL;
  }
  int max = in_flight_max();
  http->env.user_agent = user_agent;
  http->deadline = CLOCK_NEVER;
  LIST_INIT(&http->transfers);
  LIST_INIT(&http->env.tls_snapshots);
  TAILQ_INIT(&http->failed);
  watchdog_init(&http->env.guard);
  start_queue_init(&http->queue, max);
  lookups_init(&http->env.lookups, max / 4 + 1);
  http->env.bundle = easy_options_system_ca_cert();
  bool loop = event_loop_init(&http->env.loop, err);
  if (loop && multi_init(&http->multi, &http->env, max, max_idle))
    return http;
  http_free(http);
  err_memory(err);
  return NULL;
}

void http_free(struct http *http) {
  if (http == NULL)
    return;
  while (!LIST_EMPTY(&http->transfers))
    http_cancel(LIST_FIRST(&http->transfers));
  multi_finish(&http->multi);
  tls_snapshots_finish(&http->env.tls_snapshots);
  event_loop_finish(&http->env.loop);
  watchdog_finish(&http->env.guard);
  lookups_finish(&http->env.lookups);
  free(http);
  curl_global_cleanup();
}

/* Waiting, and being in flight */

/* Its time counts from now, also while it waits. */
static void enqueue(struct http_transfer *t) {
  struct http *http = t->http;
  t->state = WAITING;
  http->deadline = msec_min(http->deadline, t->deadline);
}

struct http_transfer *http_start(struct http *http,
                                 const struct http_request *req,
                                 const struct http_handler *handler, void *arg,
                                 struct err *err) {
  struct http_transfer *t = transfer_new(&http->env, req, handler, arg);
  if (t == NULL) {
    err_set(err, ERR_LOCAL, "a request cannot be set up");
    return NULL;
  }
  t->http = http;
  t->item.queue = req->queue;
  t->deadline = t->item.deadline = clock_now() + req->timeout;
  LIST_INSERT_HEAD(&http->transfers, t, link);
  enqueue(t);
  start_queue_add(&http->queue, &t->item);
  return t;
}

/* Removes the transfer from the multi handle. */
static void detach(struct http_transfer *t) {
  transfer_detach(t, t->http->multi.handle);
  start_queue_done(&t->http->queue, &t->item);
}

void http_cancel(struct http_transfer *t) {
  struct http *http = t->http;
  if (t->state == IN_FLIGHT)
    detach(t);
  else if (t->state == WAITING)
    start_queue_remove(&http->queue, &t->item);
  else if (t->state == FAILED)
    TAILQ_REMOVE(&http->failed, &t->item, link);
  LIST_REMOVE(t, link);
  transfer_free(t);
}

/* It waits no more, nor is it in flight: its handler is called from http_poll.
 */
static void fail_transfer(struct http_transfer *t) {
  TAILQ_INSERT_TAIL(&t->http->failed, &t->item, link);
  t->state = FAILED;
}

static void fail_waiting(struct http_transfer *t) {
  start_queue_remove(&t->http->queue, &t->item);
  fail_transfer(t);
}

/* Fills in the outcome of a transfer that is in flight, and ends it. */
static void complete(struct http_transfer *t, CURLcode code) {
  transfer_complete(t, code);
  t->item.queue->last = t->response.status == 0 ? START_SILENT : START_ANSWERED;
  detach(t);
}

static void fail_expired(struct http *http, msec_t now) {
  struct http_transfer *t;
  if (now < http->deadline)
    return;
  http->deadline = CLOCK_NEVER;
  LIST_FOREACH(t, &http->transfers, link) {
    if (t->state != WAITING && !(t->state == IN_FLIGHT && t->thawed))
      continue;
    if (t->deadline > now) {
      http->deadline = msec_min(http->deadline, t->deadline);
      continue;
    }
    if (t->state == IN_FLIGHT) { /* the process was frozen meanwhile */
      complete(t, CURLE_OPERATION_TIMEDOUT);
      fail_transfer(t);
    } else {
      transfer_explain_wait(t, &http->queue);
      fail_waiting(t);
    }
  }
}

/* The requests that waited for this lookup share its result. */
static void fail_unresolved(struct http *http, const struct lookup_name *name) {
  struct http_transfer *t;
  LIST_FOREACH(t, &http->transfers, link)
  if (t->state == WAITING && t->needs == name) {
    err_set(&t->err, ERR_RESOLVE, "could not resolve host");
    fail_waiting(t);
  }
}

static bool is_ready(void *arg, const struct start_item *item) {
  struct http *http = arg;
  struct http_transfer *t = from_item(item);
  msec_t now = clock_now();
  if (item->queue->last == START_SILENT && now < http->silent_at)
    return false;
  return (t->needs == NULL ||
          lookups_may_start(&http->env.lookups, t->needs, now)) &&
         transfer_files_are_ready(t, now);
}

/* Starts the next request, if one may start. */
static bool start_next(struct http *http, msec_t now) {
  struct http_transfer *t =
      from_item(start_queue_next(&http->queue, is_ready, http));
  if (t == NULL)
    return false;
  t->needs = NULL;
  t->state = IN_FLIGHT;
  if (t->item.queue->last == START_SILENT)
    http->silent_at = now + SILENT_PAUSE * http->costly;
  if (multi_renew(&http->multi) && transfer_attach(t, http->multi.handle, now))
    return true;
  err_set(&t->err, ERR_LOCAL, "a request cannot be started");
  start_queue_done(&http->queue, &t->item);
  fail_transfer(t);
  return true;
}

/* Lets it be started again, before the others of its group. */
static void put_back(struct http_transfer *t) {
  detach(t);
  transfer_reset(t);
  enqueue(t);
  start_queue_add_first(&t->http->queue, &t->item);
}

/* Finishing */

static void finish_transfer(struct http_transfer *t) {
  LIST_REMOVE(t, link);
  transfer_report(t);
  transfer_free(t);
}

static bool try_again(struct http_transfer *t, CURLcode code) {
  if (t->deadline <= clock_now())
    return false;
  if (t->needs == NULL) {
    if (!transfer_is_lost(t, code) ||
        curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L) != CURLE_OK)
      return false;
    t->no_retry = true;
  }
  put_back(t);
  return true;
}

static void on_over(struct http_transfer *t, CURLcode code) {
  const struct lookup_name *name = t->looks_up;
  if (name != NULL && (code == CURLE_COULDNT_RESOLVE_HOST ||
                       code == CURLE_COULDNT_RESOLVE_PROXY)) {
    transfer_end_lookup(t, LOOKUP_FAILED);
    fail_unresolved(t->http, name);
  }
  if (try_again(t, code))
    return;
  complete(t, code);
  finish_transfer(t);
}

static void finish_all(struct http *http) {
  int left;
  for (CURLMsg *m;
       (m = curl_multi_info_read(http->multi.handle, &left)) != NULL;) {
    struct http_transfer *t;
    CURLcode code = m->data.result;
    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
    on_over(t, code);
  }
  for (struct start_item *item; (item = TAILQ_FIRST(&http->failed)) != NULL;) {
    TAILQ_REMOVE(&http->failed, item, link);
    finish_transfer(from_item(item));
  }
}

/* The loop */

/* Where memory is short, libcurl leaves its table of sockets half changed, and
 * would end the process when it meets that entry again. */
static void start_anew(struct http *http) {
  struct http_transfer *t;
  LIST_FOREACH(t, &http->transfers, link) {
    if (t->state != IN_FLIGHT)
      continue;
    err_memory(&t->err);
    detach(t);
    fail_transfer(t);
  }
  multi_finish(&http->multi);
  multi_renew(&http->multi); /* where it fails, the next request tries again */
}

static void explain_shutdown(const struct http *http, curl_socket_t fd) {
  struct http_transfer *t;
  LIST_FOREACH(t, &http->transfers, link)
  if (t->state == IN_FLIGHT && t->fd == fd)
    err_set(&t->err, ERR_HTTP,
            "the connection was ended: it held up all requests for %d s",
            WATCHDOG_MAX / 1000);
}

/* NULL: libcurl's time has come. */
static void act(struct http *http, const struct event *event) {
  msec_t begun = clock_now();
  watchdog_begin(&http->env.guard, event == NULL ? -1 : event->fd);
  bool ok = multi_act(&http->multi, event);
  if (watchdog_end(&http->env.guard) && event != NULL)
    explain_shutdown(http, event->fd);
  msec_t took = clock_now() - begun;
  if (took > 1)
    http->costly = (3 * http->costly + took) / 4;
  if (!ok)
    start_anew(http);
  finish_all(http);
}

static void act_on_timer(struct http *http, msec_t now) {
  if (http->multi.timer <= now)
    act(http, NULL);
}

static int wait_time(const struct http *http, msec_t now, int max) {
  msec_t until = msec_min(http->multi.timer, http->deadline);
  if (!start_queue_is_empty(&http->queue)) {
    msec_t file = tls_snapshots_next(&http->env.tls_snapshots);
    until = msec_min(until, lookups_next(&http->env.lookups));
    if (http->silent_at > now)
      until = msec_min(until, http->silent_at);
    if (file > now)
      until = msec_min(until, file);
  }
  return http->env.iteration_is_over ? 0 : msec_left(until, now, max);
}

/* libcurl would end requests whose responses lie in the socket: its clock has
 * run. Their deadlines by ours have not passed. */
static void thaw(struct http *http, msec_t frozen) {
  struct http_transfer *t;
  clock_skip(frozen);
  http->multi.timer = clock_now();
  LIST_FOREACH(t, &http->transfers, link) {
    if (t->state != IN_FLIGHT)
      continue;
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, 0L);
    t->thawed = true;
    http->deadline = msec_min(http->deadline, t->deadline);
  }
}

static bool wait_for_event(struct http *http, int timeout,
                           struct event *event) {
  msec_t before = clock_now();
  bool any = event_loop_wait(&http->env.loop, timeout, event);
  msec_t more = clock_now() - before - timeout;
  if (more >= FROZEN_MIN)
    thaw(http, more);
  return any;
}

void http_poll(struct http *http, int timeout) {
  struct event event;
  msec_t now = clock_now(), end = now + ITERATION_MS;
  http->env.iteration_is_over = false;
  fail_expired(http, now);
  if (start_next(http, now) && !start_queue_is_empty(&http->queue))
    timeout = 0; /* the next one has its turn */
  act_on_timer(http, now);
  finish_all(http);
  timeout = wait_time(http, clock_now(), timeout);
  while (wait_for_event(http, timeout, &event)) {
    act(http, &event);
    timeout = 0;
    if (http->env.iteration_is_over || clock_now() >= end)
      break;
  }
  act_on_timer(http, clock_now());
}

void http_wakeup(struct http *http) {
  watchdog_check(&http->env.guard, clock_now());
  event_loop_wakeup(&http->env.loop);
}

void http_interrupt(struct http *http) {
  watchdog_stop(&http->env.guard);
  event_loop_wakeup(&http->env.loop);
}
