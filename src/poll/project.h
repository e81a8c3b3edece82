/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One DRS project (a tenant in a region): its sources of jobs and its cycles.
 * Nothing here waits: project_step does all that can be done now, and
 * http_poll delivers the responses. */

#ifndef DRS_POLL_PROJECT_H
#define DRS_POLL_PROJECT_H

#include "auth/auth.h"
#include "poll/cycle.h"
#include "poll/project_config.h"

struct project;

/* A project's environment. All of it must outlive the project. */
struct project_env {
  struct http *http;
  struct auths *auths;
  struct host_names *host; /* reserves its jobs' names; NULL: none does */
  size_t number;           /* in the order of configuration, from 0 */
};

/* Borrows all that it is given. NULL: an error of its configuration, or out of
 * memory. Events may come before it returns. */
struct project *project_new(const struct project_config *config,
                            const struct project_env *env,
                            const struct project_events *events, void *arg,
                            struct err *err);

/* Cancels all requests; no event comes from it. */
void project_free(struct project *p);

const struct project_config *project_config(const struct project *p);
const struct project_counts *project_counts(const struct project *p);

/* Starts a cycle that ends within `budget` milliseconds, whatever happens; to
 * be called when none is running. */
void project_start(struct project *p, msec_t now, msec_t budget);

/* Counts a cycle that was due while one is running. */
void project_skip(struct project *p);

/* Does all that can be done now; returns when to call again at the latest. To
 * be called after project_start, after each call of `wake_owner`, and, while it
 * awaits credentials, after each http_poll. */
msec_t project_step(struct project *p, msec_t now);

/* From now on `wake_owner` is called, in http_poll, when a response has come.
 */
void project_watch(struct project *p, void (*wake_owner)(void *arg), void *arg);

/* Whether a request waits until there are credentials for it. */
bool project_awaits_credentials(const struct project *p);

/* How many jobs its table has. */
size_t project_jobs(const struct project *p);

bool project_is_polling(const struct project *p);

/* Ends a cycle at once, without an event. */
void project_stop(struct project *p);

#endif
