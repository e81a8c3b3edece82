/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The task list's decoder: the result is the same for every cut of the input,
 * and each text is a C string within its bounds. */

#include "decode.h"

#include "api/call.h"
#include "api/task_list.h"

const char fuzz_name[] = "task_list";

static void on_subtask(void *arg, const struct task *t) {
  struct seen *s = arg;
  seen_add_text(s, &t->id);
  seen_add_text(s, &t->name);
  seen_add_text(s, &t->status);
}

static void on_task(void *arg, const struct task *t) {
  struct seen *s = arg;
  s->items++;
  seen_add_text(s, &t->id);
  seen_add_text(s, &t->name);
  seen_add_text(s, &t->status);
  seen_add_text(s, &t->engine_type);
  seen_add_text(s, &t->net_type);
  seen_add_text(s, &t->task_type);
}

static struct seen decode(const uint8_t *bytes, size_t len, size_t chunk) {
  struct seen s = SEEN_INIT;
  struct err err = ERR_INIT;
  struct task_list_response response = {
      .fn = on_task, .subtask_fn = on_subtask, .arg = &s};
  struct json_decoder *d = json_decoder_new(task_list_call.response, &response);
  MUST(d != NULL);
  seen_finish(&s, d, feed_chunks(d, bytes, len, chunk, &err), &err);
  MUST(response.tasks == s.items);
  MUST(json_decoder_has(d, "jobs") || s.items == 0);
  json_decoder_free(d);
  return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  must_ignore_cuts(decode, bytes, len);
  return 0;
}
