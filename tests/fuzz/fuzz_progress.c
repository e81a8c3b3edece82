/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The progress decoder, as a success and as an error response: the result is
 * the same for every cut of the input, and within its bounds. */

#include "fuzz.h"

#include "api/call.h"
#include "api/progress.h"

#include <math.h>
#include <string.h>

const char fuzz_name[] = "progress";

/* All that was delivered, as a sum over its bytes. */
struct seen {
  uint64_t sum;
  size_t items;
};

static void add(struct seen *s, const void *bytes, size_t len) {
  const unsigned char *b = bytes;
  for (size_t i = 0; i < len; i++)
    s->sum = (s->sum ^ b[i]) * 1099511628211u;
}

static void add_text(struct seen *s, const struct json_text *t) {
  MUST(t->len < JSON_TEXT_MAX && strlen(t->text) == t->len);
  add(s, t->text, t->len + 1);
}

static void add_number(struct seen *s, unsigned has, unsigned bit,
                       const double *value) {
  if ((has & bit) == 0)
    return;
  MUST(isfinite(*value));
  add(s, value, sizeof(*value));
}

static void on_item(void *arg, const struct job_item *item) {
  const struct progress *p = (const struct progress *)item;
  struct seen *s = arg;
  s->items++;
  MUST(item->id.len > 0);
  MUST(p->phases_len <= PROGRESS_PHASES_MAX);
  add(s, &item->has, sizeof(item->has));
  add_number(s, item->has, PROGRESS_COMPLETED, &p->completed);
  add_number(s, item->has, PROGRESS_REMAINING, &p->remaining);
  add_number(s, item->has, PROGRESS_DELAY_S, &p->delay_s);
  add_number(s, item->has, PROGRESS_DELAY_MS, &p->delay_ms);
  add_number(s, item->has, PROGRESS_PROCESS_TIME, &p->process_time);
  add_number(s, item->has, PROGRESS_ROWS_RATE, &p->rows_rate);
  add_number(s, item->has, PROGRESS_BYTES_RATE, &p->bytes_rate);
  add_text(s, &item->id);
  add_text(s, &p->task_mode);
  add_text(s, &p->transfer_status);
  add_text(s, &p->src_offset);
  add_text(s, &p->node_offset);
  add_text(s, &p->dst_offset);
  add_text(s, &item->error_code);
  add_text(s, &item->error_msg);
  for (size_t i = 0; i < p->phases_len; i++) {
    const struct progress_phase *phase = &p->phases[i];
    MUST(memchr(phase->name, '\0', sizeof(phase->name)) != NULL);
    add(s, phase->name, strlen(phase->name) + 1);
    add_number(s, phase->has, PROGRESS_COMPLETED, &phase->completed);
    add_number(s, phase->has, PROGRESS_REMAINING, &phase->remaining);
  }
}

/* Small pieces are gathered. Blanks make the first piece so large that the
 * parser gets it by itself. */
static bool feed_first(struct json_decoder *d, const uint8_t *bytes, size_t len,
                       struct err *err) {
  const size_t blanks = 512;
  char *piece = malloc(blanks + len);
  memset(piece, ' ', blanks);
  if (len > 0)
    memcpy(piece + blanks, bytes, len);
  bool ok = json_decoder_feed(d, piece, blanks + len, err);
  free(piece);
  return ok;
}

/* Cut after `first` bytes, and then into chunks. */
static struct seen decode(const uint8_t *bytes, size_t len, size_t first,
                          bool expect_error) {
  struct seen s = {.sum = 14695981039346656037u};
  struct err err = ERR_INIT;
  struct progress item;
  struct job_response response = {on_item, &s, &item.base};
  struct json_decoder *d = json_decoder_new(progress_call.response, &response);
  MUST(d != NULL);
  if (expect_error)
    json_decoder_expect_error(d);
  const size_t chunk = 1 + len % 31;
  bool ok = feed_first(d, bytes, first, &err);
  for (size_t at = first; ok && at < len; at += chunk)
    ok = json_decoder_feed(d, (const char *)bytes + at,
                           len - at < chunk ? len - at : chunk, &err);
  ok = ok && json_decoder_finish(d, &err);
  bool has_results = json_decoder_has(d, "results");
  const struct error_body *error = json_decoder_error(d);
  MUST(ok == !err_is_set(&err));
  MUST(!expect_error || (s.items == 0 && !has_results));
  add(&s, &ok, sizeof(ok));
  add(&s, &has_results, sizeof(has_results));
  add_text(&s, &error->code);
  add_text(&s, &error->message);
  json_decoder_free(d);
  return s;
}

static void check(const uint8_t *bytes, size_t len, bool expect_error) {
  struct seen whole = decode(bytes, len, len, expect_error);
  size_t cut = len == 0 ? 0 : (bytes[len / 2] * 256u + bytes[0]) % len;
  struct seen pieces = decode(bytes, len, cut, expect_error);
  MUST(whole.items == pieces.items && whole.sum == pieces.sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  check(bytes, len, false);
  check(bytes, len, true);
  return 0;
}
