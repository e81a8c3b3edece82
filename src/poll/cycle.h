/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What the answers of a read mean: for the batch that was asked for, which may
 * be divided or asked again; for the read, which may have to end; and for those
 * who want to know. It call_pool nothing itself. */

#ifndef DRS_POLL_CYCLE_H
#define DRS_POLL_CYCLE_H

#include "api/call_pool.h"
#include "base/backoff.h"

/* What has been counted since the start. */
struct project_counts {
  uint64_t requests;          /* for progress, and for the list of jobs */
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
  const char *insecure_file; /* a secret's file that others may read, or NULL */
  bool jobs_known;           /* what jobs there are, by each source of them */
  /* Of the file of jobs, and of the service's list: NULL: nothing new; an error
   * that is not set: all is well again. */
  const struct err *file_change, *discovery_change;
};

/* Whether every job was answered for. */
static inline bool project_is_up(const struct project_result *r) {
  return r->jobs_known && r->answered == r->jobs;
}

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

/* A refused job whose refusal may have another reason is believed to be bad
 * only where something else was accepted; so many are tried before that. */
#define SUSPECTS_MAX 3

/* What is kept from read to read, and one read. All zero but for the first
 * four is a new one. */
struct cycle {
  const struct project_events *events;
  void *arg;
  size_t parallel; /* requests that may be under way */
  struct batches batches;
  struct project_counts counts;
  struct backoff throttled;

  uint32_t number;
  bool closed;    /* nothing more is asked in this read */
  double started; /* by clock_seconds */
  size_t accepted, failed, suspects_len; /* requests */
  struct job *suspects[SUSPECTS_MAX];
  struct err suspect_error; /* why the last of them was refused */
  struct project_result result;
};

void cycle_begin(struct cycle *r, msec_t now);

/* An item of an answer, and its end; as struct batch_call_handler has them. */
void cycle_item(void *reading, struct batch_call *ask,
                const struct progress *p);
void cycle_done(void *reading, struct batch_call *ask);

/* Counts what went wrong. */
void cycle_fail(struct cycle *r, const struct err *err);

/* Likewise, where the rest of the read would fail in the same way. */
void cycle_close(struct cycle *r, const struct err *err);

/* The read is over; tells so. */
void cycle_end(struct cycle *r);

#endif
