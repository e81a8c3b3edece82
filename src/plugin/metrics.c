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
#include "plugin/log.h"
#include "poll/comparisons.h"

static void gauge(struct metrics *m, const char *type,
                  const char *type_instance, gauge_t value) {
  value_queue_add(m->queue, type, type_instance, (value_t){.gauge = value});
}

static void add_gauge(struct metrics *m, const struct value_names *names,
                      gauge_t value) {
  gauge(m, names->type, names->type_instance, value);
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
 * does one that is gone after a suspend: collectd forgets values that were not
 * updated for two intervals. */
bool metrics_check_queue(struct metrics *m) {
  derive_t mark = -1;
  if (m->is_checked)
    return false;
  m->is_checked = true;
  bool known = read_mark(m, &mark);
  m->has_passed |= known;
  bool is_unseen = m->has_passed && mark < m->marks[1];
  if (!is_unseen)
    m->kept_up = m->time;
  m->queue_is_behind = is_unseen && m->time - m->kept_up >= BEHIND_MIN;
  return true;
}

/* A job's values; each says whether there is one. */

static bool delay(const void *item, gauge_t *value) {
  return progress_delay(item, value);
}

/* Logs once a project that a value is left out which nobody would believe. */
static void report_unbelievable_delay(struct metrics *m, const struct job *job,
                                      const struct progress *p) {
  double seconds;
  if (m->reported_delay || !progress_sent_delay(p, &seconds) ||
      seconds <= PROGRESS_DELAY_MAX)
    return;
  m->reported_delay = true;
  log_warning(m->project, ERR_RESPONSE,
              "job %s: no delay is dispatched: expected at most %d s, got %.0f",
              job->name, PROGRESS_DELAY_MAX, seconds);
}

static bool log_files_behind(const void *item, gauge_t *value) {
  return progress_files_behind(item, value);
}

static void report_odd_percentage(struct metrics *m, const struct job *job,
                                  const struct progress *p) {
  if (!(p->base.has & PROGRESS_ODD_PERCENTAGE) || m->reported_percentage)
    return;
  m->reported_percentage = true;
  log_warning(
      m->project, ERR_RESPONSE,
      "job %s: no percentage is dispatched: expected 0 to 100, got %.12g",
      job->id, p->odd_percentage);
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
  struct value_names names; /* no type: the end of a table */
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
static const struct job_metric progress_metrics[] = {
    {{"percent", "total"}, NUMBER(struct progress, completed, PROGRESS_COMPLETED, 1)},
    {{"delay", "incremental"}, delay},
    {{"timeleft", "total"}, remaining},
    {{"gauge", "apply_rows_rate"}, NUMBER(struct progress, rows_rate, PROGRESS_ROWS_RATE, 1)},
    {{"gauge", "apply_bytes_rate"}, NUMBER(struct progress, bytes_rate, PROGRESS_BYTES_RATE, 1)},
    {{"gauge", "log_files_behind"}, log_files_behind},
    {{"gauge", "process_time"}, process_time},
    {{"gauge", "task_mode"}, task_mode},
    {}};

static const struct job_metric rpo_and_rto_metrics[] = {
    {{"delay", "rpo"}, NUMBER(struct rpo_and_rto, rpo_ms, RPO_DELAY, 1000)},
    {{"delay", "rto"}, NUMBER(struct rpo_and_rto, rto_ms, RTO_DELAY, 1000)},
    {}};
/* clang-format on */

/* They are kept from one request to the next, see add_details. */
static const struct job_metric details_metrics[] = {{}};

/* A call without a table of this name does not compile. */
#define JOB_METRICS(NAME, name) [JOB_##NAME] = name##_metrics,
static const struct job_metric *const job_metrics[JOB_CALLS] = {
    JOB_CALL_ROWS(JOB_METRICS)};

/* Phases */

/* Type instances of "percent" and "timeleft" that are no phase's. */
static const char *const reserved_phases[] = {
    "estimated",
    "total",
};

/* The type instances of a job's phases; NULL: one that becomes another's, or a
 * reserved one, has no values. */
struct phase_names {
  const char *safe[PROGRESS_PHASES_MAX];
};

static bool is_taken(const struct phase_names *names, size_t phase) {
  const char *safe = names->safe[phase];
  for (size_t i = 0; i < STATIC_ARRAY_SIZE(reserved_phases); i++)
    if (strcmp(safe, reserved_phases[i]) == 0)
      return true;
  for (size_t i = 0; i < phase; i++)
    if (names->safe[i] != NULL && strcmp(safe, names->safe[i]) == 0)
      return true;
  return false;
}

static void name_phases(struct metrics *m, const struct progress *p,
                        struct phase_names *names) {
  value_queue_reserve_names(m->queue, p->phases_len);
  for (size_t i = 0; i < p->phases_len; i++) {
    names->safe[i] = value_queue_name(m->queue, p->phases[i].name);
    if (is_taken(names, i))
      names->safe[i] = NULL;
  }
}

static void add_phases(struct metrics *m, const struct progress *p,
                       const struct phase_names *names) {
  static const struct value_names percent = {.type = "percent"},
                                  timeleft = {.type = "timeleft"};
  for (size_t i = 0; i < p->phases_len; i++) {
    const struct progress_phase *phase = &p->phases[i];
    const char *name = names->safe[i];
    if (name == NULL)
      continue;
    if (phase->has & PROGRESS_COMPLETED)
      gauge(m, percent.type, name, phase->completed);
    if (is_remaining(phase->has, phase->remaining, phase->completed))
      gauge(m, timeleft.type, name, phase->remaining);
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

_Static_assert(STATIC_ARRAY_SIZE(meta_texts) + 1 == VALUE_META_TEXTS,
               "one place for each text, and for failed_reason");

static bool fill_meta(struct job_values *g, const struct job *job,
                      const struct progress *p) {
  if (g->meta == NULL)
    g->meta = meta_data_create();
  if (g->meta == NULL)
    return false;
  meta_data_add_string(g->meta, "job_id", job->id); /* printable, no secret */
  for (size_t i = 0; i < STATIC_ARRAY_SIZE(meta_texts); i++) {
    const void *field = (const char *)p + meta_texts[i].offset;
    const struct json_text *text = field;
    job_values_set_text(g, i, meta_texts[i].key, text->text);
  }
  job_values_set_text(g, VALUE_META_TEXTS - 1, "failed_reason",
                      job->details != NULL ? job->details->failed_reason : "");
  return true;
}

static void add_status(struct metrics *m, struct job_values *g,
                       const struct job *job, const struct progress *p,
                       int code) {
  static const struct value_names names = {"gauge", "status"};
  add_gauge(m, &names, code);
  if (m->meta_data && fill_meta(g, job, p))
    value_queue_add_meta(m->queue);
}

/* Most jobs have the status of the one before. */
static int find_code(struct metrics *m, const struct json_text *status) {
  if (strcmp(m->status, status->text) != 0) {
    sstrncpy(m->status, status->text, sizeof(m->status));
    m->status_code = status_code(status->text, status->len);
  }
  return m->status_code;
}

#define DETAIL(member) offsetof(struct job_details, member)

static const struct {
  struct value_names names;
  size_t offset; /* of a double; 0: no value */
} kept_details[] = {
    {{"gauge", "started"}, DETAIL(started)},
    {{"gauge", "full_transfer_completed"}, DETAIL(completed)},
    {{"delay", "threshold"}, DETAIL(delay)},
    {{"delay", "rpo_threshold"}, DETAIL(rpo)},
    {{"delay", "rto_threshold"}, DETAIL(rto)},
};

static void add_details(struct metrics *m, const struct job_details *details) {
  for (size_t i = 0; i < STATIC_ARRAY_SIZE(kept_details); i++) {
    const void *field = (const char *)details + kept_details[i].offset;
    double value = *(const double *)field;
    if (value > 0)
      add_gauge(m, &kept_details[i].names, value);
  }
}

/* Of the last finished comparison of each type. */
static void add_comparisons(struct metrics *m,
                            const struct job_comparisons *comparisons) {
  static const struct value_names consistent = {"bool", "consistent"},
                                  inconsistent = {"count", "inconsistent"},
                                  uncompared = {"count", "uncompared"},
                                  compared = {"gauge", "compared"};
  struct job_comparison sum = job_comparisons_sum(comparisons);
  add_gauge(m, &consistent, sum.inconsistent <= 0);
  add_gauge(m, &inconsistent, sum.inconsistent);
  add_gauge(m, &uncompared, sum.uncompared);
  add_gauge(m, &compared, sum.ended);
}

/* Those that need more than the item. */
static void add_progress(struct metrics *m, struct job_values *g,
                         const struct job *job, const struct progress *p,
                         const struct phase_names *phases) {
  static const struct value_names error = {"bool", "error"},
                                  estimated = {"timeleft", "estimated"},
                                  ready = {"bool", "ready"};
  report_unbelievable_delay(m, job, p);
  report_odd_percentage(m, job, p);
  int code = find_code(m, &p->transfer_status);
  bool failed = status_family(code) == STATUS_FAILED;
  add_gauge(m, &error, p->base.error_code.len > 0 || failed);
  if (job->estimate.known)
    add_gauge(m, &estimated, (gauge_t)job->estimate.seconds);
  if (job->readiness.known)
    add_gauge(m, &ready, job->readiness.ready);
  if (job->details != NULL)
    add_details(m, job->details);
  if (job->comparisons != NULL)
    add_comparisons(m, job->comparisons);
  add_phases(m, p, phases);
  if (p->transfer_status.len > 0)
    add_status(m, g, job, p, code);
}

void metrics_item(struct metrics *m, const struct job *job, enum job_call call,
                  const struct job_item *item) {
  struct phase_names phases; /* before the group, which a drain would end */
  gauge_t value;
  if (m->queue_is_behind)
    return;
  bool is_progress = call == JOB_PROGRESS;
  if (is_progress)
    name_phases(m, (const struct progress *)item, &phases);
  struct job_values *g =
      value_queue_begin_job(m->queue, &m->list, m->time, job->name);
  for (const struct job_metric *row = job_metrics[call];
       *row->names.type != '\0'; row++)
    if (row->value != NULL ? row->value(item, &value)
                           : read_number(row, item, &value))
      add_gauge(m, &row->names, value);
  if (is_progress)
    add_progress(m, g, job, (const struct progress *)item, &phases);
  if (call == JOB_DETAILS)
    add_details(m, job->details);
}

/* With bool-error, bool-ready, timeleft-estimated, gauge-status, and two of
 * each phase. */
_Static_assert(STATIC_ARRAY_SIZE(progress_metrics) + 4 + 4 +
                       STATIC_ARRAY_SIZE(kept_details) +
                       2 * PROGRESS_PHASES_MAX <=
                   VALUE_JOB_VALUES,
               "room for the values of a job");

/* Self-metrics */

/* type, type instance, member of value_t, value of the result r and the counts
 * c */
/* clang-format off */
#define SELF_METRICS(ROW)                                                      \
  ROW("bool", "up", gauge, project_is_up(r))                                   \
  ROW("count", "jobs", gauge, r->jobs)                                         \
  ROW("count", "answered", gauge, r->answered)                                 \
  ROW("count", "starting", gauge, r->families[STATUS_STARTING])                \
  ROW("count", "running", gauge, r->families[STATUS_RUNNING])                  \
  ROW("count", "paused", gauge, r->families[STATUS_PAUSED])                    \
  ROW("count", "changing", gauge, r->families[STATUS_CHANGING])                \
  ROW("count", "ended", gauge, r->families[STATUS_ENDED])                      \
  ROW("count", "failed", gauge, r->families[STATUS_FAILED])                    \
  ROW("count", "unknown", gauge, r->families[STATUS_UNKNOWN])                  \
  ROW("response_time", "read", gauge, r->seconds)                              \
  ROW("total_requests", "progress", derive, c->requests)                       \
  ROW("total_requests", "token", derive, c->token_requests)                    \
  ROW("errors", "auth", derive, c->errors[ERR_AUTH])                           \
  ROW("errors", "throttled", derive, c->errors[ERR_THROTTLED])                 \
  ROW("errors", "http", derive, c->errors[ERR_RESOLVE] + c->errors[ERR_CONNECT] + c->errors[ERR_TLS] + c->errors[ERR_HTTP]) \
  ROW("errors", "reply", derive, c->errors[ERR_RESPONSE])                      \
  ROW("errors", "skipped", derive, c->skipped)
#define SELF_NAMES(type, type_instance, member, value) {type, type_instance},
#define SELF_VALUE(type, type_instance, member, value) {.member = (member##_t)(value)},
/* clang-format on */

static const struct value_names self_names[METRICS_SELF] = {
    SELF_METRICS(SELF_NAMES)};

_Static_assert(METRICS_SELF <= VALUE_JOB_VALUES, "room for all of them");

static void add_self(struct metrics *m) {
  value_queue_begin_job(m->queue, &m->list, m->self_time, m->project);
  for (size_t i = 0; i < METRICS_SELF; i++)
    value_queue_add(m->queue, self_names[i].type, self_names[i].type_instance,
                    m->self[i]);
  m->has_self = false;
}

void metrics_down(const char *project, const char *host) {
  value_t down = {.gauge = 0};
  value_list_t list = {.values = &down,
                       .values_len = 1,
                       .time = cdtime(),
                       .interval = plugin_get_interval(),
                       .plugin = "drs",
                       .type = "bool",
                       .type_instance = "up"};
  sstrncpy(list.host, host, sizeof(list.host));
  sstrncpy(list.plugin_instance, project, sizeof(list.plugin_instance));
  plugin_dispatch_values(&list);
}

void metrics_project(struct metrics *m, const struct project_counts *c,
                     const struct project_result *r) {
  const value_t values[] = {SELF_METRICS(SELF_VALUE)};
  _Static_assert(sizeof(values) == sizeof(m->self), "a place for each");
  memcpy(m->self, values, sizeof(values));
  m->has_self = true;
  m->self_time = m->time;
  m->marks[1] = m->marks[0];
  m->marks[0] = (derive_t)c->requests;
  if (!m->self_waits)
    add_self(m);
}

/* Life */

void metrics_init(struct metrics *m, struct value_queue *queue,
                  const char *project, const char *host, cdtime_t interval) {
  *m = (struct metrics){.queue = queue, .project = project};
  m->list.values_len = 1;
  m->list.interval = interval;
  sstrncpy(m->list.host, host, sizeof(m->list.host));
  sstrncpy(m->list.plugin, "drs", sizeof(m->list.plugin));
}

void metrics_flush(struct metrics *m) {
  if (m->has_self)
    add_self(m);
}

void metrics_begin(struct metrics *m, cdtime_t now) {
  metrics_flush(m);
  if (now - m->time >= 2 * m->list.interval)
    m->has_passed = false;
  m->time = now;
  m->is_checked = false;
}
