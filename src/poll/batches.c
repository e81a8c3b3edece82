/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Cutting, dividing, and what is learnt from it. */

#include "poll/batches.h"

#include <stdlib.h>

/* A job that is quarantined is asked again after this long. */
#define QUARANTINE_MS (10 * 60 * 1000)
/* Reads without service_error until a larger batch is tried, at first and at
 * most. */
#define GROW_AFTER_MIN 60
#define GROW_AFTER_MAX 3840

void batches_init(struct batches *b, struct jobs *jobs, size_t limit) {
  *b = (struct batches){.jobs = jobs,
                        .limit = limit,
                        .size = limit,
                        .grow_after = GROW_AFTER_MIN};
}

void batches_free(struct batches *b) {
  free(b->pending);
  b->pending = NULL;
}

static struct job *job_at(const struct batches *b, size_t place) {
  return b->jobs->all[place % b->jobs->len];
}

/* The job that has been quarantined the longest, if it is due. One in a read is
 * enough: what is quarantined is asked for seldom. */
static struct batch find_probe(const struct batches *b, msec_t now) {
  struct batch probe = {0};
  msec_t oldest = now;
  for (size_t i = 0; i < b->jobs->len; i++) {
    const struct job *job = b->jobs->all[i];
    if (!job->quarantined || job->retry_at > oldest)
      continue;
    oldest = job->retry_at;
    probe = (struct batch){.first = i, .span = 1, .len = 1};
  }
  return probe;
}

void batches_begin(struct batches *b, msec_t now) {
  b->pending_len = 0;
  b->min_split_size = 0;
  b->quarantined_count = 0;
  b->left = b->jobs->len;
  b->place = b->start;
  b->probe = find_probe(b, now);
}

/* Cuts the next batch from what is left of the table. */
static bool cut(struct batches *b, struct batch *out) {
  *out = (struct batch){.first = b->place};
  for (; b->left > 0 && out->len < b->size; b->left--) {
    out->len += !job_at(b, b->place)->quarantined;
    out->span++;
    b->place = (b->place + 1) % b->jobs->len;
  }
  return out->len > 0;
}

bool batches_next(struct batches *b, struct batch *out) {
  if (b->pending_len > 0) {
    *out = b->pending[--b->pending_len];
    return true;
  }
  if (cut(b, out))
    return true;
  *out = b->probe;
  b->probe.len = 0;
  return out->len > 0;
}

struct job *batches_each(const struct batches *b, const struct batch *batch,
                         size_t *at) {
  while (*at < batch->span) {
    struct job *job = job_at(b, batch->first + (*at)++);
    if (!job->quarantined || batch->span == 1)
      return job;
  }
  return NULL;
}

bool batches_requeue(struct batches *b, const struct batch *batch) {
  if (batch->len == 0)
    return true;
  if (b->pending_len == b->pending_size) {
    size_t size = b->pending_size == 0 ? 16 : 2 * b->pending_size;
    struct batch *pending = reallocarray(b->pending, size, sizeof(*pending));
    if (pending == NULL)
      return false;
    b->pending = pending;
    b->pending_size = size;
  }
  b->pending[b->pending_len++] = *batch;
  return true;
}

/* The ids that are in it now: an answer may have had a job that was
 * quarantined, and one of its own may have been set quarantined since. */
static size_t count_ids(const struct batches *b, const struct batch *batch) {
  size_t n = 0, at = 0;
  while (batches_each(b, batch, &at) != NULL)
    n++;
  return n;
}

/* Two halves with as many ids each, give or take one, of `len` in all. */
static void halve(struct batches *b, const struct batch *batch, size_t len) {
  struct batch front = {.first = batch->first}, back = *batch;
  back.len = len;
  while (front.len < len / 2) {
    front.len += !job_at(b, back.first)->quarantined;
    front.span++;
    back.first = (back.first + 1) % b->jobs->len;
  }
  back.span -= front.span;
  back.len -= front.len;
  front.repeated = batch->repeated;
  batches_requeue(b, &back);
  batches_requeue(b, &front);
}

void batches_accepted(struct batches *b, const struct batch *batch) {
  if (batch->len <= b->accepted_max)
    return;
  b->accepted_max = batch->len;
  b->grow_after = GROW_AFTER_MIN; /* it takes more than was known: go on soon */
}

struct job *batches_split(struct batches *b, const struct batch *batch,
                          msec_t now) {
  size_t at = 0, len = count_ids(b, batch);
  struct job *job = len == 1 ? batches_each(b, batch, &at) : NULL;
  if (job != NULL) {
    b->quarantined_count += !job->quarantined;
    job->quarantined = true;
    job->retry_at = now + QUARANTINE_MS;
  } else if (len > 1) {
    if (b->min_split_size == 0 || len < b->min_split_size)
      b->min_split_size = len;
    halve(b, batch, len);
  }
  return job;
}

/* `refused` ids were too many. */
static void shrink(struct batches *b, size_t refused) {
  if (b->accepted_max >= refused)
    b->accepted_max = 0; /* the service has become stricter */
  else if (b->accepted_max > 0 && b->grow_after < GROW_AFTER_MAX)
    b->grow_after *= 2;
  size_t size = refused / 2;
  if (size < b->accepted_max)
    size = b->accepted_max;
  if (size < b->size)
    b->size = size;
  b->reads = 0;
}

bool batches_too_large(struct batches *b, const struct batch *batch) {
  size_t len = count_ids(b, batch);
  if (len < 2)
    return false;
  shrink(b, len);
  halve(b, batch, len);
  return true;
}

/* A quarter more, once the size has served well for long enough. */
static void grow(struct batches *b) {
  if (b->size >= b->limit || ++b->reads < b->grow_after)
    return;
  size_t more = b->size / 4 > 0 ? b->size / 4 : 1;
  b->size = b->limit - b->size < more ? b->limit : b->size + more;
  b->reads = 0;
}

void batches_end(struct batches *b) {
  if (b->min_split_size > 0 && b->quarantined_count == 0)
    shrink(b, b->min_split_size); /* all parts were taken: it was the size */
  else
    grow(b);
  b->start = b->pending_len > 0 ? b->pending[0].first : b->place;
}
