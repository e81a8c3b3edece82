/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A decoded response as text, for each call that has cases: a line for each
 * item, indented ones for its phases, one for the response, and one for an
 * error. Names are the API's; an absent field is left out; quotes, and bytes
 * that are not printable ASCII, are \xHH.
 *
 *     item "8d0e8e36" progress=100 task_mode="FULL_TRANS"
 *       phase "struct" completed=94
 *     reply results=yes items=1
 *     error reply */

#ifndef DRS_TESTS_RESPONSE_TEXT_H
#define DRS_TESTS_RESPONSE_TEXT_H

#include "unit.h"

#include "api/call.h"
#include "api/comparison.h"
#include "api/details.h"
#include "api/progress.h"
#include "api/rpo_and_rto.h"
#include "api/task_list.h"

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

static inline void begin_item(void *arg, const struct job_item *item) {
  assert_ptr_equal(arg, &output);
  output.items++;
  fputs("item", output.stream);
  print_text("", &item->id);
}

static inline void end_item(const struct job_item *item) {
  print_text("error_code=", &item->error_code);
  print_text("error_msg=", &item->error_msg);
  fputc('\n', output.stream);
}

/* Items of the calls that jobs are polled with: each a job_item_fn. */

static inline void print_phase(const struct progress_phase *p) {
  fprintf(output.stream, "  phase \"%s\"", p->name);
  print_number("completed", p->has, PROGRESS_COMPLETED, p->completed);
  print_number("remaining_time", p->has, PROGRESS_REMAINING, p->remaining);
  fputc('\n', output.stream);
}

static inline void print_progress(void *arg, const struct job_item *item) {
  const struct progress *p = (const struct progress *)item;
  begin_item(arg, item);
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
  end_item(item);
  for (size_t i = 0; i < p->phases_len; i++)
    print_phase(&p->phases[i]);
}

static inline void print_rpo_and_rto(void *arg, const struct job_item *item) {
  const struct rpo_and_rto *r = (const struct rpo_and_rto *)item;
  begin_item(arg, item);
  print_number("rpo_info.delay", item->has, RPO_DELAY, r->rpo_ms);
  print_number("rto_info.delay", item->has, RTO_DELAY, r->rto_ms);
  end_item(item);
}

static inline void print_details(void *arg, const struct job_item *item) {
  const struct details *d = (const struct details *)item;
  begin_item(arg, item);
  print_number("actual_start_time", item->has, DETAILS_STARTED, d->started);
  print_number("full_transfer_complete_time", item->has, DETAILS_COMPLETED,
               d->completed);
  print_number("delay_time", item->has, DETAILS_DELAY, d->delay);
  print_number("rpo_delay", item->has, DETAILS_RPO, d->rpo);
  print_number("rto_delay", item->has, DETAILS_RTO, d->rto);
  print_text("failed_reason=", &d->failed_reason);
  end_item(item);
}

/* The task list */

static inline void print_any_task(const char *what, const struct task *t) {
  fputs(what, output.stream);
  print_text("", &t->id);
  print_text("name=", &t->name);
  print_text("status=", &t->status);
  print_text("engine_type=", &t->engine_type);
  print_text("net_type=", &t->net_type);
  print_text("task_type=", &t->task_type);
  fputc('\n', output.stream);
}

static inline void print_task(void *arg, const struct task *t) {
  assert_ptr_equal(arg, &output);
  output.items++;
  print_any_task("task", t);
}

static inline void print_subtask(void *arg, const struct task *t) {
  assert_ptr_equal(arg, &output);
  print_any_task("subtask", t);
}

/* Comparisons */

static inline void print_comparisons(const struct comparison_response *r) {
  static const char *const names[COMPARISON_TYPES] = {"object", "line",
                                                      "content"};
  fprintf(output.stream, "list entries=%zu", r->listed);
  print_number("compare_task_list_count", r->has, COMPARISON_COUNT, r->total);
  fputc('\n', output.stream);
  for (size_t i = 0; i < COMPARISON_TYPES; i++) {
    const struct comparison_found *found = &r->found[i];
    const struct comparison_result *result = &r->results[i];
    if (found->ended > 0) {
      fprintf(output.stream, "found %s", names[i]);
      print_text("", &found->id);
      fprintf(output.stream, " ended=%.15g\n", found->ended);
    }
    if (result->entries > 0)
      fprintf(output.stream,
              "result %s entries=%zu inconsistent=%.15g uncompared=%.15g\n",
              names[i], result->entries, result->inconsistent,
              result->uncompared);
  }
}

/* Decoding */

static inline void print_response(const struct api_call_type *type,
                                  struct json_decoder *d) {
  const struct error_body *error = json_decoder_error(d);
  fputs("reply", output.stream);
  if (type->required != NULL)
    fprintf(output.stream, " %s=%s items=%zu", type->required,
            json_decoder_has(d, type->required) ? "yes" : "no", output.items);
  print_text("code=", &error->code);
  print_text("message=", &error->message);
  fputc('\n', output.stream);
}

/* Each chunk is a block of its own, so that an access beyond it is found. */
static inline void decode_chunks(const struct api_call_type *type, void *target,
                                 const struct case_file *c, size_t chunk) {
  struct err e = ERR_INIT;
  bool ok = true;
  struct json_decoder *d = json_decoder_new(type->response, target);
  assert_non_null(d);
  for (size_t at = 0; ok && at < c->len; at += chunk) {
    size_t size = c->len - at < chunk ? c->len - at : chunk;
    char *copy = malloc(size);
    memcpy(copy, c->bytes + at, size);
    ok = json_decoder_feed(d, copy, size, &e);
    free(copy);
  }
  ok = ok && json_decoder_finish(d, &e);
  print_response(type, d);
  if (!ok)
    fprintf(output.stream, "error %s\n",
            e.kind == ERR_RESPONSE ? "reply" : "other");
  assert_int_equal(ok, !err_is_set(&e));
  json_decoder_free(d);
}

/* Each call that has cases. */
struct response_kind {
  const char *call;   /* as drs-check --record names it */
  const char *folder; /* of tests/cases */
  size_t cases_min;   /* no test may pass because its cases are gone */
  const struct api_call_type *type;
  job_item_fn *print; /* its items; NULL: it has none */
};

static const struct response_kind response_kinds[] = {
    {"batch-progress", "progress", 60, &progress_call, print_progress},
    {"batch-rpo-and-rto", "rpo_and_rto", 2, &rpo_and_rto_call,
     print_rpo_and_rto},
    {"batch-detail", "details", 2, &details_call, print_details},
    {"query-compare-result", "comparisons", 3, &comparison_call, NULL},
    {"jobs", "task_list", 2, &task_list_call, NULL},
};

/* Decodes a response that comes in chunks. The result is output.text, to be
 * freed. */
static inline void print_all(const struct response_kind *kind,
                             const struct case_file *c, size_t chunk) {
  union {
    struct progress progress;
    struct rpo_and_rto rpo_and_rto;
    struct details details;
  } item;
  struct job_response items = {kind->print, &output, &item.progress.base};
  struct task_list_response tasks = {
      .fn = print_task, .subtask_fn = print_subtask, .arg = &output};
  struct comparison_response comparisons = {0};
  output.items = 0;
  output.stream = open_memstream(&output.text, &output.len);
  assert_non_null(output.stream);
  if (kind->print != NULL)
    decode_chunks(kind->type, &items, c, chunk);
  else if (kind->type == &task_list_call)
    decode_chunks(kind->type, &tasks, c, chunk);
  else
    decode_chunks(kind->type, &comparisons, c, chunk);
  if (kind->type == &task_list_call)
    fprintf(output.stream, "total_record=%.15g\n",
            tasks.has & TASK_LIST_TOTAL ? tasks.total : -1);
  else if (kind->print == NULL)
    print_comparisons(&comparisons);
  fclose(output.stream);
}

#endif
