/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A batch becomes a request, and a reply items. */

#include "ask.h"

#include <stdlib.h>

/* An item of a refusal names the job that is to blame, or a code at least. */
static void on_item(void *arg, const struct progress *p) {
  struct ask *ask = arg;
  if (ask->post.refusal == REFUSAL_NONE) {
    ask->handler->item(ask->arg, ask, p);
  } else if (ask->code.len == 0) {
    ask->code = p->error_code;
    ask->message = p->error_msg;
  }
}

static bool on_body(void *arg, const char *bytes, size_t len, struct err *err) {
  struct ask *ask = arg;
  return progress_feed(ask->reader, bytes, len, err);
}

static bool on_end(void *arg, struct post_words *words, struct err *err) {
  struct ask *ask = arg;
  const struct progress_reply *reply = progress_reader_reply(ask->reader);
  bool whole = progress_finish(ask->reader, err);
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
  struct ask *ask = arg;
  progress_reader_free(ask->reader);
  ask->reader = NULL;
  ask->handler->done(ask->arg, ask);
}

static const struct post_handler post_handler = {
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

static bool send(struct ask *ask, const struct buf *body, msec_t timeout,
                 struct err *err) {
  ask->reader = progress_reader_new(on_item, ask);
  if (ask->reader == NULL)
    return err_memory(err);
  bool ok = post_start(&ask->post, "/batch-progress", body, timeout, err);
  if (!ok) {
    progress_reader_free(ask->reader);
    ask->reader = NULL;
  }
  return ok;
}

bool ask_start(struct ask *ask, const struct batches *batches, msec_t timeout,
               struct err *err) {
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

void ask_cancel(struct ask *ask) {
  post_cancel(&ask->post);
  progress_reader_free(ask->reader);
  ask->reader = NULL;
}

/* Places */

bool asks_init(struct asks *asks, size_t len,
               const struct post_service *service,
               const struct ask_handler *handler, void *arg) {
  asks->all = calloc(len, sizeof(*asks->all));
  if (asks->all == NULL)
    return false;
  asks->len = len;
  for (size_t i = 0; i < len; i++) {
    struct ask *ask = &asks->all[i];
    *ask = (struct ask){.handler = handler, .arg = arg};
    ask->post =
        (struct post){.service = service, .handler = &post_handler, .arg = ask};
  }
  return true;
}

struct ask *asks_free_place(const struct asks *asks) {
  for (size_t i = 0; i < asks->len; i++)
    if (asks->all[i].post.call == NULL)
      return &asks->all[i];
  return NULL;
}

size_t asks_under_way(const struct asks *asks) {
  size_t n = 0;
  for (size_t i = 0; i < asks->len; i++)
    n += asks->all[i].post.call != NULL;
  return n;
}

void asks_cancel(struct asks *asks) {
  for (size_t i = 0; i < asks->len; i++)
    ask_cancel(&asks->all[i]);
}
