/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Which jobs are asked for in one request: the table of jobs, cut into
 * batches, read after read.
 *
 * How many ids the service takes in one request is not published, nor what
 * one bad id does to the others. Both are found out: a batch that is refused
 * is divided. If that ends at a job that is refused alone, this job is set
 * quarantined and asked for alone and seldom; if all parts are accepted, the
 * batch was too large, and the size that works is remembered, to grow again
 * later.
 *
 *     batches_begin(&b, now);
 *     while (batches_next(&b, &batch))
 *       ask for each of its jobs (batches_each); when the answer comes, one of
 *       batches_accepted, batches_split, batches_too_large, batches_requeue
 *     batches_end(&b);
 *
 * Each read begins where the last one had to stop, so that every job is asked
 * for in turn. */

#ifndef DRS_POLL_BATCHES_H
#define DRS_POLL_BATCHES_H

#include "poll/jobs.h"

/* Jobs at the places first, first + 1, ..., `span` in all, the end of the
 * table being followed by its start. Those that are quarantined are passed
 * over, except in a batch of one. */
struct batch {
  size_t first, span;
  size_t len;    /* ids in it */
  bool repeated; /* asked a second time with new credentials */
};

struct batches {
  struct jobs *jobs;
  size_t limit; /* the user's BatchSize */
  size_t start; /* the place where the next read begins */

  /* what is known of the service's limit */
  size_t size;              /* ids in one batch now, 1 to limit */
  size_t accepted_max;      /* the most that were accepted */
  unsigned reads;           /* since the size changed */
  unsigned grow_after;      /* reads until it grows; doubles when that fails */
  size_t min_split_size;    /* of this read: ids of the least batch divided */
  size_t quarantined_count; /* of this read: jobs found to be bad */

  /* what of this read is still to be asked */
  size_t place, left;
  struct batch *pending; /* parts of divided batches; a stack */
  size_t pending_len, pending_size;
  struct batch probe; /* one job that is quarantined and is due; len 0: none */
};

void batches_init(struct batches *b, struct jobs *jobs, size_t limit);
void batches_free(struct batches *b);

/* Starts a read of all jobs. */
void batches_begin(struct batches *b, msec_t now);

/* The next batch, or false where none is left. */
bool batches_next(struct batches *b, struct batch *out);

/* The jobs of a batch, one by one: `*at` counts on from 0. NULL: no more. */
struct job *batches_each(const struct batches *b, const struct batch *batch,
                         size_t *at);

/* The service took the batch, whatever it said of its jobs. */
void batches_accepted(struct batches *b, const struct batch *batch);

/* The batch was refused, and one of its ids may be why: its halves are asked
 * next. If there is one job only, it is set quarantined now, and returned. */
struct job *batches_split(struct batches *b, const struct batch *batch,
                          msec_t now);

/* The batch was refused because it is too large: its halves are asked next.
 * False: it had one id only. */
bool batches_too_large(struct batches *b, const struct batch *batch);

/* The batch is to be asked again in this read. False: out of memory. */
bool batches_requeue(struct batches *b, const struct batch *batch);

/* Ends a read. What was not asked comes first in the next one. */
void batches_end(struct batches *b);

#endif
