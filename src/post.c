/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From the bytes of a reply to what it means. */

#include "post.h"

static bool is_success(long status) { return status >= 200 && status < 300; }

/* A refusal need not be JSON: a gateway's is a page of HTML. */
static bool on_body(void *arg, const struct http_reply *reply,
                    const char *bytes, size_t len) {
  struct post *post = arg;
  post->refusal = is_success(reply->status) ? REFUSAL_NONE : REFUSAL_OTHER;
  if (post->refusal == REFUSAL_NONE)
    return post->handler->body(post->arg, bytes, len, &post->err);
  post->handler->body(post->arg, bytes, len, NULL);
  return true;
}

/* A whole reply came, with this status. */
static void judge(struct post *post, long status) {
  struct post_words words = {.code = "", .message = ""};
  bool success = is_success(status);
  bool whole =
      post->handler->end(post->arg, &words, success ? &post->err : NULL);
  if (success && !whole)
    return;
  post->refusal = refusal_kind(status, words.code, words.message);
  post->blames_job = refusal_blames_job(words.code);
  enum refusal_kind told = post->refusal;
  if (told == REFUSAL_JOB && !post->blames_job)
    told = REFUSAL_OTHER; /* a job may be why, and something else too */
  if (told != REFUSAL_NONE)
    refusal_explain(&post->err, told, status, words.code, words.message);
  else if (words.lacks != NULL)
    err_set(&post->err, ERR_REPLY, "the answer has no %s", words.lacks);
}

/* What the answer says of our credentials. */
static enum auth_verdict verdict(const struct post *post) {
  switch (post->refusal) {
  case REFUSAL_NONE:
  case REFUSAL_EMPTY:
    return AUTH_ACCEPTED;
  case REFUSAL_CREDENTIAL:
    return AUTH_REJECTED;
  default:
    return post->blames_job ? AUTH_ACCEPTED : AUTH_UNKNOWN;
  }
}

static void on_done(void *arg, const struct http_reply *reply,
                    const struct err *err) {
  struct post *post = arg;
  if (err_is_set(err))
    err_set(&post->err, err->kind, "%s", err->text);
  else
    judge(post, reply->status);
  if (err_is_set(&post->err) && post->refusal == REFUSAL_NONE)
    post->refusal = REFUSAL_SERVICE;
  post->retry_after = reply->retry_after;
  post->call = NULL;
  struct auth_outcome outcome = {.verdict = verdict(post),
                                 .serial = post->serial,
                                 .why = &post->err,
                                 .server_date = reply->date};
  auth_done(post->service->auth, &outcome, deadline_now());
  post->handler->done(post->arg);
}

static const struct http_handler http_handler = {.body = on_body,
                                                 .done = on_done};

enum auth_state post_prepare(const struct post_service *service,
                             uint64_t *requests, msec_t now, struct err *err) {
  uint64_t before = service->auth->requests;
  enum auth_state state = auth_prepare(service->auth, service->http, now, err);
  *requests += service->auth->requests - before;
  return state;
}

static bool authorize(struct post *post, struct http_request *req,
                      struct err *err) {
  const struct post_service *s = post->service;
  return auth_add_header(req, "Content-Type", "application/json", err) &&
         auth_add_header(req, "Accept", "application/json", err) &&
         auth_add_header(req, "X-Language", s->language, err) &&
         auth_apply(s->auth, s->project_id, req, &post->serial, err);
}

/* The credentials of a request that got no answer. */
static void release_auth(struct post *post) {
  struct auth_outcome outcome = {.verdict = AUTH_UNKNOWN,
                                 .serial = post->serial};
  auth_done(post->service->auth, &outcome, deadline_now());
}

static bool send(struct post *post, struct http_request *req, struct err *err) {
  if (!authorize(post, req, err))
    return false;
  post->call = http_start(post->service->http, req, &http_handler, post, err);
  if (post->call == NULL)
    release_auth(post);
  return post->call != NULL;
}

bool post_start(struct post *post, const char *path, const struct buf *body,
                msec_t timeout, struct err *err) {
  struct http_request req = {.method = "POST",
                             .timeout = timeout,
                             .body = body->data,
                             .body_len = body->len,
                             .peer = &post->service->peer};
  struct buf url;
  buf_init(&url, HTTP_HEADER_MAX);
  buf_init(&req.headers, HTTP_HEADER_MAX);
  post->refusal = REFUSAL_NONE;
  post->blames_job = false;
  err_clear(&post->err);
  bool ok = buf_addf(&url, err, "%s%s", post->service->url, path);
  req.url = url.data;
  ok = ok && send(post, &req, err);
  buf_free(&req.headers);
  buf_free(&url);
  return ok;
}

void post_cancel(struct post *post) {
  if (post->call == NULL)
    return;
  http_cancel(post->call);
  post->call = NULL;
  release_auth(post);
}
