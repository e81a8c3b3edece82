/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A batch becomes a request, and a reply items. */

#include "api/call_pool.h"

#include <stdlib.h>

/* An item of a refusal names the job that is to report_rejected_job, or a code
 * at least. */
static void on_item(void *arg, const struct progress *p) {
  struct batch_call *ask = arg;
  if (ask->post.error == API_ERROR_NONE) {
    ask->handler->item(ask->arg, ask, p);
  } else if (ask->code.len == 0) {
    ask->code = p->error_code;
    ask->message = p->error_msg;
  }
}

static bool on_body(void *arg, const char *bytes, size_t len, struct err *err) {
  struct batch_call *ask = arg;
  return progress_feed(ask->reader, bytes, len, err);
}

static bool on_end(void *arg, struct api_error_body *words, struct err *err) {
  struct batch_call *ask = arg;
  bool whole = progress_finish(ask->reader, err);
  const struct progress_reply *reply = progress_reader_response(ask->reader);
  words->code = reply->code.text;
  words->message = reply->message.text;
  if (ask->code.len > 0) {
    words->code = ask->code.text;
    words->message = ask->message.text;
  }
  words->lacks = reply->has_results ? NULL : "results";
  return whole;
}

static void on_done(void *arg) {
  struct batch_call *ask = arg;
  progress_reader_free(ask->reader);
  ask->reader = NULL;
  ask->handler->done(ask->arg, ask);
}

static const struct api_call_handler api_call_handler = {
    .body = on_body, .end = on_end, .done = on_done};

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

static bool send(struct batch_call *ask, const struct buf *body, msec_t timeout,
                 struct err *err) {
  ask->reader = progress_reader_new(on_item, ask);
  if (ask->reader == NULL)
    return err_memory(err);
  bool ok = api_call_start(&ask->post, "/batch-progress", body, timeout, err);
  if (!ok) {
    progress_reader_free(ask->reader);
    ask->reader = NULL;
  }
  return ok;
}

bool batch_call_start(struct batch_call *ask, const struct batches *batches,
                      msec_t timeout, struct err *err) {
  struct id_walk walk = {batches, &ask->batch, 0};
  struct buf body;
  buf_init(&body, HTTP_BODY_MAX);
  ask->at = 0;
  ask->code.len = ask->message.len = 0;
  ask->code.text[0] = ask->message.text[0] = '\0';
  bool ok = progress_request(&body, next_id, &walk, err) &&
            send(ask, &body, timeout, err);
  buf_free(&body);
  return ok;
}

void batch_call_cancel(struct batch_call *ask) {
  api_call_cancel(&ask->post);
  progress_reader_free(ask->reader);
  ask->reader = NULL;
}

/* Places */

bool call_pool_init(struct call_pool *call_pool, size_t len,
                    const struct api_service *service,
                    const struct batch_call_handler *handler, void *arg) {
  call_pool->all = calloc(len, sizeof(*call_pool->all));
  if (call_pool->all == NULL)
    return false;
  call_pool->len = len;
  for (size_t i = 0; i < len; i++) {
    struct batch_call *ask = &call_pool->all[i];
    *ask = (struct batch_call){.handler = handler, .arg = arg};
    ask->post = (struct api_call){
        .service = service, .handler = &api_call_handler, .arg = ask};
  }
  return true;
}

struct batch_call *call_pool_acquire(const struct call_pool *call_pool) {
  for (size_t i = 0; i < call_pool->len; i++)
    if (call_pool->all[i].post.transfer == NULL)
      return &call_pool->all[i];
  return NULL;
}

size_t call_pool_in_flight(const struct call_pool *call_pool) {
  size_t n = 0;
  for (size_t i = 0; i < call_pool->len; i++)
    n += call_pool->all[i].post.transfer != NULL;
  return n;
}

void call_pool_cancel(struct call_pool *call_pool) {
  for (size_t i = 0; i < call_pool->len; i++)
    batch_call_cancel(&call_pool->all[i]);
}
