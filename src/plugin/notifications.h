/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What changed since the last read, as notifications: each change once, when
 * it happens. What is as it should be at the first read is not told. */

#ifndef DRS_PLUGIN_NOTIFICATIONS_H
#define DRS_PLUGIN_NOTIFICATIONS_H

#include <collectd/core/daemon/plugin.h>

#include "poll/project.h"

/* A project's. */
struct notifications {
  bool wanted;      /* false: only what is remembered is kept up to date */
  const char *host; /* NULL: collectd's own */
  bool unreachable; /* and told so */
};

/* A job was answered for: its status, its error code, its being back. */
void notifications_job(const struct notifications *n, struct job *job,
                       const struct progress *p);

/* The service does not know a job; `why` may be empty. */
void notifications_missing(const struct notifications *n, struct job *job,
                           const struct err *why);

/* A read of the project is over. */
void notifications_project(struct notifications *n, const char *project,
                           const struct project_result *result);

#endif
