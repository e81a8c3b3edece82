/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From arguments to bytes, and from bytes to an outcome. */

#include "api/call.h"

const struct api_call_observer *api_call_observer;

/* The response */

/* An error response need not be JSON: a gateway's is a page of HTML. */
static bool on_response_body(void *arg, const struct http_response *response,
                             const char *bytes, size_t len) {
  struct api_call *call = arg;
  if (api_call_observer != NULL && api_call_observer->body != NULL)
    api_call_observer->body(call, response->status, bytes, len);
  if (http_is_success(response->status))
    return json_decoder_feed(call->decoder, bytes, len, &call->err);
  if (call->error == API_ERROR_NONE)
    json_decoder_expect_error(call->decoder);
  call->error = API_ERROR_OTHER;
  json_decoder_feed(call->decoder, bytes, len, NULL);
  return true;
}

/* A whole response came, with this status. */
static void classify(struct api_call *call, long status) {
  bool success = http_is_success(status);
  bool whole = json_decoder_finish(call->decoder, success ? &call->err : NULL);
  const struct error_body *body = json_decoder_error(call->decoder);
  const char *code = body->code.text, *message = body->message.text;
  if (success && !whole)
    return;
  call->error = api_error_classify(status, code, message);
  call->rejects_job = api_error_rejects_job(code);
  call->refuses_call = api_error_refuses_call(call->error, status, code);
  enum api_error reported = call->error;
  if (reported == API_ERROR_JOB && !call->rejects_job)
    reported = API_ERROR_OTHER; /* a job may be the reason, or something else */
  if (reported != API_ERROR_NONE)
    api_error_describe(&call->err, reported, status, code, message);
  else if (call->type->required != NULL &&
           !json_decoder_has(call->decoder, call->type->required))
    err_set(&call->err, ERR_RESPONSE, "the response has no %s",
            call->type->required);
}

/* The transfer failed. All items before are delivered. */
static void classify_failure(struct api_call *call, enum http_limit limit,
                             const struct err *err) {
  static const enum api_error errors[] = {
      [HTTP_LIMIT_NONE] = API_ERROR_SERVICE,
      [HTTP_LIMIT_SIZE] = API_ERROR_RESPONSE,
      [HTTP_LIMIT_TIME] = API_ERROR_TIMEOUT,
  };
  json_decoder_finish(call->decoder, NULL);
  err_set(&call->err, err->kind, "%s", err->text);
  call->error = errors[limit];
}

/* The outcome as far as credentials are concerned. */
static enum auth_result auth_result(const struct api_call *call) {
  if (call->type->optional)
    return AUTH_INCONCLUSIVE;
  switch (call->error) {
  case API_ERROR_NONE:
  case API_ERROR_EMPTY:
    return AUTH_ACCEPTED;
  case API_ERROR_CREDENTIAL:
    return AUTH_REJECTED;
  default:
    return call->rejects_job ? AUTH_ACCEPTED : AUTH_INCONCLUSIVE;
  }
}

static void release_decoder(struct api_call *call) {
  json_decoder_free(call->decoder);
  call->decoder = NULL;
}

static void on_response(void *arg, const struct http_response *response,
                        const struct err *err) {
  struct api_call *call = arg;
  const struct api_service *service = call->service;
  if (err_is_set(err))
    classify_failure(call, response->limit, err);
  else
    classify(call, response->status);
  if (err_is_set(&call->err) && call->error == API_ERROR_NONE)
    call->error = API_ERROR_SERVICE;
  if (api_call_observer != NULL)
    api_call_observer->response(call, err_is_set(err) ? 0 : response->status);
  call->retry_after = response->retry_after;
  call->transfer = NULL;
  release_decoder(call);
  struct auth_report outcome = {.result = auth_result(call),
                                .serial = call->serial,
                                .err = &call->err,
                                .server_date = response->date};
  auth_done(service->auth, &outcome, clock_now());
  call->done(call);
  if (service->wake_owner != NULL)
    service->wake_owner(service->owner);
}

/* The request */

static enum auth_state get_credentials(const struct api_service *service,
                                       msec_t now, struct err *err) {
  uint64_t before = service->auth->requests;
  enum auth_state state = auth_prepare(service->auth, service->http, now, err);
  *service->token_requests += service->auth->requests - before;
  return state;
}

static bool authorize(struct api_call *call, struct http_request *req,
                      struct err *err) {
  const struct api_service *s = call->service;
  return http_request_add_header(req, "Content-Type", "application/json",
                                 err) &&
         http_request_add_header(req, "Accept", "application/json", err) &&
         http_request_add_header(req, "X-Language", s->language, err) &&
         auth_apply(s->auth, s->project_id, req, &call->serial, err);
}

/* The credentials of a request that got no response. */
static void release_auth(struct api_call *call) {
  struct auth_report outcome = {.result = AUTH_INCONCLUSIVE,
                                .serial = call->serial};
  auth_done(call->service->auth, &outcome, clock_now());
}

static bool start_request(struct api_call *call, const struct buf *body,
                          struct err *err) {
  const struct api_service *s = call->service;
  struct http_request req = {.method = "POST",
                             .endpoint = &s->endpoint,
                             .timeout = s->timeout,
                             .body = body->data,
                             .body_len = body->len,
                             .connect = &s->connect,
                             .queue = s->queue};
  struct buf path;
  buf_init(&path, HTTP_HEADER_MAX);
  bool ok = buf_addf(&path, err, "%s%s", s->path, call->type->path);
  req.path = path.data;
  if (ok && authorize(call, &req, err)) {
    static const struct http_handler handler = {.body = on_response_body,
                                                .done = on_response};
    call->transfer = http_start(s->http, &req, &handler, call, err);
    if (call->transfer == NULL)
      release_auth(call);
  }
  http_request_finish(&req);
  buf_free(&path);
  return call->transfer != NULL;
}

static bool send_call(struct api_call *call, const void *args,
                      struct err *err) {
  struct buf body;
  buf_init(&body, HTTP_BODY_MAX);
  call->error = API_ERROR_NONE;
  call->rejects_job = call->refuses_call = false;
  err_clear(&call->err);
  call->decoder = json_decoder_new(call->type->response, call->target);
  bool ok = (call->decoder != NULL || err_memory(err)) &&
            call->type->write(&body, args, err) &&
            start_request(call, &body, err);
  buf_free(&body);
  if (!ok)
    release_decoder(call);
  return ok;
}

enum auth_state api_call_start(struct api_call *call,
                               const struct api_call_type *type,
                               const void *args, msec_t now, struct err *err) {
  enum auth_state state = get_credentials(call->service, now, err);
  if (state != AUTH_READY)
    return state;
  call->type = type;
  if (!send_call(call, args, err))
    return AUTH_REFUSED;
  ++*call->service->requests;
  return AUTH_READY;
}

void api_call_cancel(struct api_call *call) {
  if (!api_call_is_under_way(call))
    return;
  http_cancel(call->transfer);
  call->transfer = NULL;
  release_decoder(call);
  release_auth(call);
}
