/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table of jobs, cut into batches: the ids of one request each, cycle after
 * cycle.
 *
 * How many ids the service takes in one request is not published, nor what one
 * bad id does to the others. Both are found out: a batch that is rejected is
 * divided. If that ends at a job that is rejected alone, the job is quarantined
 * and polled alone and seldom; if all parts are accepted, and no batch as large
 * was, the batch was too large, and the size that works is remembered.
 *
 * A failing gateway rejects batches of any size for a while, so:
 * - while nothing is accepted, one request is sent at a time, for a single id
 *   of a rejected batch: if that is rejected in the same way, its size is not
 *   the reason, and no batch is divided for its size in this cycle;
 * - a cycle in which nothing was accepted lowers no size;
 * - where the size was lowered, the first batch of the next cycle has the
 *   user's again, then that of every second cycle for as long as an outage may
 *   take, and then ever more seldom a quarter more.
 *
 * A failing service may reject any job for a while, or every one, so:
 * - a job that was reported before is quarantined when it is rejected in a
 *   second cycle;
 * - a cycle in which nothing was accepted, and the one after it, quarantine no
 *   job;
 * - jobs that were rejected in one cycle, or in cycles without a break between
 *   them, form a group. Each quarantined job costs one request in ten minutes;
 *   in a group these are spread over the ten minutes, and one that is accepted
 *   releases the group: its jobs are polled in batches that double with each
 *   success;
 * - where a job that was missed is reported again, the quarantined job that is
 *   due next is polled in the cycle after;
 * - jobs that were rejected without a code that blames a job form one group,
 *   BATCHES_UNSURE. One of them is polled again in the next cycle, and each
 *   once a minute;
 * - after some jobs in a row were rejected alone, no batch is divided until a
 *   request is accepted.
 *
 *     batches_begin(&b, cycle, now);
 *     while (batches_next(&b, &batch))
 *       ask for its jobs (batches_each); on the response, one of
 *       batches_accepted, batches_split, batches_too_large, batches_failed,
 *       batches_timed_out, batches_requeue
 *     batches_end(&b);
 *
 * A cycle that had to stop is continued by the next, so that every job is
 * polled in turn. */

#ifndef DRS_POLL_BATCHES_H
#define DRS_POLL_BATCHES_H

#include "poll/jobs.h"

/* Jobs rejected alone, none accepted in between, until no batch is divided; and
 * then parts of divided batches that are requested as they are. */
#define BATCHES_REJECTED_MAX 4

/* A group: it is not certain that its jobs are rejected for themselves. */
#define BATCHES_UNSURE UINT32_MAX

/* Jobs at the places first, first + 1, ..., `span` in all, the end of the
 * table being followed by its start: those that are not quarantined, or those
 * of one group. A batch of one place has its job in any case. */
struct batch {
  size_t first, span;
  size_t len;      /* ids in it */
  uint32_t cohort; /* of quarantined jobs; 0: not quarantined */
  bool repeated;   /* sent a second time with new credentials */
};

struct batch_stack {
  struct batch *all;
  size_t len, size;
};

struct batches {
  struct jobs *jobs;
  enum job_call call;
  size_t limit;     /* the user's BatchSize */
  bool only_failed; /* no job but those that await the reason of a failure */
  size_t start;     /* the place where the next cycle begins */

  /* known of the service's limit */
  size_t size;     /* ids in one batch, 1 to limit */
  size_t trial;    /* size of the next cycle's first batch; 0: `size` */
  unsigned trials; /* larger ones that were rejected since the size is known */
  unsigned wait;   /* good cycles until the next larger one */
  bool in_doubt;   /* batches were rejected, and none was accepted since: each
                      request waits for the response to the one before */

  /* of this cycle */
  uint32_t cycle;           /* its number */
  uint32_t cohort;          /* of jobs that are rejected in it */
  msec_t now;               /* when it began */
  struct batch unrequested; /* not requested yet; its `len` is not counted */
  struct batch_stack pending, aside;
  struct batch probe;         /* a quarantined job that is due; len 0: none */
  struct batch release;       /* the rest of the group that a probe releases;
                                 likewise */
  size_t release_size;        /* ids in its next batch; 0: nothing to release */
  bool release_waits;         /* for the response to the batch before */
  size_t accepted, timed_out; /* ids of the largest such batch */
  size_t split_min;           /* ids of the smallest batch divided for a job */
  size_t too_large_min;       /* and for its size */
  size_t reduced;             /* ids in one batch from now on; 0: `size` */
  bool any_size;              /* a single id was rejected as too many */
  bool slow; /* a trial costs time: a batch took too long, or too much */

  size_t rejected;        /* jobs newly quarantined */
  size_t rejected_in_row; /* rejected alone since one was accepted */
  bool after_outage;      /* the cycle before had rejections only */
  bool others_are_back;   /* jobs that were missed have been reported again */
  bool inconclusive;      /* not every rejection is explained */
  bool out_of_memory;     /* batches were lost for it */
};

void batches_init(struct batches *b, struct jobs *jobs, enum job_call call,
                  size_t limit);
void batches_free(struct batches *b);

/* Starts a cycle, whose number is not 0, over all jobs. */
void batches_begin(struct batches *b, uint32_t cycle, msec_t now);

/* The next batch, or false where none is left, or none until a response to an
 * earlier one. */
bool batches_next(struct batches *b, struct batch *out);

/* The jobs of a batch, one by one: `*at` counts on from 0. NULL: no more. */
struct job *batches_each(const struct batches *b, const struct batch *batch,
                         size_t *at);

/* The service accepted the batch, whatever it reports of its jobs. */
void batches_accepted(struct batches *b, const struct batch *batch);

/* The batch was rejected, and one of its ids is the reason, certainly or
 * perhaps: it is divided. If there is one job only, it is quarantined now, and
 * returned. */
struct job *batches_split(struct batches *b, const struct batch *batch,
                          bool certain);

/* The batch was rejected because it is too large, certainly or perhaps: it is
 * divided. False: it has one id only, or its size is not the reason. */
bool batches_too_large(struct batches *b, const struct batch *batch,
                       bool certain);

/* No response came within the timeout. False: this says nothing of the
 * batch's size; true: it was too large, and is divided. */
bool batches_timed_out(struct batches *b, const struct batch *batch);

/* The request failed, which says nothing of its batch. */
void batches_failed(struct batches *b);

/* The batch is to be requested again in this cycle. */
void batches_requeue(struct batches *b, const struct batch *batch);

/* Ends a cycle. Jobs that were not requested come first in the next one. */
void batches_end(struct batches *b);

/* Whether jobs are left that were not requested, or are to be requested again.
 */
static inline bool batches_are_left(const struct batches *b) {
  return b->unrequested.span > 0 || b->pending.len > 0;
}

/* Whether every job of a rejected batch was requested again. */
static inline bool batches_are_divided(const struct batches *b) {
  return b->pending.len == 0 && b->aside.len == 0;
}

/* The jobs that form a group with those that were rejected alone in this cycle,
 * and those of BATCHES_UNSURE, one by one; none if none was rejected. */
struct job *batches_each_rejected(const struct batches *b, size_t *at);

#endif
