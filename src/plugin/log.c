/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The one place that writes to collectd's log. */

#include "plugin/log.h"

#include "base/c_locale.h"
#include "base/secret.h"
#include "plugin/report.h"

/* Room for the longest text and the names before it; collectd cuts lines at
 * 1,024 bytes. */
#define LINE_MAX_SIZE 1024

static void write_line(int level, const char *project, enum err_kind kind,
                       const char *text) {
  bool has_kind = kind != ERR_NONE;
  plugin_log(level, "drs plugin: %s%s%s%s%s%s",
             project != NULL ? "project \"" : "",
             project != NULL ? project : "", project != NULL ? "\": " : "",
             has_kind ? err_kind_name(kind) : "", has_kind ? ": " : "", text);
}

void log_line(int level, const struct log_subject *subject, const char *format,
              ...) {
  char text[LINE_MAX_SIZE];
  va_list ap;
  va_start(ap, format);
  c_locale_vsnprintf(text, sizeof(text), format, ap);
  va_end(ap);
  secret_redact(text);
  err_make_printable(text);
  if (report_is_on() && level <= LOG_WARNING)
    report_error(subject, level > LOG_ERR, text);
  else
    write_line(level, subject->project, subject->kind, text);
}

/* Problems that last */

/* FNV-1a of the text without its digits: "2 of 5 jobs" and "3 of 5 jobs" are
 * one cause. */
static uint64_t hash_cause(const char *text) {
  uint64_t hash = 14695981039346656037u;
  for (; *text != '\0'; text++)
    if (*text < '0' || *text > '9')
      hash = (hash ^ (unsigned char)*text) * 1099511628211u;
  return hash;
}

bool log_problem_must_be_logged(struct log_problem *p, const char *text,
                                cdtime_t now) {
  uint64_t hash = hash_cause(text);
  for (size_t i = 0; i < p->causes_len; i++)
    if (p->causes[i] == hash)
      return false;
  if (p->causes_len < LOG_CAUSES_MAX) {
    p->causes[p->causes_len++] = hash;
  } else if (now - p->logged_at >= TIME_T_TO_CDTIME_T(60)) {
    p->causes[p->oldest] = hash;
    p->oldest = (p->oldest + 1) % LOG_CAUSES_MAX;
  } else {
    return false;
  }
  p->logged_at = now;
  return true;
}

bool log_problem_clear(struct log_problem *p) {
  bool was_set = p->causes_len > 0;
  *p = (struct log_problem){0};
  return was_set;
}
