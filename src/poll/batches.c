/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Cutting, dividing, quarantine, and the size that the service accepts. */

#include "poll/batches.h"

#include <stdlib.h>
#include <string.h>

/* A quarantined job is polled again after so many seconds. */
#define QUARANTINE_S (10 * 60)
#define QUARANTINE_UNSURE_S 60
/* The user's batch size is tried so often, in every second cycle, which is for
 * longer than most outages take; then a larger one after twice the cycles each
 * time. */
#define TRIALS_SOON 16
#define WAIT_SOON 2
#define WAIT_MAX 4096

void batches_init(struct batches *b, struct jobs *jobs, enum job_call call,
                  size_t limit) {
  *b = (struct batches){
      .jobs = jobs, .call = call, .limit = limit, .size = limit};
}

void batches_free(struct batches *b) {
  free(b->pending.all);
  free(b->aside.all);
  b->pending = b->aside = (struct batch_stack){0};
}

static struct job *job_at(const struct batches *b, size_t index) {
  return b->jobs->all[index % b->jobs->len];
}

static struct job_poll *poll_of(const struct batches *b, struct job *job) {
  return &job->polls[b->call];
}

static bool is_member(const struct batches *b, struct job *job,
                      uint32_t cohort) {
  return poll_of(b, job)->rejected == cohort &&
         (!b->only_failed || job->awaits_reason);
}

static uint32_t seconds(msec_t time) { return (uint32_t)(time / 1000); }

/* Stacks */

/* A batch that finds no memory is lost for this cycle. */
static void push_batch(struct batches *b, struct batch_stack *s,
                       const struct batch *batch) {
  if (s->len == s->size) {
    size_t size = s->size == 0 ? 16 : 2 * s->size;
    struct batch *all = reallocarray(s->all, size, sizeof(*all));
    if (all == NULL) {
      b->inconclusive = b->out_of_memory = true;
      return;
    }
    s->all = all;
    s->size = size;
  }
  s->all[s->len++] = *batch;
}

static bool pop_batch(struct batch_stack *s, struct batch *out) {
  if (s->len == 0)
    return false;
  *out = s->all[--s->len];
  return true;
}

/* The largest part of a divided batch is at the bottom. */
static bool pop_largest(struct batch_stack *s, struct batch *out) {
  if (s->len == 0)
    return false;
  *out = s->all[0];
  memmove(s->all, s->all + 1, --s->len * sizeof(*s->all));
  return true;
}

void batches_requeue(struct batches *b, const struct batch *batch) {
  if (batch->len > 0)
    push_batch(b, &b->pending, batch);
}

/* Cutting */

/* Cuts a batch of up to `size` ids off the front of another. The rest has
 * fewer places, and as many ids as before: its `len` is the caller's. */
static bool split_off_batch(const struct batches *b, struct batch *rest,
                            size_t size, struct batch *out) {
  *out = *rest;
  out->span = out->len = 0;
  for (; rest->span > 0 && out->len < size; rest->span--) {
    out->len += is_member(b, job_at(b, rest->first), rest->cohort);
    out->span++;
    rest->first = (rest->first + 1) % b->jobs->len;
  }
  return out->len > 0;
}

/* The quarantined job that has been due for the longest time, or will be next
 * where others have come back. One in a cycle is enough: quarantined jobs are
 * polled seldom. */
static struct batch find_probe(const struct batches *b) {
  struct batch probe = {0};
  uint32_t oldest = b->others_are_back ? UINT32_MAX : seconds(b->now);
  for (size_t i = 0; i < b->jobs->len; i++) {
    const struct job_poll *p = poll_of(b, b->jobs->all[i]);
    if (p->rejected == 0 || p->retry_at > oldest ||
        (probe.len > 0 && p->retry_at == oldest))
      continue;
    oldest = p->retry_at;
    probe =
        (struct batch){.first = i, .span = 1, .len = 1, .cohort = p->rejected};
  }
  return probe;
}

void batches_begin(struct batches *b, uint32_t cycle, msec_t now) {
  b->after_outage = b->rejected > 0 && b->accepted == 0;
  b->cycle = cycle;
  if (b->rejected == 0)
    b->cohort = cycle;
  b->now = now;
  b->unrequested = (struct batch){.first = b->start, .span = b->jobs->len};
  b->pending.len = b->aside.len = 0;
  b->release_size = 0;
  b->release_waits = false;
  b->accepted = b->timed_out = 0;
  b->split_min = b->too_large_min = b->reduced = 0;
  b->any_size = b->slow = false;
  b->rejected = b->rejected_in_row = 0;
  b->inconclusive = b->out_of_memory = false;
  b->probe = find_probe(b);
  b->others_are_back = false;
}

/* Ids in one batch for the rest of the cycle. */
static size_t size_now(const struct batches *b) {
  return b->reduced > 0 ? b->reduced : b->size;
}

static bool next_unrequested(struct batches *b, struct batch *out) {
  bool first = b->unrequested.span == b->jobs->len;
  return split_off_batch(b, &b->unrequested,
                         first && b->trial > 0 ? b->trial : size_now(b), out);
}

/* A part of a rejected batch; a single id as long as nothing is accepted. */
static bool next_pending(struct batches *b, struct batch *out) {
  struct batch all;
  size_t max = b->in_doubt ? 1 : size_now(b);
  if (!pop_batch(&b->pending, &all))
    return false;
  *out = all;
  if (all.len <= max)
    return true;
  split_off_batch(b, &all, max, out);
  all.len -= out->len;
  batches_requeue(b, &all);
  return true;
}

/* One batch after the other until they have grown to their full size. */
static bool next_released(struct batches *b, struct batch *out) {
  if (b->release_size == 0 || b->release_waits)
    return false;
  b->release_waits = b->release_size < b->size;
  return split_off_batch(b, &b->release, b->release_size, out);
}

/* Parts of divided batches; none where all seem to be rejected. */
static bool next_part(struct batches *b, struct batch *out) {
  if (b->rejected_in_row < BATCHES_REJECTED_MAX)
    return next_pending(b, out) || pop_batch(&b->aside, out);
  if (b->rejected_in_row >= 2 * BATCHES_REJECTED_MAX ||
      !pop_largest(&b->pending, out))
    return false;
  b->rejected_in_row++;
  return true;
}

bool batches_next(struct batches *b, struct batch *out) {
  bool divides = b->rejected_in_row < BATCHES_REJECTED_MAX;
  if (divides && next_pending(b, out))
    return true;
  if (next_unrequested(b, out) || next_part(b, out) || next_released(b, out))
    return true;
  *out = b->probe;
  b->probe.len = 0;
  return out->len > 0;
}

struct job *batches_each(const struct batches *b, const struct batch *batch,
                         size_t *at) {
  while (*at < batch->span) {
    struct job *job = job_at(b, batch->first + (*at)++);
    if (batch->span == 1 || is_member(b, job, batch->cohort))
      return job;
  }
  return NULL;
}

/* Dividing */

/* The ids that are in it now: a response may have had a quarantined job, and
 * one of its own may have been quarantined since. */
static size_t count_ids(const struct batches *b, const struct batch *batch) {
  size_t n = 0, at = 0;
  while (batches_each(b, batch, &at) != NULL)
    n++;
  return n;
}

/* Two halves with as many ids each, give or take one, of `len` in all. */
static void halve(struct batches *b, const struct batch *batch, size_t len) {
  struct batch front, back = *batch;
  split_off_batch(b, &back, len / 2, &front);
  back.len = len - front.len;
  batches_requeue(b, &back);
  batches_requeue(b, &front);
}

/* A batch of a size that was not in use, a trial, raises none. */
static void doubt(struct batches *b, size_t len) {
  if (b->accepted == 0 && len <= b->size)
    b->in_doubt = true;
}

static size_t min(size_t known, size_t len) {
  return known == 0 || len < known ? len : known;
}

/* Where a group is being released, the first batch that is rejected slows it
 * down, and a single job ends it for this cycle. */
static void slow_release(struct batches *b, const struct batch *batch,
                         size_t len) {
  if (batch->cohort == 0 || batch->cohort != b->release.cohort)
    return;
  b->release_size = len > 1 ? 1 : 0;
  b->release_waits = len > 1;
}

/* A job that was quarantined before stays in its group, unless it is certain
 * now. The others form one, and get their times at the cycle's end. */
static void quarantine(struct batches *b, struct job *job, bool certain) {
  struct job_poll *p = poll_of(b, job);
  bool is_known = p->rejected != 0;
  b->rejected_in_row++;
  p->retry_at = seconds(b->now);
  if (is_known)
    p->retry_at += certain ? QUARANTINE_S : QUARANTINE_UNSURE_S;
  b->inconclusive = b->inconclusive || is_known;
  b->rejected += !is_known;
  if (!is_known || p->rejected == BATCHES_UNSURE)
    p->rejected = certain ? b->cohort : BATCHES_UNSURE;
}

struct job *batches_split(struct batches *b, const struct batch *batch,
                          bool certain) {
  size_t at = 0, len = count_ids(b, batch);
  struct job *job = len == 1 ? batches_each(b, batch, &at) : NULL;
  slow_release(b, batch, len);
  doubt(b, len);
  if (job != NULL) {
    quarantine(b, job, certain);
  } else if (len > 1 && b->rejected_in_row >= BATCHES_REJECTED_MAX) {
    push_batch(b, &b->aside, batch);
  } else if (len > 1) {
    b->split_min = min(b->split_min, len);
    halve(b, batch, len);
  }
  return job;
}

struct job *batches_each_rejected(const struct batches *b, size_t *at) {
  while (b->rejected > 0 && *at < b->jobs->len) {
    struct job *job = b->jobs->all[(*at)++];
    uint32_t cohort = poll_of(b, job)->rejected;
    if (cohort == b->cohort || cohort == BATCHES_UNSURE)
      return job;
  }
  return NULL;
}

/* Accepting */

/* The probe of a group was accepted: the others are polled as well. */
static void start_release(struct batches *b, uint32_t cohort) {
  b->release = (struct batch){.span = b->jobs->len, .cohort = cohort};
  b->release_size = 1;
}

/* A job that the service accepts leaves the quarantine, whatever is reported of
 * it. */
static void release(struct batches *b, const struct batch *batch) {
  size_t at = 0;
  for (struct job *job; (job = batches_each(b, batch, &at)) != NULL;)
    poll_of(b, job)->rejected = 0;
  if (batch->cohort != b->release.cohort || b->release_size == 0)
    start_release(b, batch->cohort);
  b->release_size = 2 * batch->len < b->size ? 2 * batch->len : b->size;
  b->release_waits = false;
}

void batches_accepted(struct batches *b, const struct batch *batch) {
  b->rejected_in_row = 0;
  b->in_doubt = false;
  if (batch->cohort != 0)
    release(b, batch);
  if (batch->len > b->accepted)
    b->accepted = batch->len;
}

/* Size */

/* For the rest of the cycle: half, but no less than what is accepted. */
static void reduce(struct batches *b, size_t rejected) {
  size_t known = b->size < rejected ? b->size : b->accepted;
  size_t size = known > rejected / 2 && known < rejected ? known : rejected / 2;
  if (size < size_now(b))
    b->reduced = size;
}

bool batches_too_large(struct batches *b, const struct batch *batch,
                       bool certain) {
  struct batch all = *batch;
  all.len = count_ids(b, batch);
  if (!certain)
    doubt(b, all.len);
  if (all.len < 2 && !certain) {
    b->any_size = true;
    b->reduced = 0;
  }
  if (all.len < 2 || (b->any_size && !certain))
    return false;
  b->slow = b->slow || certain;
  b->too_large_min = min(b->too_large_min, all.len);
  reduce(b, all.len);
  batches_requeue(b, &all);
  return true;
}

/* A hung service times out at any size. The size is the reason if smaller
 * batches are accepted in the same cycle, and none as large. A trial is divided
 * in any case: its jobs lose no value for it. */
bool batches_timed_out(struct batches *b, const struct batch *batch) {
  bool is_trial = batch->len > b->size;
  if (batch->len > b->timed_out)
    b->timed_out = batch->len;
  return (is_trial || (b->accepted > 0 && b->accepted < batch->len)) &&
         batches_too_large(b, batch, true);
}

void batches_failed(struct batches *b) { b->inconclusive = true; }

/* What was rejected, if all that was accepted is smaller: its size was the
 * reason. 0: none, or nothing is known. */
static size_t proven_too_large(const struct batches *b) {
  bool complete =
      batches_are_divided(b) && b->unrequested.span == 0 && !b->inconclusive;
  size_t rejected = b->any_size ? 0 : b->too_large_min;
  if (b->split_min > 0 && b->rejected == 0 && complete)
    rejected = min(rejected, b->split_min);
  return b->accepted > 0 && b->accepted < rejected ? rejected : 0;
}

/* A trial costs a request, or, of a slow service, its timeout: then there are
 * fewer. */
static void lower(struct batches *b, size_t rejected) {
  unsigned max = WAIT_SOON;
  reduce(b, rejected);
  b->trials += rejected > b->size;
  if (b->slow && b->trials < TRIALS_SOON)
    b->trials = TRIALS_SOON;
  for (unsigned i = TRIALS_SOON; i < b->trials && max < WAIT_MAX; i++)
    max *= 2;
  b->wait = b->size == b->limit && !b->slow ? 1 : max;
  b->size = size_now(b);
}

/* A trial of all jobs may have fewer ids than it could. */
static void rise(struct batches *b) {
  size_t size = b->accepted == b->jobs->len ? b->trial : b->accepted;
  if (size <= b->size)
    return;
  b->size = size;
  b->wait = WAIT_SOON;
  if (b->size == b->limit)
    b->trials = 0;
}

static size_t larger(const struct batches *b) {
  size_t more = b->size / 4 > 0 ? b->size / 4 : 1;
  if (b->trials <= TRIALS_SOON || b->limit - b->size < more)
    return b->limit;
  return b->size + more;
}

/* The first batch of the next cycle. While every request times out, it becomes
 * smaller. */
static size_t choose_trial(struct batches *b) {
  size_t last = b->trial > 0 ? b->trial : b->timed_out;
  if (b->accepted == 0 && b->timed_out > 0)
    return last > 1 ? last / 2 : 1;
  if (b->size >= b->limit || b->accepted == 0 || (b->wait > 0 && --b->wait > 0))
    return 0;
  b->wait = WAIT_SOON;
  return larger(b);
}

/* The end of a cycle */

/* Where nothing was accepted, no job is the cause. */
static bool may_pass(const struct batches *b, const struct job_poll *p) {
  return b->accepted == 0 || b->after_outage ||
         (p->rejected == b->cohort && job_poll_may_pass(p, b->cycle));
}

/* The jobs that stay rejected take turns: one of n is due after each nth part
 * of the time. */
static void settle_rejected(struct batches *b) {
  struct job *job;
  size_t at = 0, n = 0, slot = 0;
  while ((job = batches_each_rejected(b, &at)) != NULL) {
    struct job_poll *p = poll_of(b, job);
    if (may_pass(b, p))
      p->rejected = 0;
    n += p->rejected == b->cohort;
  }
  for (at = 0; (job = batches_each_rejected(b, &at)) != NULL;) {
    struct job_poll *p = poll_of(b, job);
    if (p->rejected == b->cohort)
      p->retry_at = seconds(b->now) + (uint32_t)(QUARANTINE_S * ++slot / n);
  }
}

/* The place of the first job, in the order of this cycle, that was left. */
static size_t first_left(const struct batches *b) {
  size_t len = b->jobs->len, nearest = len - b->unrequested.span;
  for (size_t i = 0; i < b->pending.len; i++) {
    size_t way = (b->pending.all[i].first + len - b->start % len) % len;
    if (way < nearest)
      nearest = way;
  }
  return len == 0 ? 0 : (b->start + nearest) % len;
}

void batches_end(struct batches *b) {
  size_t rejected = proven_too_large(b);
  settle_rejected(b);
  if (rejected > 0)
    lower(b, rejected);
  else
    rise(b);
  b->trial = choose_trial(b);
  b->start = first_left(b);
}
