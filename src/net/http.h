/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * HTTP without waiting; no other folder knows curl. One `struct http` is
 * one curl multi handle: it keeps connections, TLS sessions and resolved
 * names from request to request, and all of it belongs to one thread, but for
 * http_wakeup.
 *
 *     struct http_request req = {.method = "POST", .endpoint = &e, ...};
 *     http_start(http, &req, &handler, arg, &err);
 *     while (...)
 *       http_poll(http, timeout_ms);      handlers are called from here
 *
 * A response is handed on as it arrives. It is bounded in time, in header bytes
 * and in body bytes. Redirects are not followed: a request's credentials go to
 * the host that it was made for only. */

#ifndef DRS_NET_HTTP_H
#define DRS_NET_HTTP_H

#include "net/http_request.h"

#include <time.h>

/* The most bytes of a response's body, decompressed. */
#define HTTP_BODY_MAX (16 * 1024 * 1024)

/* Seconds. A longer Retry-After is cut to this. */
#define HTTP_RETRY_AFTER_MAX (24 * 3600)

/* A limit that ended a transfer. */
enum http_limit { HTTP_LIMIT_NONE, HTTP_LIMIT_SIZE, HTTP_LIMIT_TIME };

/* Status and header fields of a response. */
struct http_response {
  long status;        /* as the server numbers it: any; 0: no response came */
  msec_t retry_after; /* from now; -1: not sent, or no pause at all */
  time_t date;        /* the server's clock; -1: not sent */
  /* The captured header: any bytes but NUL, for curl keeps the line breaks of
   * one that was folded. NULL: not sent. */
  const char *captured;
  /* The body is larger than HTTP_BODY_MAX; or the request was sent, and the
   * whole response did not come within its timeout. */
  enum http_limit limit;
};

/* Any 2xx, whatever the API's page says. */
static inline bool http_is_success(long status) {
  return status >= 200 && status < 300;
}

/* Callbacks of one request, in this order; all from http_poll, and none after
 * http_cancel. In `done`, `err` is set where the transfer failed, whatever the
 * status; the call is gone when it returns. A body that returns false ends the
 * transfer. */
struct http_handler {
  const char *capture; /* a header to capture, or NULL */
  bool (*body)(void *arg, const struct http_response *response,
               const char *bytes, size_t len);
  void (*done)(void *arg, const struct http_response *response,
               const struct err *err);
};

struct http;
struct http_transfer;

/* `user_agent` must outlive it; `max_idle`: how many connections may be kept
 * open when idle. Call in the process that uses it, after any fork. NULL and an
 * error: curl cannot be set up. */
struct http *http_new(const char *user_agent, long max_idle, struct err *err);

/* Cancels all transfers without waiting, and frees everything. */
void http_free(struct http *http);

/* Starts a request; it is copied, but for the members that must outlive it.
 * NULL and an error: it was not started, and no callback will come. */
struct http_transfer *http_start(struct http *http,
                                 const struct http_request *req,
                                 const struct http_handler *handler, void *arg,
                                 struct err *err);

/* Ends a request without a callback, at once. */
void http_cancel(struct http_transfer *call);

/* Waits until something happens, a wakeup comes, or `timeout` milliseconds
 * have passed, and calls the handlers of these events. */
void http_poll(struct http *http, int timeout);

/* Ends the wait of http_poll; from any thread. */
void http_wakeup(struct http *http);

/* As http_wakeup, before the end: from now on no connection holds up http_poll,
 * whose requests may fail. */
void http_interrupt(struct http *http);

/* Version of libcurl in use, such as "7.88.1". */
const char *http_library_version(void);

#endif
