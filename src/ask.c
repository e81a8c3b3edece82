/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From the bytes of a reply to what it means. */

#include "ask.h"

#include <stdlib.h>

static bool is_success(long status) { return status >= 200 && status < 300; }

/* An item of a refusal names the job that is to blame, or a code at least. */
static void on_item(void *arg, const struct progress *p) {
  struct ask *ask = arg;
  if (ask->refusal == REFUSAL_NONE) {
    ask->handler->item(ask->arg, ask, p);
  } else if (ask->code.len == 0) {
    ask->code = p->error_code;
    ask->message = p->error_msg;
  }
}

/* While a reply arrives, `refusal` says whether it is a success. A refusal
 * need not be JSON: a gateway's is a page of HTML. */
static bool on_body(void *arg, const struct http_reply *reply,
                    const char *bytes, size_t len) {
  struct ask *ask = arg;
  ask->refusal = is_success(reply->status) ? REFUSAL_NONE : REFUSAL_OTHER;
  if (ask->refusal == REFUSAL_NONE)
    return progress_feed(ask->reader, bytes, len, &ask->err);
  progress_feed(ask->reader, bytes, len, NULL);
  return true;
}

/* A whole reply came, with this status. */
static void judge(struct ask *ask, long status) {
  const struct progress_reply *reply = progress_reader_reply(ask->reader);
  bool whole =
      progress_finish(ask->reader, is_success(status) ? &ask->err : NULL);
  if (is_success(status) && !whole)
    return;
  const char *code = reply->code.text, *message = reply->message.text;
  if (ask->code.len > 0)
    code = ask->code.text, message = ask->message.text;
  ask->refusal = refusal_kind(status, code, message);
  ask->blames_job = refusal_blames_job(code);
  enum refusal_kind told = ask->refusal;
  if (told == REFUSAL_JOB && !ask->blames_job)
    told = REFUSAL_OTHER; /* a job may be why, and something else too */
  if (told != REFUSAL_NONE)
    refusal_explain(&ask->err, told, status, code, message);
  else if (!reply->has_results)
    err_set(&ask->err, ERR_REPLY, "the answer has no results");
}

/* What the answer says of our credentials. */
static enum auth_verdict verdict(const struct ask *ask) {
  switch (ask->refusal) {
  case REFUSAL_NONE:
  case REFUSAL_EMPTY:
    return AUTH_ACCEPTED;
  case REFUSAL_CREDENTIAL:
    return AUTH_REJECTED;
  default:
    return ask->blames_job ? AUTH_ACCEPTED : AUTH_UNKNOWN;
  }
}

static void on_done(void *arg, const struct http_reply *reply,
                    const struct err *err) {
  struct ask *ask = arg;
  if (err_is_set(err))
    err_set(&ask->err, err->kind, "%s", err->text);
  else
    judge(ask, reply->status);
  if (err_is_set(&ask->err) && ask->refusal == REFUSAL_NONE)
    ask->refusal = REFUSAL_SERVICE;
  ask->retry_after = reply->retry_after;
  progress_reader_free(ask->reader);
  ask->reader = NULL;
  ask->call = NULL;
  struct auth_outcome outcome = {.verdict = verdict(ask),
                                 .serial = ask->serial,
                                 .why = &ask->err,
                                 .server_date = reply->date};
  auth_done(ask->service->auth, &outcome, deadline_now());
  ask->handler->done(ask->arg, ask);
}

static const struct http_handler http_handler = {.body = on_body,
                                                 .done = on_done};

/* Asking */

struct id_walk {
  const struct batches *batches;
  const struct batch *batch;
  size_t at;
};

static const char *next_id(void *arg) {
  struct id_walk *walk = arg;
  struct job *job = batches_each(walk->batches, walk->batch, &walk->at);
  return job == NULL ? NULL : job->id;
}

static bool write_request(struct ask *ask, const struct batches *batches,
                          struct http_request *req, struct buf *body,
                          struct err *err) {
  struct id_walk walk = {batches, &ask->batch, 0};
  bool ok = progress_request(body, next_id, &walk, err) &&
            auth_add_header(req, "Content-Type", "application/json", err) &&
            auth_add_header(req, "Accept", "application/json", err) &&
            auth_add_header(req, "X-Language", ask->service->language, err);
  req->body = body->data;
  req->body_len = body->len;
  return ok && auth_apply(ask->service->auth, ask->service->project_id, req,
                          &ask->serial, err);
}

static bool send(struct ask *ask, const struct http_request *req,
                 struct err *err) {
  ask->reader = progress_reader_new(on_item, ask);
  if (ask->reader == NULL)
    return err_memory(err);
  ask->call = http_start(ask->service->http, req, &http_handler, ask, err);
  if (ask->call == NULL) {
    progress_reader_free(ask->reader);
    ask->reader = NULL;
  }
  return ask->call != NULL;
}

/* The credentials of a request that got no answer. */
static void release_auth(struct ask *ask) {
  struct auth_outcome outcome = {.verdict = AUTH_UNKNOWN,
                                 .serial = ask->serial};
  auth_done(ask->service->auth, &outcome, deadline_now());
}

bool ask_start(struct ask *ask, const struct batches *batches, msec_t timeout,
               struct err *err) {
  struct http_request req = {.method = "POST",
                             .url = ask->service->url,
                             .timeout = timeout,
                             .peer = &ask->service->peer};
  struct buf body;
  buf_init(&body, HTTP_BODY_MAX);
  buf_init(&req.headers, HTTP_HEADER_MAX);
  ask->at = 0;
  ask->refusal = REFUSAL_NONE;
  err_clear(&ask->err);
  ask->blames_job = false;
  ask->code.len = ask->message.len = 0;
  ask->code.text[0] = ask->message.text[0] = '\0';
  bool ok = write_request(ask, batches, &req, &body, err);
  if (ok && !send(ask, &req, err)) {
    release_auth(ask);
    ok = false;
  }
  buf_free(&req.headers);
  buf_free(&body);
  return ok;
}

void ask_cancel(struct ask *ask) {
  if (ask->call == NULL)
    return;
  http_cancel(ask->call);
  release_auth(ask);
  progress_reader_free(ask->reader);
  ask->call = NULL;
  ask->reader = NULL;
}

/* Places */

bool asks_init(struct asks *asks, size_t len, const struct ask_service *service,
               const struct ask_handler *handler, void *arg) {
  asks->all = calloc(len, sizeof(*asks->all));
  if (asks->all == NULL)
    return false;
  asks->len = len;
  for (size_t i = 0; i < len; i++)
    asks->all[i] =
        (struct ask){.service = service, .handler = handler, .arg = arg};
  return true;
}

struct ask *asks_free_place(const struct asks *asks) {
  for (size_t i = 0; i < asks->len; i++)
    if (asks->all[i].call == NULL)
      return &asks->all[i];
  return NULL;
}

size_t asks_under_way(const struct asks *asks) {
  size_t n = 0;
  for (size_t i = 0; i < asks->len; i++)
    n += asks->all[i].call != NULL;
  return n;
}

void asks_cancel(struct asks *asks) {
  for (size_t i = 0; i < asks->len; i++)
    ask_cancel(&asks->all[i]);
}
