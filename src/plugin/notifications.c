/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table of notifications: severity, and the metric that each belongs to. */

#include "plugin/notifications.h"

#include <collectd/core/daemon/globals.h>
#include <collectd/core/utils/common/common.h>

#include "api/status.h"

static const struct {
  int severity; /* 0: the status has its own */
  const char *type, *type_instance;
} notices[] = {
    [CHANGE_STATUS] = {0, "gauge", "status"},
    [CHANGE_ERROR] = {NOTIF_FAILURE, "bool", "error"},
    [CHANGE_ERROR_CLEARED] = {NOTIF_OKAY, "bool", "error"},
    [CHANGE_JOB_MISSING] = {NOTIF_WARNING, "gauge", "status"},
    [CHANGE_JOB_BACK] = {NOTIF_OKAY, "gauge", "status"},
    [CHANGE_PROJECT_DOWN] = {NOTIF_FAILURE, "bool", "up"},
    [CHANGE_PROJECT_UP] = {NOTIF_OKAY, "bool", "up"},
};

static const int severities[] = {
    [STATUS_UNKNOWN] = NOTIF_WARNING,  [STATUS_STARTING] = NOTIF_OKAY,
    [STATUS_RUNNING] = NOTIF_OKAY,     [STATUS_PAUSED] = NOTIF_WARNING,
    [STATUS_CHANGING] = NOTIF_WARNING, [STATUS_ENDED] = NOTIF_OKAY,
    [STATUS_FAILED] = NOTIF_FAILURE,
};

/* Where a notification's text is too long it is cut at its end. The name is
 * its plugin instance too, so it gives way first. */
#define NAME_SHOWN 64

static void dispatch(const struct notifications *n, enum change_kind what,
                     const char *plugin_instance, notification_t *out) {
  if (!n->wanted)
    return;
  out->time = cdtime();
  if (out->severity == 0)
    out->severity = notices[what].severity;
  sstrncpy(out->host, n->host != NULL ? n->host : hostname_g,
           sizeof(out->host));
  sstrncpy(out->plugin, "drs", sizeof(out->plugin));
  sstrncpy(out->plugin_instance, plugin_instance, sizeof(out->plugin_instance));
  sstrncpy(out->type, notices[what].type, sizeof(out->type));
  sstrncpy(out->type_instance, notices[what].type_instance,
           sizeof(out->type_instance));
  err_make_printable(out->message); /* a server's words are in it */
  plugin_dispatch_notification(out);
}

/* "Job NAME (ID) WORDS: CODE: MESSAGE"; what is empty is left out. */
static void dispatch_job(const struct notifications *n,
                         const struct change *change, int severity,
                         const char *words) {
  notification_t out = {.severity = severity};
  const struct job *job = change->job;
  const char *code = change->code, *message = change->message;
  bool named = strcmp(job->id, job->name) != 0;
  ssnprintf(out.message, sizeof(out.message), "Job %.*s%s%s%s %s%s%s%s%s",
            NAME_SHOWN * named, job->name, named ? " (" : "", job->id,
            named ? ")" : "", words, *code ? ": " : "", code,
            *message ? ": " : "", message);
  dispatch(n, change->kind, job->name, &out);
}

static void dispatch_status(const struct notifications *n,
                            const struct change *change) {
  const char *was = change->old_status, *is = change->new_status;
  char words[2 * JOBS_STATUS_MAX + 32];
  int severity = severities[status_family(status_code(is, strlen(is)))];
  if (*was == '\0' && severity == NOTIF_OKAY)
    return;
  ssnprintf(words, sizeof(words), "%s %s%s%s", *was ? "went from" : "is", was,
            *was ? " to " : "", is);
  dispatch_job(n, change, severity, words);
}

static void dispatch_back(const struct notifications *n,
                          const struct change *change) {
  struct change back = *change;
  back.code = "";
  back.message = change->new_status;
  dispatch_job(n, &back, 0, "is back");
}

static void dispatch_project(const struct notifications *n,
                             const struct change *change) {
  notification_t out = {0};
  bool down = change->kind == CHANGE_PROJECT_DOWN;
  ssnprintf(out.message, sizeof(out.message), "Project %.*s %s%s", NAME_SHOWN,
            n->project, down ? "is unreachable: " : "answers again",
            change->message);
  dispatch(n, change->kind, n->project, &out);
}

void notifications_change(const struct notifications *n,
                          const struct change *change) {
  switch (change->kind) {
  case CHANGE_STATUS:
    dispatch_status(n, change);
    break;
  case CHANGE_ERROR:
    dispatch_job(n, change, 0, "has an error");
    break;
  case CHANGE_ERROR_CLEARED:
    dispatch_job(n, change, 0, "has no error any more");
    break;
  case CHANGE_JOB_MISSING:
    dispatch_job(n, change, 0,
                 change->job->polls[JOB_PROGRESS].answered == 0
                     ? "is not found"
                     : "is not found any more");
    break;
  case CHANGE_JOB_BACK:
    dispatch_back(n, change);
    break;
  case CHANGE_PROJECT_DOWN:
  case CHANGE_PROJECT_UP:
    dispatch_project(n, change);
    break;
  }
}
