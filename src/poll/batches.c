/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Cutting, dividing, quarantine, and the size that the service accepts. */

#include "poll/batches.h"

#include <stdlib.h>
#include <string.h>

/* A quarantined job is polled again after so many seconds. */
#define QUARANTINE_S (10 * 60)
/* Cycles without an error until a larger batch is tried, at first and at most.
 */
#define GROW_AFTER_MIN 60
#define GROW_AFTER_MAX 3840

void batches_init(struct batches *b, struct jobs *jobs, enum job_call call,
                  size_t limit) {
  *b = (struct batches){.jobs = jobs,
                        .call = call,
                        .limit = limit,
                        .size = limit,
                        .grow_after = GROW_AFTER_MIN};
}

void batches_free(struct batches *b) {
  free(b->pending.all);
  free(b->aside.all);
  b->pending = b->aside = (struct batch_stack){0};
}

static struct job *job_at(const struct batches *b, size_t place) {
  return b->jobs->all[place % b->jobs->len];
}

static struct job_poll *poll_of(const struct batches *b, struct job *job) {
  return &job->polls[b->call];
}

static bool is_member(const struct batches *b, struct job *job,
                      uint32_t group) {
  return poll_of(b, job)->rejected == group &&
         (!b->only_failed || job->awaits_reason);
}

static uint32_t seconds(msec_t time) { return (uint32_t)(time / 1000); }

/* Stacks */

/* A batch that finds no memory is lost for this cycle. */
static void push(struct batches *b, struct batch_stack *s,
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

static bool pop(struct batch_stack *s, struct batch *out) {
  if (s->len == 0)
    return false;
  *out = s->all[--s->len];
  return true;
}

/* The largest part of a divided batch is at the bottom. */
static bool take_largest(struct batch_stack *s, struct batch *out) {
  if (s->len == 0)
    return false;
  *out = s->all[0];
  memmove(s->all, s->all + 1, --s->len * sizeof(*s->all));
  return true;
}

void batches_requeue(struct batches *b, const struct batch *batch) {
  if (batch->len > 0)
    push(b, &b->pending, batch);
}

/* Cutting */

/* Cuts a batch of up to `size` ids from the rest of the cursor. */
static bool cut(const struct batches *b, struct batch_cursor *c, size_t size,
                struct batch *out) {
  *out = (struct batch){.first = c->place, .group = c->group};
  for (; c->left > 0 && out->len < size; c->left--) {
    out->len += is_member(b, job_at(b, c->place), c->group);
    out->span++;
    c->place = (c->place + 1) % b->jobs->len;
  }
  return out->len > 0;
}

/* The quarantined job that has been due for the longest time. One in a cycle is
 * enough: quarantined jobs are polled seldom. */
static struct batch find_probe(const struct batches *b) {
  struct batch probe = {0};
  uint32_t oldest = seconds(b->now);
  for (size_t i = 0; i < b->jobs->len; i++) {
    const struct job_poll *p = poll_of(b, b->jobs->all[i]);
    if (p->rejected == 0 || p->retry_at > oldest ||
        (probe.len > 0 && p->retry_at == oldest))
      continue;
    oldest = p->retry_at;
    probe =
        (struct batch){.first = i, .span = 1, .len = 1, .group = p->rejected};
  }
  return probe;
}

void batches_begin(struct batches *b, uint32_t cycle, msec_t now) {
  b->after_outage = b->rejected > 0 && b->accepted == 0;
  if (b->rejected == 0)
    b->group = cycle;
  b->now = now;
  b->fresh = (struct batch_cursor){.place = b->start, .left = b->jobs->len};
  b->pending.len = b->aside.len = 0;
  b->release_size = 0;
  b->release_waits = false;
  b->accepted = b->timed_out = b->split_min = 0;
  b->rejected = b->rejected_in_row = 0;
  b->inconclusive = b->out_of_memory = false;
  b->probe = find_probe(b);
}

static bool next_fresh(struct batches *b, struct batch *out) {
  bool first = b->fresh.left == b->jobs->len;
  return cut(b, &b->fresh, first && b->trial > 0 ? b->trial : b->size, out);
}

/* One batch after the other until they have grown to their full size. */
static bool next_released(struct batches *b, struct batch *out) {
  if (b->release_size == 0 || b->release_waits)
    return false;
  b->release_waits = b->release_size < b->size;
  return cut(b, &b->release, b->release_size, out);
}

/* Parts of divided batches; none where all seem to be rejected. */
static bool next_part(struct batches *b, struct batch *out) {
  if (b->rejected_in_row < BATCHES_REJECTED_MAX)
    return pop(&b->pending, out) || pop(&b->aside, out);
  if (b->rejected_in_row >= 2 * BATCHES_REJECTED_MAX ||
      !take_largest(&b->pending, out))
    return false;
  b->rejected_in_row++;
  return true;
}

bool batches_next(struct batches *b, struct batch *out) {
  bool divides = b->rejected_in_row < BATCHES_REJECTED_MAX;
  if (divides && pop(&b->pending, out))
    return true;
  if (next_fresh(b, out) || next_part(b, out) || next_released(b, out))
    return true;
  *out = b->probe;
  b->probe.len = 0;
  return out->len > 0;
}

struct job *batches_each(const struct batches *b, const struct batch *batch,
                         size_t *at) {
  while (*at < batch->span) {
    struct job *job = job_at(b, batch->first + (*at)++);
    if (batch->span == 1 || is_member(b, job, batch->group))
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
  struct batch front = *batch, back = *batch;
  front.span = front.len = 0;
  back.len = len;
  while (front.len < len / 2) {
    front.len += is_member(b, job_at(b, back.first), batch->group);
    front.span++;
    back.first = (back.first + 1) % b->jobs->len;
  }
  back.span -= front.span;
  back.len -= front.len;
  batches_requeue(b, &back);
  batches_requeue(b, &front);
}

/* Where a group is being released, the first batch that is rejected slows it
 * down, and a single job ends it for this cycle. */
static void slow_release(struct batches *b, const struct batch *batch,
                         size_t len) {
  if (batch->group == 0 || batch->group != b->release.group)
    return;
  b->release_size = len > 1 ? 1 : 0;
  b->release_waits = len > 1;
}

/* A job that was quarantined before stays in its group. The others form one,
 * and get their times at the cycle's end. */
static void quarantine(struct batches *b, struct job *job) {
  struct job_poll *p = poll_of(b, job);
  b->rejected_in_row++;
  p->retry_at = seconds(b->now) + QUARANTINE_S;
  if (p->rejected != 0) {
    b->inconclusive = true;
    return;
  }
  p->rejected = b->group;
  b->rejected++;
}

struct job *batches_split(struct batches *b, const struct batch *batch) {
  size_t at = 0, len = count_ids(b, batch);
  struct job *job = len == 1 ? batches_each(b, batch, &at) : NULL;
  slow_release(b, batch, len);
  if (job != NULL) {
    quarantine(b, job);
  } else if (len > 1 && b->rejected_in_row >= BATCHES_REJECTED_MAX) {
    push(b, &b->aside, batch);
  } else if (len > 1) {
    if (b->split_min == 0 || len < b->split_min)
      b->split_min = len;
    halve(b, batch, len);
  }
  return job;
}

struct job *batches_each_rejected(const struct batches *b, size_t *at) {
  while (b->rejected > 0 && *at < b->jobs->len) {
    struct job *job = b->jobs->all[(*at)++];
    if (poll_of(b, job)->rejected == b->group)
      return job;
  }
  return NULL;
}

/* Accepting */

/* The probe of a group was accepted: the others are polled as well. */
static void start_release(struct batches *b, uint32_t group) {
  b->release = (struct batch_cursor){.left = b->jobs->len, .group = group};
  b->release_size = 1;
}

/* A job that the service accepts leaves the quarantine, whatever is reported of
 * it. */
static void release(struct batches *b, const struct batch *batch) {
  size_t at = 0;
  for (struct job *job; (job = batches_each(b, batch, &at)) != NULL;)
    poll_of(b, job)->rejected = 0;
  if (batch->group != b->release.group || b->release_size == 0)
    start_release(b, batch->group);
  b->release_size = 2 * batch->len < b->size ? 2 * batch->len : b->size;
  b->release_waits = false;
}

void batches_accepted(struct batches *b, const struct batch *batch) {
  b->rejected_in_row = 0;
  if (batch->group != 0)
    release(b, batch);
  if (batch->len > b->accepted)
    b->accepted = batch->len;
  if (batch->len <= b->accepted_max)
    return;
  b->accepted_max = batch->len;
  b->grow_after = GROW_AFTER_MIN; /* it takes more than was known: go on soon */
}

/* Size */

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
  b->cycles = 0;
}

bool batches_too_large(struct batches *b, const struct batch *batch) {
  size_t len = count_ids(b, batch);
  if (len < 2)
    return false;
  shrink(b, len);
  halve(b, batch, len);
  return true;
}

/* A hung service times out at any size. The size is the reason only if smaller
 * batches are accepted in the same cycle, and none as large. */
bool batches_timed_out(struct batches *b, const struct batch *batch) {
  if (batch->len > b->timed_out)
    b->timed_out = batch->len;
  return b->accepted > 0 && b->accepted < batch->len &&
         batches_too_large(b, batch);
}

void batches_failed(struct batches *b) { b->inconclusive = true; }

/* While every request times out, the first of each cycle becomes smaller. */
static void choose_trial(struct batches *b) {
  size_t last = b->trial > 0 ? b->trial : b->timed_out;
  if (b->accepted > 0 || b->timed_out == 0)
    b->trial = 0;
  else
    b->trial = last > 1 ? last / 2 : 1;
}

/* A quarter more, once the size has served well for long enough. */
static void grow(struct batches *b) {
  if (b->size >= b->limit || ++b->cycles < b->grow_after)
    return;
  size_t more = b->size / 4 > 0 ? b->size / 4 : 1;
  b->size = b->limit - b->size < more ? b->limit : b->size + more;
  b->cycles = 0;
}

/* The end of a cycle */

/* Where nothing was accepted, no job is the cause. Else the jobs that were
 * rejected take turns: one of n is due after each nth part of the time. */
static void settle_rejected(struct batches *b) {
  struct job *job;
  size_t at = 0, n = 0, turn = 0;
  while (batches_each_rejected(b, &at) != NULL)
    n++;
  for (at = 0; (job = batches_each_rejected(b, &at)) != NULL;) {
    struct job_poll *p = poll_of(b, job);
    if (b->accepted > 0 && !b->after_outage)
      p->retry_at = seconds(b->now) + (uint32_t)(QUARANTINE_S * ++turn / n);
    else
      p->rejected = 0;
  }
}

/* The place of the first job, in the order of this cycle, that was left. */
static size_t first_left(const struct batches *b) {
  size_t len = b->jobs->len, least = len - b->fresh.left;
  for (size_t i = 0; i < b->pending.len; i++) {
    size_t way = (b->pending.all[i].first + len - b->start % len) % len;
    if (way < least)
      least = way;
  }
  return len == 0 ? 0 : (b->start + least) % len;
}

void batches_end(struct batches *b) {
  bool complete =
      batches_are_divided(b) && b->fresh.left == 0 && !b->inconclusive;
  settle_rejected(b);
  choose_trial(b);
  if (b->split_min > 0 && b->rejected == 0 && complete)
    shrink(b, b->split_min); /* all parts were accepted: it was the size */
  else
    grow(b);
  b->start = first_left(b);
}
