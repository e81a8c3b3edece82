/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One function for each thing that is compared. */

#include "poll/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void emit(const struct changes *c, const struct change *change) {
  c->events->changed(c->arg, change);
}

/* Damping */

#define FLAPS_TIME_S 600.0
#define FLAPS_CYCLES 6.0

void changes_init(struct changes *c, const struct project_events *events,
                  void *arg, double interval) {
  double cycles = FLAPS_CYCLES * interval;
  *c = (struct changes){
      .events = events,
      .arg = arg,
      .flaps_time = (uint32_t)(cycles > FLAPS_TIME_S ? cycles : FLAPS_TIME_S)};
}

/* Never 0, which is no time. */
static uint32_t seconds_now(const struct changes *c) {
  return (uint32_t)(c->now / 1000) + 1;
}

/* A change of this kind, of a job with the status of before. */
static struct change change_of(const struct job *job, enum change_kind kind,
                               const char *code, const char *message) {
  return (struct change){.kind = kind,
                         .job = job,
                         .old_status = job->status,
                         .new_status = job->status,
                         .code = code,
                         .message = message};
}

static void emit_state(const struct changes *c, enum change_kind kind,
                       const struct job *job) {
  struct change change = change_of(job, kind, "", "");
  emit(c, &change);
}

/* A change of a job that may flap. */
static void emit_change(const struct changes *c, struct job *job,
                        const struct change *change) {
  struct job_flaps *f = &job->flaps;
  uint32_t now = seconds_now(c);
  f->changes[f->next] = now;
  f->next = (uint8_t)((f->next + 1) % JOBS_FLAP_CHANGES);
  if (f->damped)
    return;
  uint32_t oldest = f->changes[f->next];
  f->damped = oldest != 0 && now - oldest <= c->flaps_time;
  if (f->damped) {
    emit_state(c, CHANGE_FLAPS, job);
    return;
  }
  f->error_emitted = job->has_error;
  emit(c, change);
}

/* Failures */

static void emit_status(const struct changes *c, const struct held_failure *f,
                        const char *reason) {
  struct change change =
      change_of(f->job, CHANGE_STATUS, f->code.text, f->message.text);
  change.old_status = f->old_status;
  change.reason = reason;
  if (*f->old_status == '\0')
    emit(c, &change);
  else
    emit_change(c, f->job, &change);
}

static bool is_failure(const char *status) {
  return status_family(status_code(status, strlen(status))) == STATUS_FAILED;
}

/* False: it is to be emitted at once, also for lack of memory. */
static bool hold(struct changes *c, const struct held_failure *failure) {
  if (!c->holds_failures)
    return false;
  if (c->held_len == c->held_size) {
    size_t size = c->held_size == 0 ? 4 : 2 * c->held_size;
    struct held_failure *held = reallocarray(c->held, size, sizeof(*held));
    if (held == NULL)
      return false;
    c->held = held;
    c->held_size = size;
  }
  c->held[c->held_len++] = *failure;
  failure->job->awaits_reason = true;
  return true;
}

void changes_reason(struct changes *c, struct job *job, const char *reason) {
  size_t i = 0;
  if (!job->awaits_reason)
    return;
  while (c->held[i].job != job)
    i++;
  emit_status(c, &c->held[i], reason);
  job->awaits_reason = false;
  c->held[i] = c->held[--c->held_len];
}

void changes_release(struct changes *c) {
  for (size_t i = 0; i < c->held_len; i++) {
    emit_status(c, &c->held[i], "");
    c->held[i].job->awaits_reason = false;
  }
  changes_finish(c);
}

void changes_finish(struct changes *c) {
  free(c->held);
  c->held = NULL;
  c->held_len = c->held_size = 0;
}

/* Comparisons */

static void compare_presence(const struct changes *c, struct job *job,
                             const struct progress *p) {
  if (!job->missing)
    return;
  job->missing = false;
  struct change change = change_of(
      job, CHANGE_JOB_BACK, p->base.error_code.text, p->base.error_msg.text);
  change.new_status = p->transfer_status.text;
  emit_change(c, job, &change);
}

static bool compare_status(struct changes *c, struct job *job,
                           const struct progress *p) {
  const struct json_text *status = &p->transfer_status;
  char old[JOBS_STATUS_MAX];
  if (status->len == 0 || !jobs_set_status(job, status->text, old))
    return false;
  struct held_failure status_change = {
      .job = job, .code = p->base.error_code, .message = p->base.error_msg};
  memcpy(status_change.old_status, old, sizeof(old));
  if (!is_failure(job->status) || !hold(c, &status_change))
    emit_status(c, &status_change, "");
  return true;
}

static struct change error_change(struct job *job, const struct progress *p) {
  return change_of(job, job->has_error ? CHANGE_ERROR : CHANGE_ERROR_CLEARED,
                   p->base.error_code.text, p->base.error_msg.text);
}

/* `told`: a first status that is a failure was emitted, with the code. */
static bool compare_error(const struct changes *c, struct job *job,
                          const struct progress *p, bool told) {
  bool has_error = p->base.error_code.len > 0;
  if (has_error == job->has_error)
    return false;
  job->has_error = has_error;
  if (told) {
    job->flaps.error_emitted = true;
    return true;
  }
  struct change change = error_change(job, p);
  emit_change(c, job, &change);
  return true;
}

/* Ends the damping of a job that has not changed for a while. */
static bool settle(const struct changes *c, struct job *job) {
  struct job_flaps *f = &job->flaps;
  size_t last = (f->next + JOBS_FLAP_CHANGES - 1U) % JOBS_FLAP_CHANGES;
  if (!f->damped || seconds_now(c) - f->changes[last] < c->flaps_time)
    return false;
  *f = (struct job_flaps){.error_emitted = f->error_emitted};
  emit_state(c, CHANGE_STEADY, job);
  return true;
}

void changes_answered(struct changes *c, struct job *job,
                      const struct progress *p, bool readiness_changed) {
  bool is_first = *job->status == '\0';
  compare_presence(c, job, p);
  bool status = compare_status(c, job, p);
  bool error = compare_error(c, job, p, is_first && is_failure(job->status));
  if (settle(c, job) && job->has_error != job->flaps.error_emitted) {
    struct change change = error_change(job, p);
    job->flaps.error_emitted = job->has_error;
    emit(c, &change);
  }
  if (readiness_changed && !status && !error)
    emit_state(c, job->readiness.ready ? CHANGE_READY : CHANGE_NOT_READY, job);
}

void changes_missing(struct changes *c, struct job *job, const char *code,
                     const char *message) {
  if (job->missing) {
    settle(c, job);
    return;
  }
  job->missing = true;
  struct change change = change_of(job, CHANGE_JOB_MISSING, code, message);
  change.new_status = "";
  emit_change(c, job, &change);
}

/* A change of the project. */
static void emit_project(const struct changes *c, enum change_kind kind,
                         const char *message) {
  emit(c, &(struct change){.kind = kind,
                           .old_status = "",
                           .new_status = "",
                           .code = "",
                           .message = message});
}

void changes_jobs(struct changes *c, size_t jobs, const char *cause) {
  char count[48];
  bool none = jobs == 0;
  if (none == c->no_jobs)
    return;
  c->no_jobs = none;
  snprintf(count, sizeof(count), "%zu job%s", jobs, jobs == 1 ? "" : "s");
  emit_project(c, none ? CHANGE_NO_JOBS : CHANGE_JOBS_AGAIN,
               none ? cause : count);
}

void changes_project(struct changes *c, const struct err *down) {
  bool is_down = down != NULL;
  if (is_down == c->project_down)
    return;
  c->project_down = is_down;
  emit_project(c, is_down ? CHANGE_PROJECT_DOWN : CHANGE_PROJECT_UP,
               is_down ? down->text : "");
}
