/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table of notifications: severity, words, and the metric that each
 * belongs to. */

#include "plugin/notifications.h"

#include <collectd/core/utils/common/common.h>

#include "api/status.h"
#include "base/secret.h"

typedef void push_fn(struct notifications *n, const struct change *change);
static push_fn push_status, push_plain, push_missing, push_back, push_flaps,
    push_not_ready, push_project;

/* clang-format off */
static const struct {
  int severity; /* 0: the status has its own */
  const char *type, *type_instance;
  const char *words; /* behind the name of the job or project */
  push_fn *push;
  const char *many; /* behind the number of several jobs */
} kinds[] = {
    [CHANGE_STATUS] = {0, "gauge", "status", "", push_status, "changed their status"},
    [CHANGE_ERROR] = {NOTIF_FAILURE, "bool", "error", " reports an error", push_plain, "report an error"},
    [CHANGE_ERROR_CLEARED] = {NOTIF_OKAY, "bool", "error", ": error cleared", push_plain, "no longer report an error"},
    [CHANGE_JOB_MISSING] = {NOTIF_WARNING, "gauge", "status", " is not found", push_missing, "are not found"},
    [CHANGE_JOB_BACK] = {NOTIF_OKAY, "gauge", "status", " is back", push_back, "are back"},
    [CHANGE_FLAPS] = {NOTIF_WARNING, "gauge", "status", " flaps: ", push_flaps, "flap"},
    [CHANGE_STEADY] = {0, "gauge", "status", " does not flap any more: ", push_flaps, "do not flap any more"},
    [CHANGE_READY] = {NOTIF_OKAY, "bool", "ready", " is ready for cutover", push_plain, "are ready for cutover"},
    [CHANGE_NOT_READY] = {NOTIF_WARNING, "bool", "ready", " is not ready for cutover any more", push_not_ready, "are not ready for cutover any more"},
    [CHANGE_PROJECT_DOWN] = {NOTIF_FAILURE, "bool", "up", " is unreachable: ", push_project},
    [CHANGE_PROJECT_UP] = {NOTIF_OKAY, "bool", "up", " is reachable again", push_project},
    [CHANGE_NO_JOBS] = {NOTIF_WARNING, "count", "jobs", " has nothing to monitor: ", push_project},
    [CHANGE_JOBS_AGAIN] = {NOTIF_OKAY, "count", "jobs", " monitors again: ", push_project},
};
/* clang-format on */

static const int severities[] = {
    [STATUS_UNKNOWN] = NOTIF_WARNING,  [STATUS_STARTING] = NOTIF_OKAY,
    [STATUS_RUNNING] = NOTIF_OKAY,     [STATUS_PAUSED] = NOTIF_WARNING,
    [STATUS_CHANGING] = NOTIF_WARNING, [STATUS_ENDED] = NOTIF_OKAY,
    [STATUS_FAILED] = NOTIF_FAILURE,
};

/* Where a notification's text is too long it is cut at its end. The name is
 * its plugin instance too, so it gives way first. */
#define NAME_SHOWN 64

static void push_notification(const struct notifications *n,
                              enum change_kind kind, int severity,
                              const char *plugin_instance,
                              notification_t *out) {
  out->time = cdtime();
  out->severity = severity;
  sstrncpy(out->host, n->host, sizeof(out->host));
  sstrncpy(out->plugin, "drs", sizeof(out->plugin));
  sstrncpy(out->plugin_instance, plugin_instance, sizeof(out->plugin_instance));
  sstrncpy(out->type, kinds[kind].type, sizeof(out->type));
  sstrncpy(out->type_instance, kinds[kind].type_instance,
           sizeof(out->type_instance));
  secret_redact(out->message); /* it may quote the service */
  err_make_printable(out->message);
  notification_queue_push(n->queue, out, n->interval);
}

/* "Job NAME (ID) WORDS: CODE: MESSAGE"; empty parts are left out. The words
 * begin with what stands in front of them. */
static void push_job(struct notifications *n, const struct change *change,
                     int severity, const char *words) {
  notification_t out = {0};
  const struct job *job = change->job;
  const char *code = change->code, *message = change->message;
  bool named = strcmp(job->id, job->name) != 0;
  if (n->counts[change->kind][severity]++ >= NOTIFICATIONS_PER_CYCLE)
    return;
  ssnprintf(out.message, sizeof(out.message), "Job %.*s%s%s%s%s%s%s%s%s",
            NAME_SHOWN * named, job->name, named ? " (" : "", job->id,
            named ? ")" : "", words, *code ? ": " : "", code,
            *message ? ": " : "", message);
  push_notification(n, change->kind, severity, job->name, &out);
}

/* A status may be cut, and what is left of a secret then would not be known as
 * one in the middle of the text. */
static void show_status(char shown[JOBS_STATUS_MAX], const char *status) {
  sstrncpy(shown, status, JOBS_STATUS_MAX);
  secret_redact(shown);
}

static int severity_of(const char *status) {
  return severities[status_family(status_code(status, strlen(status)))];
}

static void push_status(struct notifications *n, const struct change *change) {
  char was[JOBS_STATUS_MAX], is[JOBS_STATUS_MAX];
  char words[2 * JOBS_STATUS_MAX + 32];
  const char *status = change->new_status;
  int severity = severity_of(status);
  if (*change->old_status == '\0' && severity == NOTIF_OKAY)
    return;
  show_status(was, change->old_status);
  show_status(is, status);
  struct change shown = *change;
  if (change->reason != NULL && *change->reason != '\0')
    shown.message = change->reason;
  ssnprintf(words, sizeof(words), " %s %s%s%s", *was ? "went from" : "is", was,
            *was ? " to " : "", is);
  push_job(n, &shown, severity, words);
}

static void push_back(struct notifications *n, const struct change *change) {
  struct change back = *change;
  back.code = "";
  back.message = change->new_status;
  push_plain(n, &back);
}

static void push_flaps(struct notifications *n, const struct change *change) {
  char is[JOBS_STATUS_MAX], words[JOBS_STATUS_MAX + 96], count[48] = "";
  bool flaps = change->kind == CHANGE_FLAPS;
  bool missing = change->job->missing;
  int severity =
      flaps || missing ? NOTIF_WARNING : severity_of(change->new_status);
  show_status(is, missing ? "not found" : change->new_status);
  if (flaps)
    ssnprintf(count, sizeof(count), "%d changes in a short time, now ",
              JOBS_FLAP_CHANGES);
  ssnprintf(words, sizeof(words), "%s%s%s", kinds[change->kind].words, count,
            is);
  push_job(n, change, severity, words);
}

static void push_not_ready(struct notifications *n,
                           const struct change *change) {
  static const char *const causes[READINESS_CAUSES] = {
      [READINESS_GOOD] = "",
      [READINESS_DELAY] = ": the delay exceeds ReadyDelay",
      [READINESS_DELAY_UNKNOWN] = ": the delay is not known",
      [READINESS_BACKLOG] = ": the RPO or RTO exceeds ReadyDelay",
      [READINESS_ERROR] = ": it reports an error",
      [READINESS_DIFFERENCE] = ": a comparison found differences",
  };
  char words[96];
  ssnprintf(words, sizeof(words), "%s%s", kinds[change->kind].words,
            causes[change->job->readiness.cause]);
  push_job(n, change, kinds[change->kind].severity, words);
}

/* The words of its row are all that is to say. */
static void push_plain(struct notifications *n, const struct change *change) {
  push_job(n, change, kinds[change->kind].severity, kinds[change->kind].words);
}

static void push_missing(struct notifications *n, const struct change *change) {
  bool was_found = change->job->polls[JOB_PROGRESS].answered > 0;
  push_job(n, change, kinds[change->kind].severity,
           was_found ? " is not found any more" : kinds[change->kind].words);
}

static void push_project(struct notifications *n, const struct change *change) {
  notification_t out = {0};
  ssnprintf(out.message, sizeof(out.message), "Project %.*s%s%s", NAME_SHOWN,
            n->project, kinds[change->kind].words, change->message);
  push_notification(n, change->kind, kinds[change->kind].severity, n->project,
                    &out);
}

void notifications_change(struct notifications *n,
                          const struct change *change) {
  if (n->queue != NULL)
    kinds[change->kind].push(n, change);
}

static void push_sum(const struct notifications *n, enum change_kind kind,
                     int severity, size_t more) {
  notification_t out = {0};
  ssnprintf(out.message, sizeof(out.message), "Project %.*s: %zu more jobs %s",
            NAME_SHOWN, n->project, more, kinds[kind].many);
  push_notification(n, kind, severity, n->project, &out);
}

void notifications_finish(struct notifications *n) {
  for (enum change_kind kind = 0; kind < CHANGE_KINDS; kind++)
    for (int severity = 0; severity <= NOTIF_OKAY; severity++) {
      size_t count = n->counts[kind][severity];
      if (count > NOTIFICATIONS_PER_CYCLE)
        push_sum(n, kind, severity, count - NOTIFICATIONS_PER_CYCLE);
      n->counts[kind][severity] = 0;
    }
}
