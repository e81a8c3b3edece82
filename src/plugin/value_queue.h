/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Values on their way to collectd. For each value collectd wakes a write thread
 * that sleeps, and they sleep whenever they have caught up. Values that come
 * one by one, with the work for a response between them, would cost a wake-up
 * or two each: several times the value's own cost. So they are gathered for a
 * moment, those of all projects, and dispatched together, by other threads
 * where they are many hundreds.
 *
 *     group = value_queue_begin_job(&q, &list, time, "prod");
 *     value_queue_add(&q, names.type, names.type_instance, value);
 *     ...
 *     again = value_queue_iterate(&q, now);    in each turn of the loop
 *
 * All of it belongs to one thread, but for the values that others are
 * dispatching. The values of a burst keep their order; bursts that are
 * dispatched at the same time do not, and a series has one value in a cycle.
 * All zero is an empty queue without a wait. */

#ifndef DRS_PLUGIN_VALUE_QUEUE_H
#define DRS_PLUGIN_VALUE_QUEUE_H

#include <collectd/core/daemon/plugin.h>

#include "api/progress.h"
#include "base/clock.h"
#include "plugin/dispatch_threads.h"

/* How long a value may wait, in milliseconds. */
#define VALUE_QUEUE_WAIT_MS 50

/* The most that are dispatched at once. */
#define VALUE_BURST_JOBS 64
#define VALUE_BURST_VALUES 1024

/* The fewest, of either, that another thread dispatches. */
#define VALUE_BURST_THREAD_JOBS 48
#define VALUE_BURST_THREAD_VALUES 512

/* Threads start after so many such bursts, none of which came longer than
 * VALUE_QUEUE_WAIT_MS after the one before: from some 500 jobs on. */
#define VALUE_BURSTS_IN_A_RUN 8

/* The most values of a group. */
#define VALUE_JOB_VALUES 56

/* Texts in the meta data of a group. */
#define VALUE_META_TEXTS 8

/* Part of the name of a value, of fixed size: copying all of it is cheaper than
 * asking for its length. */
#define VALUE_NAME_MAX PROGRESS_WORD_MAX

struct value_names {
  char type[VALUE_NAME_MAX], type_instance[VALUE_NAME_MAX];
};

/* The most names of the service's that are remembered. */
#define VALUE_QUEUE_NAMES 64

/* A name of the service's, and its form in a series: safe in every store, and
 * without secrets. */
struct value_queue_name {
  char given[VALUE_NAME_MAX], safe[VALUE_NAME_MAX];
};

/* The values of one job or project in one cycle. */
struct job_values {
  const value_list_t *list; /* has their host, plugin and interval */
  cdtime_t time;
  char plugin_instance[DATA_MAX_NAME_LEN];
  size_t end; /* of its values */

  /* Kept from one group to the next, which mostly has the same texts. */
  meta_data_t *meta;
  char meta_texts[VALUE_META_TEXTS][PROGRESS_TEXT_MAX];
};

struct queued_value {
  const char *type, *type_instance; /* of a struct value_names */
  value_t value;
  bool has_meta;
};

/* Values that are dispatched together, all in their groups. */
struct value_burst {
  struct job_values jobs[VALUE_BURST_JOBS];
  struct queued_value values[VALUE_BURST_VALUES];
  size_t jobs_len, values_len;
};

/* One is filled, and as many as threads work at once may be dispatched. */
#define VALUE_BURSTS (DISPATCH_THREADS_BUSY_MAX + 1)

struct value_queue {
  struct value_burst bursts[VALUE_BURSTS];
  size_t filled; /* the one that is filled */
  msec_t since;  /* when its oldest value came */
  msec_t wait;   /* the longest; 0: until the next turn */
  struct value_queue_name names[VALUE_QUEUE_NAMES];
  size_t names_len;
  msec_t burst_at; /* when the last burst for another thread was full */
  size_t run;      /* such bursts that followed one another */
  struct dispatch_threads threads;
};

/* The queue must be drained before. */
void value_queue_finish(struct value_queue *q);

/* Begins a group; `list` stays as it is until the queue is drained. */
struct job_values *value_queue_begin_job(struct value_queue *q,
                                         const value_list_t *list,
                                         cdtime_t time,
                                         const char *plugin_instance);

/* Makes room for up to VALUE_QUEUE_NAMES new names: where there is none, the
 * queue is drained and forgets those that it knows. */
void value_queue_reserve_names(struct value_queue *q, size_t len);

/* The form in a series of a name of the service's, of fewer than VALUE_NAME_MAX
 * bytes; the same pointer for the same name, and valid until the next
 * value_queue_reserve_names. That must have made room for it. */
const char *value_queue_name(struct value_queue *q, const char *given);

/* Adds a value to the last group. The names have VALUE_NAME_MAX bytes, and stay
 * as they are until the queue is drained. */
static inline void value_queue_add(struct value_queue *q, const char *type,
                                   const char *type_instance, value_t value) {
  struct value_burst *b = &q->bursts[q->filled];
  b->values[b->values_len++] =
      (struct queued_value){type, type_instance, value, false};
}

/* The last value has the meta data of its group. */
static inline void value_queue_add_meta(struct value_queue *q) {
  struct value_burst *b = &q->bursts[q->filled];
  b->values[b->values_len - 1].has_meta = true;
}

/* Sets a text of the meta data, or removes it where it is "": printable, and
 * without secrets. `at` is its place in `meta_texts`. */
void job_values_set_text(struct job_values *g, size_t at, const char *key,
                         const char *text);

/* Dispatches values that have waited long enough; returns when to call again.
 */
msec_t value_queue_iterate(struct value_queue *q, msec_t now);

/* Dispatches all, and returns when that is done. */
void value_queue_drain(struct value_queue *q);

#endif
