/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A decoded progress response as text: a line for each item, indented ones for
 * its phases, one for the response, and one for an error. Names are the API's;
 * an absent field is left out; quotes, and bytes that are not printable ASCII,
 * are \xHH.
 *
 *     item "8d0e8e36" progress=100 task_mode="FULL_TRANS"
 *       phase "struct" completed=94
 *     reply results=yes items=1
 *     error reply */

#ifndef DRS_TESTS_PROGRESS_TEXT_H
#define DRS_TESTS_PROGRESS_TEXT_H

#include "unit.h"

#include "api/call.h"
#include "api/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
  char *text;
  size_t len;
  FILE *stream;
  size_t items;
} output;

static inline void print_text(const char *key, const struct json_text *t) {
  assert_between(t->len, 0, JSON_TEXT_MAX - 1);
  assert_int_equal(t->text[t->len], 0);
  if (t->len == 0)
    return;
  fprintf(output.stream, " %s\"", key);
  for (size_t i = 0; i < t->len; i++) {
    char c = t->text[i];
    bool plain = c >= ' ' && c <= '~' && c != '"';
    fprintf(output.stream, plain ? "%c" : "\\x%02X", (unsigned char)c);
  }
  fputc('"', output.stream);
}

static inline void print_number(const char *key, unsigned has, unsigned bit,
                                double value) {
  if (has & bit)
    fprintf(output.stream, " %s=%.15g", key, value);
}

static inline void print_phase(const struct progress_phase *p) {
  fprintf(output.stream, "  phase \"%s\"", p->name);
  print_number("completed", p->has, PROGRESS_COMPLETED, p->completed);
  print_number("remaining_time", p->has, PROGRESS_REMAINING, p->remaining);
  fputc('\n', output.stream);
}

/* A job_item_fn. */
static inline void print_item(void *arg, const struct job_item *item) {
  const struct progress *p = (const struct progress *)item;
  assert_ptr_equal(arg, &output);
  output.items++;
  fputs("item", output.stream);
  print_text("", &item->id);
  print_number("progress", item->has, PROGRESS_COMPLETED, p->completed);
  print_number("remaining_time", item->has, PROGRESS_REMAINING, p->remaining);
  print_number("incre_trans_delay", item->has, PROGRESS_DELAY_S, p->delay_s);
  print_number("incre_trans_delay_millis", item->has, PROGRESS_DELAY_MS,
               p->delay_ms);
  print_number("process_time", item->has, PROGRESS_PROCESS_TIME,
               p->process_time);
  print_number("apply_rows_rate", item->has, PROGRESS_ROWS_RATE, p->rows_rate);
  print_number("apply_bytes_rate", item->has, PROGRESS_BYTES_RATE,
               p->bytes_rate);
  print_text("task_mode=", &p->task_mode);
  print_text("transfer_status=", &p->transfer_status);
  print_text("src_offset=", &p->src_offset);
  print_text("node_offset=", &p->node_offset);
  print_text("dst_offset=", &p->dst_offset);
  print_text("error_code=", &item->error_code);
  print_text("error_msg=", &item->error_msg);
  fputc('\n', output.stream);
  for (size_t i = 0; i < p->phases_len; i++)
    print_phase(&p->phases[i]);
}

static inline void print_response(struct json_decoder *d) {
  const struct error_body *error = json_decoder_error(d);
  fprintf(output.stream, "reply results=%s items=%zu",
          json_decoder_has(d, "results") ? "yes" : "no", output.items);
  print_text("code=", &error->code);
  print_text("message=", &error->message);
  fputc('\n', output.stream);
}

/* Decodes a response that comes in chunks, each a block of its own, so that an
 * access beyond it is found. The result is output.text, to be freed. */
static inline void print_all(const char *bytes, size_t len, size_t chunk) {
  struct err e = ERR_INIT;
  struct progress item;
  struct job_response response = {print_item, &output, &item.base};
  bool ok = true;
  output.items = 0;
  output.stream = open_memstream(&output.text, &output.len);
  assert_non_null(output.stream);
  struct json_decoder *d = json_decoder_new(progress_call.response, &response);
  assert_non_null(d);
  for (size_t at = 0; ok && at < len; at += chunk) {
    size_t size = len - at < chunk ? len - at : chunk;
    char *copy = malloc(size);
    memcpy(copy, bytes + at, size);
    ok = json_decoder_feed(d, copy, size, &e);
    free(copy);
  }
  ok = ok && json_decoder_finish(d, &e);
  print_response(d);
  if (!ok)
    fprintf(output.stream, "error %s\n",
            e.kind == ERR_RESPONSE ? "reply" : "other");
  assert_int_equal(ok, !err_is_set(&e));
  json_decoder_free(d);
  fclose(output.stream);
}

#endif
