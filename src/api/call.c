/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From the bytes of a reply to what it means. */

#include "api/call.h"

static bool is_success(long status) { return status >= 200 && status < 300; }

/* A refusal need not be JSON: a gateway's is a page of HTML. */
static bool on_body(void *arg, const struct http_response *reply,
                    const char *bytes, size_t len) {
  struct api_call *post = arg;
  post->error = is_success(reply->status) ? API_ERROR_NONE : API_ERROR_OTHER;
  if (post->error == API_ERROR_NONE)
    return post->handler->body(post->arg, bytes, len, &post->err);
  post->handler->body(post->arg, bytes, len, NULL);
  return true;
}

/* A whole reply came, with this status. */
static void judge(struct api_call *post, long status) {
  struct api_error_body words = {.code = "", .message = ""};
  bool success = is_success(status);
  bool whole =
      post->handler->end(post->arg, &words, success ? &post->err : NULL);
  if (success && !whole)
    return;
  post->error = api_error_classify(status, words.code, words.message);
  post->rejects_job = api_error_rejects_job(words.code);
  enum api_error told = post->error;
  if (told == API_ERROR_JOB && !post->rejects_job)
    told = API_ERROR_OTHER; /* a job may be why, and something else too */
  if (told != API_ERROR_NONE)
    api_error_describe(&post->err, told, status, words.code, words.message);
  else if (words.lacks != NULL)
    err_set(&post->err, ERR_RESPONSE, "the answer has no %s", words.lacks);
}

/* What the answer says of our credentials. */
static enum auth_result verdict(const struct api_call *post) {
  switch (post->error) {
  case API_ERROR_NONE:
  case API_ERROR_EMPTY:
    return AUTH_ACCEPTED;
  case API_ERROR_CREDENTIAL:
    return AUTH_REJECTED;
  default:
    return post->rejects_job ? AUTH_ACCEPTED : AUTH_INCONCLUSIVE;
  }
}

/* The transfer failed. */
static void classify_failure(struct api_call *post, enum http_limit limit,
                             const struct err *err) {
  static const enum api_error errors[] = {
      [HTTP_LIMIT_NONE] = API_ERROR_SERVICE,
      [HTTP_LIMIT_SIZE] = API_ERROR_SIZE,
      [HTTP_LIMIT_TIME] = API_ERROR_TIMEOUT,
  };
  err_set(&post->err, err->kind, "%s", err->text);
  post->error = errors[limit];
}

static void on_done(void *arg, const struct http_response *reply,
                    const struct err *err) {
  struct api_call *post = arg;
  if (err_is_set(err))
    classify_failure(post, reply->limit, err);
  else
    judge(post, reply->status);
  if (err_is_set(&post->err) && post->error == API_ERROR_NONE)
    post->error = API_ERROR_SERVICE;
  post->retry_after = reply->retry_after;
  post->transfer = NULL;
  struct auth_outcome outcome = {.verdict = verdict(post),
                                 .serial = post->serial,
                                 .why = &post->err,
                                 .server_date = reply->date};
  auth_done(post->service->auth, &outcome, clock_now());
  post->handler->done(post->arg);
  if (post->service->touched != NULL)
    post->service->touched(post->service->touched_arg);
}

static const struct http_handler http_handler = {.body = on_body,
                                                 .done = on_done};

enum auth_state api_call_prepare(const struct api_service *service,
                                 uint64_t *requests, msec_t now,
                                 struct err *err) {
  uint64_t before = service->auth->requests;
  enum auth_state state = auth_prepare(service->auth, service->http, now, err);
  *requests += service->auth->requests - before;
  return state;
}

static bool authorize(struct api_call *post, struct http_request *req,
                      struct err *err) {
  const struct api_service *s = post->service;
  return http_request_add_header(req, "Content-Type", "application/json",
                                 err) &&
         http_request_add_header(req, "Accept", "application/json", err) &&
         http_request_add_header(req, "X-Language", s->language, err) &&
         auth_apply(s->auth, s->project_id, req, &post->serial, err);
}

/* The credentials of a request that got no answer. */
static void release_auth(struct api_call *post) {
  struct auth_outcome outcome = {.verdict = AUTH_INCONCLUSIVE,
                                 .serial = post->serial};
  auth_done(post->service->auth, &outcome, clock_now());
}

static bool send(struct api_call *post, struct http_request *req,
                 struct err *err) {
  if (!authorize(post, req, err))
    return false;
  post->transfer =
      http_start(post->service->http, req, &http_handler, post, err);
  if (post->transfer == NULL)
    release_auth(post);
  return post->transfer != NULL;
}

bool api_call_start(struct api_call *post, const char *path,
                    const struct buf *body, msec_t timeout, struct err *err) {
  struct http_request req = {.method = "POST",
                             .endpoint = &post->service->endpoint,
                             .timeout = timeout,
                             .body = body->data,
                             .body_len = body->len,
                             .connect = &post->service->connect};
  struct buf full;
  buf_init(&full, HTTP_HEADER_MAX);
  post->error = API_ERROR_NONE;
  post->rejects_job = false;
  err_clear(&post->err);
  bool ok = buf_addf(&full, err, "%s%s", post->service->path, path);
  req.path = full.data;
  ok = ok && send(post, &req, err);
  http_request_finish(&req);
  buf_free(&full);
  return ok;
}

void api_call_cancel(struct api_call *post) {
  if (post->transfer == NULL)
    return;
  http_cancel(post->transfer);
  post->transfer = NULL;
  release_auth(post);
}
