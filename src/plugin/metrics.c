/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The tables of metrics: type, type instance, and the value. */

#include "plugin/metrics.h"

#include <collectd/core/daemon/utils_cache.h>
#include <collectd/core/daemon/utils_time.h>
#include <collectd/core/utils/common/common.h>
#include <collectd/core/utils/metadata/meta_data.h>

#include "api/rpo_and_rto.h"
#include "base/name.h"
#include "base/secret.h"

#define TEXT(literal)                                                          \
  { literal, sizeof(literal) }

static const struct metrics_text percent = TEXT("percent"),
                                 timeleft = TEXT("timeleft"),
                                 total = TEXT("total");

static void set(char to[DATA_MAX_NAME_LEN], struct metrics_text text) {
  memcpy(to, text.at, text.size);
}

static void set_string(char to[DATA_MAX_NAME_LEN], const char *text) {
  size_t len = strnlen(text, DATA_MAX_NAME_LEN - 1);
  memcpy(to, text, len);
  to[len] = '\0';
}

static void dispatch(struct metrics *m, struct metrics_text type,
                     struct metrics_text type_instance, value_t value) {
  m->value = value;
  set(m->list.type, type);
  set(m->list.type_instance, type_instance);
  plugin_dispatch_values(&m->list);
}

static void gauge(struct metrics *m, struct metrics_text type,
                  struct metrics_text type_instance, gauge_t value) {
  dispatch(m, type, type_instance, (value_t){.gauge = value});
}

/* collectd's write queue */

/* A busy machine may take so long for a short interval's values. */
#define BEHIND_MIN TIME_T_TO_CDTIME_T(5)

/* A write thread updates the cache with each value that it takes from the
 * queue, so a counter of ours that is in the cache has been through it. */
static bool read_mark(const struct metrics *m, derive_t *mark) {
  char name[6 * DATA_MAX_NAME_LEN];
  value_t *values = NULL;
  size_t len = 0;
  if (format_name(name, sizeof(name), m->list.host, m->list.plugin, m->project,
                  "total_requests", "progress") != 0 ||
      uc_get_value_by_name(name, &values, &len) != 0)
    return false;
  bool ok = len == 1;
  if (ok)
    *mark = values[0].derive;
  free(values);
  return ok;
}

/* A mark that never comes, because a filter chain stops it, proves nothing. Nor
 * does one that is gone after a suspend: collectd forgets what was not updated
 * for two intervals. */
static void check_queue(struct metrics *m, cdtime_t now) {
  derive_t mark = -1;
  if (now - m->list.time >= 2 * m->list.interval)
    m->has_passed = false;
  bool known = read_mark(m, &mark);
  m->has_passed |= known;
  bool is_late = m->has_passed && mark < m->marks[1];
  if (!is_late)
    m->kept_up = now;
  m->queue_is_behind = is_late && now - m->kept_up >= BEHIND_MIN;
}

/* A job's values; each says whether there is one. */

static bool completed(const void *item, gauge_t *value) {
  const struct progress *p = item;
  *value = p->completed;
  return p->base.has & PROGRESS_COMPLETED;
}

/* The finer of the two, in seconds. */
static bool delay(const void *item, gauge_t *value) {
  const struct progress *p = item;
  if ((p->base.has & PROGRESS_DELAY_MS) && p->delay_ms >= 0) {
    *value = p->delay_ms / 1000;
    return true;
  }
  *value = p->delay_s;
  return (p->base.has & PROGRESS_DELAY_S) && p->delay_s >= 0;
}

/* The service sends 0 also where it does not know: only a complete one takes
 * no more time. */
static bool is_remaining(unsigned has, double value, double percentage) {
  bool incomplete = (has & PROGRESS_COMPLETED) && percentage < 100;
  return (has & PROGRESS_REMAINING) &&
         (value > 0 || (value == 0 && !incomplete));
}

static bool remaining(const void *item, gauge_t *value) {
  const struct progress *p = item;
  *value = p->remaining;
  return is_remaining(p->base.has, p->remaining, p->completed);
}

static bool process_time(const void *item, gauge_t *value) {
  const struct progress *p = item;
  *value = p->process_time / 1000;
  return (p->base.has & PROGRESS_PROCESS_TIME) && p->process_time > 0;
}

static bool task_mode(const void *item, gauge_t *value) {
  const struct progress *p = item;
  int mode = status_task_mode(p->task_mode.text, p->task_mode.len);
  *value = mode;
  return mode != 0;
}

struct job_metric {
  struct metrics_text type, type_instance; /* no type: the end of a table */
  bool (*value)(const void *item, gauge_t *value);
  /* In its place, for a number that is none where it is negative. */
  size_t offset; /* of a double in the item */
  unsigned bit;
  double divisor;
};

static bool read_number(const struct job_metric *row,
                        const struct job_item *item, gauge_t *value) {
  const void *field = (const char *)item + row->offset;
  double number = *(const double *)field;
  *value = number / row->divisor;
  return (item->has & row->bit) && number >= 0;
}

/* clang-format off */
#define NUMBER(type, member, bit, divisor) NULL, offsetof(type, member), bit, divisor
static const struct job_metric *const job_metrics[JOB_CALLS] = {
    [JOB_PROGRESS] = (const struct job_metric[]){
        {TEXT("percent"), TEXT("total"), completed},
        {TEXT("delay"), TEXT("incremental"), delay},
        {TEXT("timeleft"), TEXT("total"), remaining},
        {TEXT("gauge"), TEXT("apply_rows_rate"), NUMBER(struct progress, rows_rate, PROGRESS_ROWS_RATE, 1)},
        {TEXT("gauge"), TEXT("apply_bytes_rate"), NUMBER(struct progress, bytes_rate, PROGRESS_BYTES_RATE, 1)},
        {TEXT("gauge"), TEXT("process_time"), process_time},
        {TEXT("gauge"), TEXT("task_mode"), task_mode},
        {}},
    [JOB_RPO_AND_RTO] = (const struct job_metric[]){
        {TEXT("delay"), TEXT("rpo"), NUMBER(struct rpo_and_rto, rpo_ms, RPO_DELAY, 1000)},
        {TEXT("delay"), TEXT("rto"), NUMBER(struct rpo_and_rto, rto_ms, RTO_DELAY, 1000)},
        {}},
};
/* clang-format on */

/* Phases */

/* A phase whose name becomes another's, or that of the total, has no values. */
static bool is_taken(const struct metrics *m, size_t phase) {
  const char *safe = m->phases[phase].safe;
  if (strcmp(safe, total.at) == 0)
    return true;
  for (size_t i = 0; i < phase; i++)
    if (strcmp(safe, m->phases[i].safe) == 0)
      return true;
  return false;
}

static bool has_same_phases(const struct metrics *m, const struct progress *p) {
  if (m->phases_len != p->phases_len)
    return false;
  for (size_t i = 0; i < p->phases_len; i++)
    if (strcmp(m->phases[i].name, p->phases[i].name) != 0)
      return false;
  return true;
}

static void name_phases(struct metrics *m, const struct progress *p) {
  if (has_same_phases(m, p))
    return;
  m->phases_len = p->phases_len;
  for (size_t i = 0; i < p->phases_len; i++) {
    struct metrics_phase *phase = &m->phases[i];
    char name[PROGRESS_WORD_MAX];
    sstrncpy(phase->name, p->phases[i].name, sizeof(phase->name));
    sstrncpy(name, phase->name, sizeof(name));
    secret_redact(name);
    name_make_safe(phase->safe, sizeof(phase->safe), name, strlen(name));
    if (is_taken(m, i))
      *phase->safe = '\0';
  }
}

static void dispatch_phases(struct metrics *m, const struct progress *p) {
  name_phases(m, p);
  for (size_t i = 0; i < p->phases_len; i++) {
    const struct progress_phase *phase = &p->phases[i];
    struct metrics_text name = {m->phases[i].safe,
                                strlen(m->phases[i].safe) + 1};
    if (name.size == 1)
      continue;
    if (phase->has & PROGRESS_COMPLETED)
      gauge(m, percent, name, phase->completed);
    if (is_remaining(phase->has, phase->remaining, phase->completed))
      gauge(m, timeleft, name, phase->remaining);
  }
}

/* Status */

#define AT(member) offsetof(struct progress, member)

/* The fields of a response, which stores get as JSON. */
static const struct {
  const char *key;
  size_t offset; /* of a struct json_text */
} meta_texts[] = {
    {"task_mode", AT(task_mode)},
    {"transfer_status", AT(transfer_status)},
    {"error_code", AT(base.error_code)},
    {"error_msg", AT(base.error_msg)},
    {"src_offset", AT(src_offset)},
    {"node_offset", AT(node_offset)},
    {"dst_offset", AT(dst_offset)},
};

_Static_assert(STATIC_ARRAY_SIZE(meta_texts) == METRICS_META_TEXTS,
               "one place for each text");

/* Has the meta data say so, unless it does from the last job on. */
static void set_meta(struct metrics *m, size_t at, const char *key,
                     const char *text) {
  char *last = m->meta_texts[at];
  char printable[PROGRESS_TEXT_MAX];
  if (strcmp(last, text) == 0)
    return;
  sstrncpy(last, text, sizeof(m->meta_texts[at]));
  if (*text == '\0') {
    meta_data_delete(m->meta, key);
    return;
  }
  sstrncpy(printable, text, sizeof(printable));
  secret_redact(printable);
  err_make_printable(printable);
  meta_data_add_string(m->meta, key, printable);
}

static bool fill_meta(struct metrics *m, const struct job *job,
                      const struct progress *p) {
  if (m->meta == NULL)
    m->meta = meta_data_create();
  if (m->meta == NULL)
    return false;
  meta_data_add_string(m->meta, "job_id", job->id); /* printable, no secret */
  for (size_t i = 0; i < STATIC_ARRAY_SIZE(meta_texts); i++) {
    const void *field = (const char *)p + meta_texts[i].offset;
    const struct json_text *text = field;
    set_meta(m, i, meta_texts[i].key, text->text);
  }
  return true;
}

static void dispatch_status(struct metrics *m, const struct job *job,
                            const struct progress *p, int code) {
  static const struct metrics_text type = TEXT("gauge"),
                                   instance = TEXT("status");
  if (fill_meta(m, job, p))
    m->list.meta = m->meta;
  gauge(m, type, instance, code);
  m->list.meta = NULL;
}

/* Most jobs have the status of the one before. */
static int find_code(struct metrics *m, const struct json_text *status) {
  if (strcmp(m->status, status->text) != 0) {
    sstrncpy(m->status, status->text, sizeof(m->status));
    m->status_code = status_code(status->text, status->len);
  }
  return m->status_code;
}

/* Those that need more than the item. */
static void dispatch_progress(struct metrics *m, const struct job *job,
                              const struct progress *p) {
  static const struct metrics_text type = TEXT("bool"),
                                   instance = TEXT("error");
  int code = find_code(m, &p->transfer_status);
  bool failed = status_family(code) == STATUS_FAILED;
  gauge(m, type, instance, p->base.error_code.len > 0 || failed);
  dispatch_phases(m, p);
  if (p->transfer_status.len > 0)
    dispatch_status(m, job, p, code);
}

void metrics_item(struct metrics *m, const struct job *job, enum job_call call,
                  const struct job_item *item) {
  gauge_t value;
  if (m->queue_is_behind)
    return;
  set_string(m->list.plugin_instance, job->name);
  for (const struct job_metric *row = job_metrics[call]; row->type.at != NULL;
       row++)
    if (row->value != NULL ? row->value(item, &value)
                           : read_number(row, item, &value))
      gauge(m, row->type, row->type_instance, value);
  if (call == JOB_PROGRESS)
    dispatch_progress(m, job, (const struct progress *)item);
}

/* Self-metrics */

static void dispatch_self(struct metrics *m) {
  cdtime_t now = m->list.time;
  m->list.time = m->self_time;
  set_string(m->list.plugin_instance, m->project);
  for (size_t i = 0; i < m->self_len; i++)
    dispatch(m, m->self[i].type, m->self[i].type_instance, m->self[i].value);
  m->list.time = now;
  m->self_len = 0;
}

void metrics_up(struct metrics *m, bool up) {
  static const struct metrics_text type = TEXT("bool"), instance = TEXT("up");
  set_string(m->list.plugin_instance, m->project);
  gauge(m, type, instance, up);
}

#define COUNTER(number)                                                        \
  { .derive = (derive_t)(number) }

void metrics_project(struct metrics *m, const struct project_counts *c,
                     const struct project_result *r) {
  const uint64_t *errors = c->errors;
  const size_t *jobs = r->families;
  /* clang-format off */
  const struct metrics_self rows[] = {
      {TEXT("bool"), TEXT("up"), {.gauge = project_is_up(r)}},
      {TEXT("count"), TEXT("jobs"), {.gauge = (gauge_t)r->jobs}},
      {TEXT("count"), TEXT("answered"), {.gauge = (gauge_t)r->answered}},
      {TEXT("count"), TEXT("starting"), {.gauge = (gauge_t)jobs[STATUS_STARTING]}},
      {TEXT("count"), TEXT("running"), {.gauge = (gauge_t)jobs[STATUS_RUNNING]}},
      {TEXT("count"), TEXT("paused"), {.gauge = (gauge_t)jobs[STATUS_PAUSED]}},
      {TEXT("count"), TEXT("changing"), {.gauge = (gauge_t)jobs[STATUS_CHANGING]}},
      {TEXT("count"), TEXT("ended"), {.gauge = (gauge_t)jobs[STATUS_ENDED]}},
      {TEXT("count"), TEXT("failed"), {.gauge = (gauge_t)jobs[STATUS_FAILED]}},
      {TEXT("count"), TEXT("unknown"), {.gauge = (gauge_t)jobs[STATUS_UNKNOWN]}},
      {TEXT("response_time"), TEXT("read"), {.gauge = r->seconds}},
      {TEXT("total_requests"), TEXT("progress"), COUNTER(c->requests)},
      {TEXT("total_requests"), TEXT("token"), COUNTER(c->token_requests)},
      {TEXT("errors"), TEXT("auth"), COUNTER(errors[ERR_AUTH])},
      {TEXT("errors"), TEXT("throttled"), COUNTER(errors[ERR_THROTTLED])},
      {TEXT("errors"), TEXT("http"), COUNTER(errors[ERR_RESOLVE] + errors[ERR_CONNECT] +
                                             errors[ERR_TLS] + errors[ERR_HTTP])},
      {TEXT("errors"), TEXT("reply"), COUNTER(errors[ERR_RESPONSE])},
      {TEXT("errors"), TEXT("skipped"), COUNTER(c->skipped)},
  };
  /* clang-format on */
  _Static_assert(sizeof(rows) == sizeof(m->self), "a place for each of them");
  memcpy(m->self, rows, sizeof(rows));
  m->self_len = STATIC_ARRAY_SIZE(rows);
  m->self_time = m->list.time;
  m->marks[1] = m->marks[0];
  m->marks[0] = (derive_t)c->requests;
  if (!m->self_waits)
    dispatch_self(m);
}

/* Life */

void metrics_init(struct metrics *m, const char *project, const char *host,
                  cdtime_t interval) {
  *m = (struct metrics){.project = project};
  m->list.values = &m->value;
  m->list.values_len = 1;
  m->list.interval = interval;
  set_string(m->list.host, host);
  set_string(m->list.plugin, "drs");
}

void metrics_flush(struct metrics *m) { dispatch_self(m); }

void metrics_begin(struct metrics *m, cdtime_t now) {
  metrics_flush(m);
  check_queue(m, now);
  m->list.time = now;
}

void metrics_finish(struct metrics *m) { meta_data_destroy(m->meta); }
