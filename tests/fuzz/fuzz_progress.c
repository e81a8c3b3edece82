/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder of progress: whatever comes, and in whatever pieces, it tells
 * the same, and nothing that is out of bounds. */

#include "fuzz.h"

#include "api/progress.h"

#include <math.h>
#include <string.h>

const char fuzz_name[] = "progress";

/* What was told, as a sum over its bytes. */
struct seen {
  uint64_t sum;
  size_t items;
};

static void add(struct seen *s, const void *bytes, size_t len) {
  const unsigned char *b = bytes;
  for (size_t i = 0; i < len; i++)
    s->sum = (s->sum ^ b[i]) * 1099511628211u;
}

static void add_text(struct seen *s, const struct progress_text *t) {
  MUST(t->len < PROGRESS_TEXT_MAX && t->text[t->len] == '\0');
  add(s, t->text, t->len + 1);
}

static void add_number(struct seen *s, unsigned has, unsigned bit,
                       const double *value) {
  if ((has & bit) == 0)
    return;
  MUST(isfinite(*value));
  add(s, value, sizeof(*value));
}

static void on_item(void *arg, const struct progress *p) {
  struct seen *s = arg;
  s->items++;
  MUST(p->id.len > 0);
  MUST(p->phases_len <= PROGRESS_PHASES_MAX);
  add(s, &p->has, sizeof(p->has));
  add_number(s, p->has, PROGRESS_COMPLETED, &p->completed);
  add_number(s, p->has, PROGRESS_REMAINING, &p->remaining);
  add_number(s, p->has, PROGRESS_DELAY_S, &p->delay_s);
  add_number(s, p->has, PROGRESS_DELAY_MS, &p->delay_ms);
  add_number(s, p->has, PROGRESS_PROCESS_TIME, &p->process_time);
  add_text(s, &p->id);
  add_text(s, &p->task_mode);
  add_text(s, &p->transfer_status);
  add_text(s, &p->error_code);
  add_text(s, &p->error_msg);
  for (size_t i = 0; i < p->phases_len; i++) {
    const struct progress_phase *phase = &p->phases[i];
    MUST(memchr(phase->name, '\0', sizeof(phase->name)) != NULL);
    add(s, phase->name, strlen(phase->name) + 1);
    add_number(s, phase->has, PROGRESS_COMPLETED, &phase->completed);
    add_number(s, phase->has, PROGRESS_REMAINING, &phase->remaining);
  }
}

static struct seen decode(const uint8_t *bytes, size_t len, size_t chunk) {
  struct seen s = {.sum = 14695981039346656037u};
  struct err err = ERR_INIT;
  struct progress_reader *r = progress_reader_new(on_item, &s);
  MUST(r != NULL);
  bool ok = true;
  for (size_t at = 0; ok && at < len; at += chunk)
    ok = progress_feed(r, (const char *)bytes + at,
                       len - at < chunk ? len - at : chunk, &err);
  ok = ok && progress_finish(r, &err);
  MUST(ok == !err_is_set(&err));
  const struct progress_response *reply = progress_reader_response(r);
  MUST(reply->items == s.items);
  add(&s, &ok, sizeof(ok));
  add(&s, &reply->has_results, sizeof(reply->has_results));
  add_text(&s, &reply->code);
  add_text(&s, &reply->message);
  progress_reader_free(r);
  return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct seen whole = decode(bytes, len, len + 1);
  struct seen pieces = decode(bytes, len, 1 + len % 31);
  MUST(whole.items == pieces.items && whole.sum == pieces.sum);
  return 0;
}
