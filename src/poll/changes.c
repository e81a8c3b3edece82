/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One function for each thing that is compared. */

#include "poll/changes.h"

static void emit(const struct changes *c, const struct change *change) {
  c->events->changed(c->arg, change);
}

static void compare_presence(const struct changes *c, struct job *job,
                             const struct progress *p) {
  if (!job->missing)
    return;
  job->missing = false;
  emit(c, &(struct change){.kind = CHANGE_JOB_BACK,
                           .job = job,
                           .old_status = job->status,
                           .new_status = p->transfer_status.text,
                           .code = p->base.error_code.text,
                           .message = p->base.error_msg.text});
}

static bool compare_status(const struct changes *c, struct job *job,
                           const struct progress *p) {
  const struct json_text *status = &p->transfer_status;
  char old[JOBS_STATUS_MAX];
  if (status->len == 0 || !jobs_set_status(job, status->text, old))
    return false;
  emit(c, &(struct change){.kind = CHANGE_STATUS,
                           .job = job,
                           .old_status = old,
                           .new_status = job->status,
                           .code = p->base.error_code.text,
                           .message = p->base.error_msg.text});
  return true;
}

static bool compare_error(const struct changes *c, struct job *job,
                          const struct progress *p) {
  bool has_error = p->base.error_code.len > 0;
  if (has_error == job->has_error)
    return false;
  job->has_error = has_error;
  emit(c,
       &(struct change){.kind = has_error ? CHANGE_ERROR : CHANGE_ERROR_CLEARED,
                        .job = job,
                        .old_status = job->status,
                        .new_status = job->status,
                        .code = p->base.error_code.text,
                        .message = p->base.error_msg.text});
  return true;
}

static void emit_readiness(const struct changes *c, struct job *job,
                           enum readiness_turn turn) {
  bool ready = turn == READINESS_BECAME_READY;
  emit(c,
       &(struct change){.kind = ready ? CHANGE_READY : CHANGE_NOT_READY,
                        .job = job,
                        .old_status = job->status,
                        .new_status = job->status,
                        .code = "",
                        .message = "",
                        .cause = (enum readiness_cause)job->readiness.cause});
}

void changes_answered(const struct changes *c, struct job *job,
                      const struct progress *p, enum readiness_turn turn) {
  compare_presence(c, job, p);
  bool status = compare_status(c, job, p);
  bool error = compare_error(c, job, p);
  if (turn != READINESS_SAME && !status && !error)
    emit_readiness(c, job, turn);
}

void changes_missing(const struct changes *c, struct job *job, const char *code,
                     const char *message) {
  if (job->missing)
    return;
  job->missing = true;
  emit(c, &(struct change){.kind = CHANGE_JOB_MISSING,
                           .job = job,
                           .old_status = job->status,
                           .new_status = "",
                           .code = code,
                           .message = message});
}

void changes_project(struct changes *c, const struct err *down) {
  bool is_down = down != NULL;
  if (is_down == c->project_down)
    return;
  c->project_down = is_down;
  emit(c, &(struct change){.kind = is_down ? CHANGE_PROJECT_DOWN
                                           : CHANGE_PROJECT_UP,
                           .old_status = "",
                           .new_status = "",
                           .code = "",
                           .message = is_down ? down->text : ""});
}
