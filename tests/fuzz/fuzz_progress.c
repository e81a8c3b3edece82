/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The progress decoder, as a success and as an error response: the result is
 * the same for every cut of the input, and within its bounds. */

#include "decode.h"

#include "api/call.h"
#include "api/progress.h"

const char fuzz_name[] = "progress";

static void on_item(void *arg, const struct job_item *item) {
  const struct progress *p = (const struct progress *)item;
  struct seen *s = arg;
  s->items++;
  MUST(item->id.len > 0);
  MUST(p->phases_len <= PROGRESS_PHASES_MAX);
  seen_add(s, &item->has, sizeof(item->has));
  seen_add_number(s, item->has, PROGRESS_COMPLETED, &p->completed);
  seen_add_number(s, item->has, PROGRESS_REMAINING, &p->remaining);
  seen_add_number(s, item->has, PROGRESS_DELAY_S, &p->delay_s);
  seen_add_number(s, item->has, PROGRESS_DELAY_MS, &p->delay_ms);
  seen_add_number(s, item->has, PROGRESS_PROCESS_TIME, &p->process_time);
  seen_add_number(s, item->has, PROGRESS_ROWS_RATE, &p->rows_rate);
  seen_add_number(s, item->has, PROGRESS_BYTES_RATE, &p->bytes_rate);
  seen_add_text(s, &item->id);
  seen_add_text(s, &p->task_mode);
  seen_add_text(s, &p->transfer_status);
  seen_add_text(s, &p->src_offset);
  seen_add_text(s, &p->node_offset);
  seen_add_text(s, &p->dst_offset);
  seen_add_text(s, &item->error_code);
  seen_add_text(s, &item->error_msg);
  for (size_t i = 0; i < p->phases_len; i++) {
    const struct progress_phase *phase = &p->phases[i];
    MUST(memchr(phase->name, '\0', sizeof(phase->name)) != NULL);
    seen_add(s, phase->name, strlen(phase->name) + 1);
    seen_add_number(s, phase->has, PROGRESS_COMPLETED, &phase->completed);
    seen_add_number(s, phase->has, PROGRESS_REMAINING, &phase->remaining);
  }
}

/* Small pieces are gathered. Blanks make the first piece so large that the
 * parser gets it by itself. */
static bool feed_first(struct json_decoder *d, const uint8_t *bytes, size_t len,
                       struct err *err) {
  enum { BLANKS = 512 };
  static char piece[BLANKS + 64 * 1024];
  memset(piece, ' ', BLANKS);
  MUST(len <= sizeof(piece) - BLANKS);
  if (len > 0)
    memcpy(piece + BLANKS, bytes, len);
  return json_decoder_feed(d, piece, BLANKS + len, err);
}

/* Cut after `first` bytes, and then into chunks. */
static struct seen decode(const uint8_t *bytes, size_t len, size_t first,
                          bool expect_error) {
  struct seen s = SEEN_INIT;
  struct err err = ERR_INIT;
  struct progress item;
  struct job_response response = {on_item, &s, &item.base};
  struct json_decoder *d = json_decoder_new(progress_call.response, &response);
  MUST(d != NULL);
  if (expect_error)
    json_decoder_expect_error(d);
  bool ok = feed_first(d, bytes, first, &err) &&
            feed_chunks(d, bytes + first, len - first, 1 + len % 31, &err);
  seen_finish(&s, d, ok, &err);
  bool has_results = json_decoder_has(d, "results");
  MUST(!expect_error || (s.items == 0 && !has_results));
  seen_add(&s, &has_results, sizeof(has_results));
  json_decoder_free(d);
  return s;
}

static void check(const uint8_t *bytes, size_t len, bool expect_error) {
  struct seen whole = decode(bytes, len, len, expect_error);
  size_t cut = len == 0 ? 0 : (bytes[len / 2] * 256u + bytes[0]) % len;
  struct seen pieces = decode(bytes, len, cut, expect_error);
  MUST(seen_equal(&whole, &pieces));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  check(bytes, len, false);
  check(bytes, len, true);
  return 0;
}
