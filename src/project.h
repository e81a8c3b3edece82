/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One DRS project (a tenant in a region), and one read of it: authorize,
 * divide into batches, submit, decode, and retry what may be retried. Nothing
 * here waits: project_step does what can be done now, and what the network
 * brings comes from http_poll. */

#ifndef DRS_PROJECT_H
#define DRS_PROJECT_H

#include "auth.h"
#include "progress.h"

/* What has been counted since the start. */
struct project_counts {
  uint64_t requests;          /* for progress */
  uint64_t token_requests;    /* for credentials, that it was the one to ask */
  uint64_t errors[ERR_KINDS]; /* by kind */
  uint64_t skipped;           /* reads that were due while one was running */
};

/* How a read ended. */
struct project_result {
  double seconds; /* for the whole read */
  size_t jobs, answered;
  /* The first error of each kind, if any. */
  struct err errors[ERR_KINDS];
  const char *exposed; /* a secret's file that others may read, or NULL */
};

/* How a project tells what it learns; called on the thread that steps it. */
struct project_events {
  /* A read starts. */
  void (*started)(void *arg);
  /* A job was answered for. `job` still has what was remembered from earlier
   * reads; the callee updates status, has_error and missing. */
  void (*job)(void *arg, struct job *job, const struct progress *p);
  /* The service refuses a job, or leaves it out of its answer (then `why` is
   * empty); the callee updates missing. Told at each such answer. */
  void (*missing)(void *arg, struct job *job, const struct err *why);
  /* The read is over. */
  void (*finished)(void *arg, const struct project_result *result);
};

struct project;

/* Takes over the options, also when it fails. `auths`, which it shares with
 * other projects, `events` and `arg` must outlive it. */
struct project *project_new(struct project_options *options,
                            struct auths *auths,
                            const struct project_events *events, void *arg,
                            struct err *err);

/* Cancels what is under way; no event comes from it. */
void project_free(struct project *p);

const struct project_options *project_options(const struct project *p);
const struct project_counts *project_counts(const struct project *p);

/* Starts a read that ends within `budget` milliseconds, whatever happens. If
 * one is running, the new one is skipped, and counted. */
void project_start(struct project *p, struct http *http, msec_t now,
                   msec_t budget);

/* Does what can be done now; returns when to call again at the latest. To be
 * called after project_start and after each http_poll. */
msec_t project_step(struct project *p, msec_t now);

bool project_is_reading(const struct project *p);

/* Ends a read at once; what was answered stays. */
void project_stop(struct project *p);

#endif
