/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From the bytes of a reply to what it means. */

#include "ask.h"

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
  if (ask->refusal != REFUSAL_NONE)
    refusal_explain(&ask->err, ask->refusal, status, code, message);
  else if (!reply->has_results)
    err_set(&ask->err, ERR_REPLY, "the answer has no results");
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
  ask->date = reply->date;
  progress_reader_free(ask->reader);
  ask->reader = NULL;
  ask->call = NULL;
  ask->handler->done(ask->arg, ask);
}

static const struct http_handler handler = {.body = on_body, .done = on_done};

bool ask_start(struct ask *ask, struct http *http,
               const struct http_request *req, struct err *err) {
  ask->at = 0;
  ask->refusal = REFUSAL_NONE;
  err_clear(&ask->err);
  ask->blames_job = false;
  ask->code.len = ask->message.len = 0;
  ask->code.text[0] = ask->message.text[0] = '\0';
  ask->reader = progress_reader_new(on_item, ask);
  if (ask->reader == NULL)
    return err_memory(err);
  ask->call = http_start(http, req, &handler, ask, err);
  if (ask->call != NULL)
    return true;
  progress_reader_free(ask->reader);
  ask->reader = NULL;
  return false;
}

void ask_cancel(struct ask *ask) {
  if (ask->call != NULL)
    http_cancel(ask->call);
  progress_reader_free(ask->reader);
  ask->call = NULL;
  ask->reader = NULL;
}
