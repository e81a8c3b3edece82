/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A burst has two arrays: its groups, and the values of all of them. */

#include "plugin/value_queue.h"

#include <collectd/core/utils/common/common.h>
#include <collectd/core/utils/metadata/meta_data.h>

#include "base/err.h"
#include "base/name.h"
#include "base/secret.h"
#include "plugin/context.h"

void value_queue_finish(struct value_queue *q) {
  dispatch_threads_stop(&q->threads);
  for (size_t i = 0; i < VALUE_BURSTS; i++)
    for (size_t k = 0; k < VALUE_BURST_JOBS; k++)
      meta_data_destroy(q->bursts[i].jobs[k].meta);
  *q = (struct value_queue){0};
}

static void dispatch_job(value_list_t *list, const struct job_values *g,
                         struct queued_value *from,
                         const struct queued_value *end) {
  list->time = g->time;
  memcpy(list->plugin_instance, g->plugin_instance, sizeof(g->plugin_instance));
  for (struct queued_value *v = from; v < end; v++) {
    memcpy(list->type, v->type, VALUE_NAME_MAX);
    memcpy(list->type_instance, v->type_instance, VALUE_NAME_MAX);
    list->values = &v->value;
    list->meta = v->has_meta ? g->meta : NULL;
    plugin_dispatch_values(list);
  }
}

/* Leaves it empty. Groups that follow one another are mostly of one list. */
static void dispatch_burst(void *arg) {
  struct value_burst *b = arg;
  struct queued_value *from = b->values;
  const value_list_t *copied = NULL;
  value_list_t list = {0};
  plugin_ctx_t outer = plugin_get_ctx();
  for (size_t i = 0; i < b->jobs_len; i++) {
    const struct job_values *g = &b->jobs[i];
    struct queued_value *end = b->values + g->end;
    if (g->list != copied) {
      list = *g->list;
      context_enter(list.interval);
    }
    copied = g->list;
    dispatch_job(&list, g, from, end);
    from = end;
  }
  plugin_set_ctx(outer);
  b->jobs_len = b->values_len = 0;
}

static bool is_large(const struct value_burst *b) {
  return b->jobs_len >= VALUE_BURST_THREAD_JOBS ||
         b->values_len >= VALUE_BURST_THREAD_VALUES;
}

/* Whether another thread dispatches the filled burst. */
static bool needs_thread(struct value_queue *q) {
  msec_t now = clock_now();
  if (!is_large(&q->bursts[q->filled]))
    return false;
  q->run = now - q->burst_at <= VALUE_QUEUE_WAIT_MS ? q->run + 1 : 0;
  q->burst_at = now;
  return q->run >= VALUE_BURSTS_IN_A_RUN || q->threads.len > 0;
}

/* Begins to dispatch the filled burst. */
static void flush(struct value_queue *q) {
  struct value_burst *b = &q->bursts[q->filled];
  if (b->jobs_len == 0)
    return;
  b->jobs[b->jobs_len - 1].end = b->values_len;
  if (needs_thread(q)) {
    dispatch_threads_begin(&q->threads, dispatch_burst, b);
    q->filled = (q->filled + 1) % VALUE_BURSTS; /* its thread is done */
  } else {
    dispatch_threads_wait(&q->threads);
    dispatch_burst(b);
  }
}

static bool has_room(const struct value_burst *b) {
  return b->jobs_len < VALUE_BURST_JOBS &&
         b->values_len <= VALUE_BURST_VALUES - VALUE_JOB_VALUES;
}

/* Cheaper than sstrncpy, which fills the rest with zeros. */
static void copy_text(char *to, const char *text, size_t size) {
  size_t len = strnlen(text, size - 1);
  memcpy(to, text, len);
  to[len] = '\0';
}

struct job_values *value_queue_begin_job(struct value_queue *q,
                                         const value_list_t *list,
                                         cdtime_t time,
                                         const char *plugin_instance) {
  if (!has_room(&q->bursts[q->filled]))
    flush(q);
  struct value_burst *b = &q->bursts[q->filled];
  if (b->jobs_len == 0)
    q->since = clock_now();
  else
    b->jobs[b->jobs_len - 1].end = b->values_len;
  struct job_values *g = &b->jobs[b->jobs_len++];
  g->list = list;
  g->time = time;
  copy_text(g->plugin_instance, plugin_instance, sizeof(g->plugin_instance));
  return g;
}

void value_queue_reserve_names(struct value_queue *q, size_t len) {
  if (len <= VALUE_QUEUE_NAMES - q->names_len)
    return;
  value_queue_drain(q); /* its values point to them */
  q->names_len = 0;
}

const char *value_queue_name(struct value_queue *q, const char *given) {
  char text[VALUE_NAME_MAX];
  for (size_t i = 0; i < q->names_len; i++)
    if (strcmp(q->names[i].given, given) == 0)
      return q->names[i].safe;
  struct value_queue_name *name = &q->names[q->names_len++];
  sstrncpy(name->given, given, sizeof(name->given));
  sstrncpy(text, given, sizeof(text));
  secret_redact(text);
  name_make_safe(name->safe, sizeof(name->safe), text, strlen(text));
  return name->safe;
}

void job_values_set_text(struct job_values *g, size_t at, const char *key,
                         const char *text) {
  char *last = g->meta_texts[at];
  char printable[PROGRESS_TEXT_MAX];
  if (strcmp(last, text) == 0)
    return;
  copy_text(last, text, sizeof(g->meta_texts[at]));
  if (*text == '\0') {
    meta_data_delete(g->meta, key);
    return;
  }
  copy_text(printable, last, sizeof(printable));
  secret_redact(printable);
  err_make_printable(printable);
  meta_data_add_string(g->meta, key, printable);
}

void value_queue_drain(struct value_queue *q) {
  flush(q);
  dispatch_threads_wait(&q->threads);
}

msec_t value_queue_iterate(struct value_queue *q, msec_t now) {
  if (q->bursts[q->filled].jobs_len == 0)
    return CLOCK_NEVER;
  if (now - q->since < q->wait)
    return q->since + q->wait;
  flush(q);
  return CLOCK_NEVER;
}
