/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The plugin's lines in collectd's log, each of the form
 *
 *     drs plugin: project "NAME": KIND: TEXT
 *
 * Where drs-check listens, errors and warnings are reported to it instead, see
 * report.h. */

#ifndef DRS_PLUGIN_LOG_H
#define DRS_PLUGIN_LOG_H

#include <collectd/core/daemon/plugin.h>

#include "base/err.h"

/* The subject of a line. `project` NULL: the plugin as a whole; `option` NULL:
 * no option's subject; ERR_NONE: it reports no problem, and has no kind. */
struct log_subject {
  const char *project, *option;
  enum err_kind kind;
};

/* Logs one line. `level` is syslog's (LOG_ERR, LOG_WARNING, LOG_INFO). */
void log_line(int level, const struct log_subject *subject, const char *format,
              ...) __attribute__((format(printf, 3, 4)));

#define log_of(level, project_name, err_kind, ...)                             \
  log_line(level,                                                              \
           &(const struct log_subject){.project = (project_name),              \
                                       .kind = (err_kind)},                    \
           __VA_ARGS__)
#define log_error(...) log_of(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_of(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_of(LOG_INFO, __VA_ARGS__)

/* How many causes of one kind are remembered while it lasts. */
#define LOG_CAUSES_MAX 8

/* One kind of problem that lasts: its first cause is logged, and each cause
 * after it that differs in more than its numbers, such as a certificate that
 * is not trusted after a connection that was cut. A service that makes up a
 * new text each time fills no log: after LOG_CAUSES_MAX lines there is one a
 * minute at most. All zero: no problem. */
struct log_problem {
  size_t causes_len; /* 0: no problem */
  uint64_t causes[LOG_CAUSES_MAX];
  size_t oldest;
  cdtime_t logged_at;
};

/* Whether this cause has to be logged now; remembers it if so. */
bool log_problem_must_be_logged(struct log_problem *p, const char *text,
                                cdtime_t now);

/* Ends the problem; true: there was one. */
bool log_problem_clear(struct log_problem *p);

#endif
