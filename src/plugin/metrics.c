/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table of metrics: type, type instance, and where the value is from. */

#include "plugin/metrics.h"

#include <collectd/core/daemon/utils_time.h>
#include <collectd/core/utils/common/common.h>
#include <collectd/core/utils/metadata/meta_data.h>

#include "api/status.h"
#include "base/name.h"

static void dispatch(const struct metrics *m, const char *plugin_instance,
                     const char *type, const char *type_instance, value_t value,
                     meta_data_t *meta) {
  value_list_t vl = {.values = &value,
                     .values_len = 1,
                     .time = m->time,
                     .interval = m->interval,
                     .plugin = "drs",
                     .meta = meta};
  if (m->host != NULL)
    sstrncpy(vl.host, m->host, sizeof(vl.host));
  sstrncpy(vl.plugin_instance, plugin_instance, sizeof(vl.plugin_instance));
  sstrncpy(vl.type, type, sizeof(vl.type));
  sstrncpy(vl.type_instance, type_instance, sizeof(vl.type_instance));
  plugin_dispatch_values(&vl);
}

static void gauge(const struct metrics *m, const char *plugin_instance,
                  const char *type, const char *type_instance, gauge_t value) {
  dispatch(m, plugin_instance, type, type_instance, (value_t){.gauge = value},
           NULL);
}

/* A job's values; each says whether there is one. */

static bool completed(const struct progress *p, gauge_t *value) {
  *value = p->completed;
  return p->has & PROGRESS_COMPLETED;
}

/* The finer of the two, in seconds. */
static bool delay(const struct progress *p, gauge_t *value) {
  if ((p->has & PROGRESS_DELAY_MS) && p->delay_ms >= 0) {
    *value = p->delay_ms / 1000;
    return true;
  }
  *value = p->delay_s;
  return (p->has & PROGRESS_DELAY_S) && p->delay_s >= 0;
}

static bool remaining(const struct progress *p, gauge_t *value) {
  *value = p->remaining;
  return (p->has & PROGRESS_REMAINING) && p->remaining >= 0;
}

static bool process_time(const struct progress *p, gauge_t *value) {
  *value = p->process_time / 1000;
  return (p->has & PROGRESS_PROCESS_TIME) && p->process_time > 0;
}

static bool task_mode(const struct progress *p, gauge_t *value) {
  int mode = status_task_mode(p->task_mode.text, p->task_mode.len);
  *value = mode;
  return mode != 0;
}

static bool error(const struct progress *p, gauge_t *value) {
  const struct progress_text *s = &p->transfer_status;
  *value = p->error_code.len > 0 ||
           status_family(status_code(s->text, s->len)) == STATUS_FAILED;
  return true;
}

static const struct {
  const char *type, *type_instance;
  bool (*value)(const struct progress *p, gauge_t *value);
} job_metrics[] = {
    {"percent", "total", completed},   {"delay", "incremental", delay},
    {"timeleft", "total", remaining},  {"gauge", "process_time", process_time},
    {"gauge", "task_mode", task_mode}, {"bool", "error", error},
};

/* A phase whose name would fall together with another's, or with the total,
 * has no metric of its own. */
static bool name_is_taken(const struct progress *p, size_t phase,
                          const char *name) {
  char other[NAME_MAX_SIZE];
  if (*name == '\0' || strcmp(name, "total") == 0)
    return true;
  for (size_t i = 0; i < phase; i++) {
    const char *text = p->phases[i].name;
    name_make_safe(other, sizeof(other), text, strlen(text));
    if (strcmp(name, other) == 0)
      return true;
  }
  return false;
}

static void dispatch_phases(const struct metrics *m, const struct job *job,
                            const struct progress *p) {
  char name[NAME_MAX_SIZE];
  for (size_t i = 0; i < p->phases_len; i++) {
    const struct progress_phase *phase = &p->phases[i];
    name_make_safe(name, sizeof(name), phase->name, strlen(phase->name));
    if (name_is_taken(p, i, name))
      continue;
    if (phase->has & PROGRESS_COMPLETED)
      gauge(m, job->name, "percent", name, phase->completed);
    if ((phase->has & PROGRESS_REMAINING) && phase->remaining >= 0)
      gauge(m, job->name, "timeleft", name, phase->remaining);
  }
}

/* A server's words go to JSON and logs from here. */
static void add_meta(meta_data_t *meta, const char *key,
                     const struct progress_text *text) {
  char printable[PROGRESS_TEXT_MAX];
  if (text->len == 0)
    return;
  sstrncpy(printable, text->text, sizeof(printable));
  err_make_printable(printable);
  meta_data_add_string(meta, key, printable);
}

static void dispatch_status(const struct metrics *m, const struct job *job,
                            const struct progress *p) {
  const struct progress_text *s = &p->transfer_status;
  if (s->len == 0)
    return;
  value_t value = {.gauge = status_code(s->text, s->len)};
  meta_data_t *meta = meta_data_create();
  if (meta != NULL) {
    meta_data_add_string(meta, "job_id", job->id);
    add_meta(meta, "task_mode", &p->task_mode);
    add_meta(meta, "transfer_status", &p->transfer_status);
    add_meta(meta, "error_code", &p->error_code);
    add_meta(meta, "error_msg", &p->error_msg);
  }
  dispatch(m, job->name, "gauge", "status", value, meta);
  meta_data_destroy(meta);
}

void metrics_job(const struct metrics *m, const struct job *job,
                 const struct progress *p) {
  gauge_t value;
  for (size_t i = 0; i < STATIC_ARRAY_SIZE(job_metrics); i++)
    if (job_metrics[i].value(p, &value))
      gauge(m, job->name, job_metrics[i].type, job_metrics[i].type_instance,
            value);
  dispatch_phases(m, job, p);
  dispatch_status(m, job, p);
}

void metrics_rpo_and_rto(const struct metrics *m, const struct job *job,
                         const struct rpo_and_rto *r) {
  if ((r->has & RPO_DELAY) && r->rpo_ms >= 0)
    gauge(m, job->name, "delay", "rpo", r->rpo_ms / 1000);
  if ((r->has & RTO_DELAY) && r->rto_ms >= 0)
    gauge(m, job->name, "delay", "rto", r->rto_ms / 1000);
}

/* Self-metrics */

static void counter(const struct metrics *m, const char *project,
                    const char *type, const char *type_instance,
                    uint64_t value) {
  dispatch(m, project, type, type_instance,
           (value_t){.derive = (derive_t)value}, NULL);
}

void metrics_up(const struct metrics *m, const char *project, bool up) {
  gauge(m, project, "bool", "up", up);
}

void metrics_project(const struct metrics *m, const struct project *project,
                     const struct project_result *r) {
  const char *name = project_config(project)->name;
  const struct project_counts *c = project_counts(project);
  metrics_up(m, name, project_is_up(r));
  gauge(m, name, "count", "jobs", (gauge_t)r->jobs);
  gauge(m, name, "count", "answered", (gauge_t)r->answered);
  gauge(m, name, "response_time", "read", r->seconds);
  counter(m, name, "total_requests", "progress", c->requests);
  counter(m, name, "total_requests", "token", c->token_requests);
  counter(m, name, "errors", "auth", c->errors[ERR_AUTH]);
  counter(m, name, "errors", "throttled", c->errors[ERR_THROTTLED]);
  counter(m, name, "errors", "http",
          c->errors[ERR_RESOLVE] + c->errors[ERR_CONNECT] + c->errors[ERR_TLS] +
              c->errors[ERR_HTTP]);
  counter(m, name, "errors", "reply", c->errors[ERR_RESPONSE]);
  counter(m, name, "errors", "skipped", c->skipped);
}
