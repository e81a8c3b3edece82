/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The task list's decoder: the result is the same for every cut of the input,
 * and each text is a C string within its bounds. */

#include "fuzz.h"

#include "api/call.h"
#include "api/task_list.h"

#include <string.h>

const char fuzz_name[] = "task_list";

struct seen {
  uint64_t sum; /* over all texts delivered */
  size_t tasks;
};

static void add_text(struct seen *s, const struct json_text *t) {
  MUST(t->len < JSON_TEXT_MAX && strlen(t->text) == t->len);
  for (size_t i = 0; i <= t->len; i++)
    s->sum = (s->sum ^ (unsigned char)t->text[i]) * 1099511628211u;
}

static void on_task(void *arg, const struct task *t) {
  struct seen *s = arg;
  s->tasks++;
  add_text(s, &t->id);
  add_text(s, &t->name);
  add_text(s, &t->status);
  add_text(s, &t->engine_type);
  add_text(s, &t->net_type);
  add_text(s, &t->task_type);
}

static struct seen decode(const uint8_t *bytes, size_t len, size_t chunk) {
  struct seen s = {.sum = 14695981039346656037u};
  struct err err = ERR_INIT;
  struct task_list_response response = {.fn = on_task, .arg = &s};
  struct json_decoder *d = json_decoder_new(task_list_call.response, &response);
  MUST(d != NULL);
  bool ok = true;
  for (size_t at = 0; ok && at < len; at += chunk)
    ok = json_decoder_feed(d, (const char *)bytes + at,
                           len - at < chunk ? len - at : chunk, &err);
  ok = ok && json_decoder_finish(d, &err);
  MUST(ok == !err_is_set(&err));
  MUST(response.tasks == s.tasks);
  MUST(json_decoder_has(d, "jobs") || s.tasks == 0);
  s.sum += ok;
  add_text(&s, &json_decoder_error(d)->code);
  add_text(&s, &json_decoder_error(d)->message);
  json_decoder_free(d);
  return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct seen whole = decode(bytes, len, len + 1);
  struct seen pieces = decode(bytes, len, 1 + len % 31);
  MUST(whole.tasks == pieces.tasks && whole.sum == pieces.sum);
  return 0;
}
