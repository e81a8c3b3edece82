/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One DRS project (a tenant in a region), and when what is asked in a read of
 * it: authorize, fill the places with batches, end in time. Nothing
 * here waits: project_step does what can be done now, and what the network
 * brings comes from http_poll. */

#ifndef DRS_POLL_PROJECT_H
#define DRS_POLL_PROJECT_H

#include "auth/auth.h"
#include "poll/cycle.h"
#include "poll/project_config.h"

struct project;

/* Borrows all that it is given. `host` is where the names of its jobs are
 * reserved; NULL: nowhere. NULL and ERR_CONFIG: a name is another job's. */
struct project *project_new(const struct project_config *config,
                            struct host_names *host, struct auths *auths,
                            const struct project_events *events, void *arg,
                            struct err *err);

/* Cancels what is under way; no event comes from it. */
void project_free(struct project *p);

const struct project_config *project_config(const struct project *p);
const struct project_counts *project_counts(const struct project *p);

/* Starts a read that ends within `budget` milliseconds, whatever happens. If
 * one is running, the new one is skipped, and counted. */
void project_start(struct project *p, struct http *http, msec_t now,
                   msec_t budget);

/* Does what can be done now; returns when to call again at the latest. To be
 * called after project_start and after each http_poll, read or not. */
msec_t project_step(struct project *p, msec_t now);

bool project_is_polling(const struct project *p);

/* Ends a read at once; what was answered stays. */
void project_stop(struct project *p);

#endif
