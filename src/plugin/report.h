/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The records for drs-check: one JSON object a line, as drs-check(8) describes
 * them under CHANNEL. The lines go to the function drs_check_line of
 * drs-check's own module. Without that module there is no such function, and
 * nothing is composed: a daemon has no more of all this than one symbol that is
 * not found.
 */

#ifndef DRS_PLUGIN_REPORT_H
#define DRS_PLUGIN_REPORT_H

#include "plugin/log.h"
#include "poll/project_config.h"
#include "poll/project_events.h"

/* Looks for drs-check; to be called first, and before any other thread runs. */
void report_open(void);

bool report_is_on(void);

/* Each does nothing unless drs-check listens. */
/* An error or a warning, in place of its line in the log. */
void report_error(const struct log_subject *subject, bool is_warning,
                  const char *text);
/* The job was reported. */
void report_job(const char *project, const struct job *job);
/* It is missing, or has failed; the rest of it is as reported. */
void report_change(const char *project, const struct change *change);
/* The end of a cycle, after all of its jobs and errors. */
void report_project(const struct project_config *config,
                    const struct project_result *result,
                    const struct project_counts *counts);

#endif
