/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table of notifications: how grave each is, and the metric that it
 * belongs to. */

#include "plugin/notifications.h"

#include <collectd/core/daemon/globals.h>
#include <collectd/core/utils/common/common.h>

#include "api/status.h"

enum notice {
  STATUS,
  ERROR_STARTS,
  ERROR_STOPS,
  JOB_MISSING,
  JOB_BACK,
  UNREACHABLE,
  REACHABLE
};

static const struct {
  int severity; /* 0: the status has its own */
  const char *type, *type_instance;
} notices[] = {
    [STATUS] = {0, "gauge", "status"},
    [ERROR_STARTS] = {NOTIF_FAILURE, "bool", "error"},
    [ERROR_STOPS] = {NOTIF_OKAY, "bool", "error"},
    [JOB_MISSING] = {NOTIF_WARNING, "gauge", "status"},
    [JOB_BACK] = {NOTIF_OKAY, "gauge", "status"},
    [UNREACHABLE] = {NOTIF_FAILURE, "bool", "up"},
    [REACHABLE] = {NOTIF_OKAY, "bool", "up"},
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

static void dispatch(const struct notifications *n, enum notice what,
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
static void tell(const struct notifications *n, enum notice what, int severity,
                 const struct job *job, const char *words, const char *code,
                 const char *message) {
  notification_t out = {.severity = severity};
  bool named = strcmp(job->id, job->name) != 0;
  ssnprintf(out.message, sizeof(out.message), "Job %.*s%s%s%s %s%s%s%s%s",
            NAME_SHOWN * named, job->name, named ? " (" : "", job->id,
            named ? ")" : "", words, *code ? ": " : "", code,
            *message ? ": " : "", message);
  dispatch(n, what, job->name, &out);
}

static void tell_status(const struct notifications *n, struct job *job,
                        const struct progress *p) {
  const struct progress_text *status = &p->transfer_status;
  char was[JOBS_STATUS_MAX], words[2 * JOBS_STATUS_MAX + 32];
  if (status->len == 0 || !jobs_set_status(job, status->text, was))
    return;
  int severity =
      severities[status_family(status_code(status->text, status->len))];
  if (*was == '\0' && severity == NOTIF_OKAY)
    return;
  ssnprintf(words, sizeof(words), "%s %s%s%s", *was ? "went from" : "is", was,
            *was ? " to " : "", job->status);
  tell(n, STATUS, severity, job, words, p->error_code.text, p->error_msg.text);
}

static void tell_error(const struct notifications *n, struct job *job,
                       const struct progress *p) {
  bool has_error = p->error_code.len > 0;
  if (has_error == job->has_error)
    return;
  job->has_error = has_error;
  if (has_error)
    tell(n, ERROR_STARTS, 0, job, "has an error", p->error_code.text,
         p->error_msg.text);
  else
    tell(n, ERROR_STOPS, 0, job, "has no error any more", "", "");
}

void notifications_job(const struct notifications *n, struct job *job,
                       const struct progress *p) {
  if (job->missing)
    tell(n, JOB_BACK, 0, job, "is back", "", p->transfer_status.text);
  job->missing = false;
  tell_status(n, job, p);
  tell_error(n, job, p);
}

void notifications_missing(const struct notifications *n, struct job *job,
                           const struct err *why) {
  if (job->missing)
    return;
  job->missing = true;
  tell(n, JOB_MISSING, 0, job,
       job->read == 0 ? "is not found" : "is not found any more", "",
       why->text);
}

/* An answer that knows none of the jobs is an answer. */
static const struct err *unreachable(const struct project_result *r) {
  for (int kind = ERR_NONE + 1; kind < ERR_KINDS; kind++)
    if (kind != ERR_JOB && r->answered == 0 && err_is_set(&r->errors[kind]))
      return &r->errors[kind];
  return NULL;
}

void notifications_project(struct notifications *n, const char *project,
                           const struct project_result *result) {
  const struct err *why = unreachable(result);
  notification_t out = {0};
  if ((why != NULL) == n->unreachable)
    return;
  n->unreachable = why != NULL;
  ssnprintf(out.message, sizeof(out.message), "Project %.*s %s%s", NAME_SHOWN,
            project, why != NULL ? "is unreachable: " : "answers again",
            why != NULL ? why->text : "");
  dispatch(n, why != NULL ? UNREACHABLE : REACHABLE, project, &out);
}
