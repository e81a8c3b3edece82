/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The network and the clock in a test's hands: http.h and clock.h without a
 * socket and without time. What is started waits until the test responds.
 *
 * To be included by one file of a program, whose functions the linker takes in
 * place of the core's. */

#ifndef DRS_TESTS_FAKE_HTTP_H
#define DRS_TESTS_FAKE_HTTP_H

#include "unit.h"

#include "net/http.h"

#include <stdlib.h>
#include <string.h>

#define FAKE_CALLS_MAX 64

struct http_transfer {
  struct http_handler handler;
  void *arg;
  char *url, *body, *headers; /* headers: a line each */
  msec_t timeout;
  bool no_retry;
};

/* The requests that wait for a response, the oldest first. */
static struct http_transfer *fake_calls[FAKE_CALLS_MAX];
static size_t fake_calls_len;
static size_t fake_started, fake_cancelled; /* requests so far */
static size_t fake_refused; /* bodies that their reader did not want */
static bool fake_start_fails;
static msec_t fake_now;

msec_t clock_now(void) { return fake_now; }

double clock_seconds(void) { return (double)fake_now / 1000; }

/* A request's headers, a line each. The caller frees it. */
static inline char *fake_lines(const struct http_request *req) {
  struct buf lines;
  buf_init(&lines, 2 * HTTP_HEADER_MAX);
  for (size_t i = 0; i < req->headers_len; i++)
    assert_true(buf_addf(&lines, NULL, "%s: %s\n", req->headers[i].name,
                         req->headers[i].value.data));
  char *copy = strdup(lines.data);
  buf_free(&lines);
  assert_non_null(copy);
  return copy;
}

static inline char *fake_url(const struct http_request *req) {
  struct buf url;
  buf_init(&url, HTTP_HEADER_MAX);
  assert_true(http_request_url(req, &url, NULL));
  char *copy = strdup(url.data);
  buf_free(&url);
  return copy;
}

struct http_transfer *http_start(struct http *http,
                                 const struct http_request *req,
                                 const struct http_handler *handler, void *arg,
                                 struct err *err) {
  (void)http;
  if (fake_start_fails) {
    err_memory(err);
    return NULL;
  }
  assert_true(fake_calls_len < FAKE_CALLS_MAX);
  struct http_transfer *call = calloc(1, sizeof(*call));
  assert_non_null(call);
  call->handler = *handler;
  call->arg = arg;
  call->url = fake_url(req);
  call->body = req->body == NULL ? NULL : strndup(req->body, req->body_len);
  call->headers = fake_lines(req);
  call->timeout = req->timeout;
  call->no_retry = req->no_retry;
  fake_calls[fake_calls_len++] = call;
  fake_started++;
  return call;
}

static inline void fake_forget(struct http_transfer *call) {
  size_t i = 0;
  while (i < fake_calls_len && fake_calls[i] != call)
    i++;
  assert_true(i < fake_calls_len);
  memmove(&fake_calls[i], &fake_calls[i + 1],
          (--fake_calls_len - i) * sizeof(struct http_transfer *));
  free(call->url);
  free(call->body);
  free(call->headers);
  free(call);
}

void http_cancel(struct http_transfer *call) {
  fake_cancelled++;
  fake_forget(call);
}

/* A part of a body comes. */
static inline bool fake_body(struct http_transfer *call, long status,
                             const char *bytes) {
  const struct http_response response = {status, -1, -1, NULL};
  bool ok = call->handler.body(call->arg, &response, bytes, strlen(bytes));
  fake_refused += !ok;
  return ok;
}

/* Gives a waiting request its whole response, or as much as it takes. */
static inline void fake_response(struct http_transfer *call,
                                 struct http_response reply, const char *body) {
  struct err err = ERR_INIT;
  if (*body != '\0' &&
      !call->handler.body(call->arg, &reply, body, strlen(body)) &&
      ++fake_refused)
    err_set(&err, ERR_HTTP, "ended by the reader");
  call->handler.done(call->arg, &reply, &err);
  fake_forget(call);
}

static inline void fake_status(struct http_transfer *call, long status,
                               const char *body) {
  fake_response(call, (struct http_response){status, -1, -1, NULL}, body);
}

static inline void fake_end_with(struct http_transfer *call,
                                 enum http_limit limit, struct err err) {
  struct http_response reply = {.retry_after = -1, .date = -1, .limit = limit};
  call->handler.done(call->arg, &reply, &err);
  fake_forget(call);
}

/* The transfer fails, by a limit or not. */
static inline void fake_end(struct http_transfer *call, enum http_limit limit,
                            const char *why) {
  struct err err = ERR_INIT;
  err_set(&err, ERR_HTTP, "%s", why);
  fake_end_with(call, limit, err);
}

static inline void fake_fail(struct http_transfer *call, const char *why) {
  fake_end(call, HTTP_LIMIT_NONE, why);
}

/* The transfer fails with an error of this kind. */
static inline void fake_fail_as(struct http_transfer *call, enum err_kind kind,
                                const char *why) {
  struct err err = ERR_INIT;
  err_set(&err, kind, "%s", why);
  fake_end_with(call, HTTP_LIMIT_NONE, err);
}

#endif
