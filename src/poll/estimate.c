/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The line through the first and the last of some steps. */

#include "poll/estimate.h"

#include <string.h>

_Static_assert(sizeof(struct estimate) <= 128, "it is kept for each job");

/* A step of the percentage, in percent; steps of the delay are this part of it,
 * and a second at least. */
#define PERCENT_STEP 1.0
#define DELAY_STEP_PART 0.04
#define DELAY_STEP_MIN 1.0

/* Nothing has moved for so many times the longest recent step. */
#define STANDSTILL 3
/* Before there is such a step, a delay has risen for good after this time, in
 * tenths of a second, and so many samples. */
#define RISEN_AFTER (15 * 60 * 10)
#define RISEN_SAMPLES 5

static uint32_t tenths(msec_t now) { return (uint32_t)(now / 100); }

/* What is left of it only falls. */
static bool is_full_copy(const struct estimate_sample *s) {
  return s->status == STATUS_FULL_TRANSFER;
}

/* Tenths of a second. */
static uint32_t find_longest(const struct estimate *e) {
  uint32_t longest = 0;
  for (size_t i = 1; i < e->len; i++) {
    uint32_t took = e->steps[i].at - e->steps[i - 1].at;
    if (took > longest)
      longest = took;
  }
  return longest;
}

static void begin_estimate(struct estimate *e,
                           const struct estimate_sample *s) {
  *e = (struct estimate){.status = (uint16_t)s->status,
                         .last = {tenths(s->now), (float)s->left}};
}

static void add_step(struct estimate *e, const struct estimate_sample *s) {
  if (e->len == ESTIMATE_STEPS)
    memmove(e->steps, e->steps + 1, --e->len * sizeof(*e->steps));
  e->last = (struct estimate_step){tenths(s->now), (float)s->left};
  e->steps[e->len++] = e->last;
  e->above = 0;
}

/* How much less must be left for a step. */
static double step_size(const struct estimate *e,
                        const struct estimate_sample *s) {
  if (is_full_copy(s))
    return PERCENT_STEP;
  double part = (double)e->last.left * DELAY_STEP_PART;
  return part > DELAY_STEP_MIN ? part : DELAY_STEP_MIN;
}

/* Whether what was known says nothing of the time to come. */
static bool is_over(const struct estimate *e, const struct estimate_sample *s) {
  uint32_t since = tenths(s->now) - e->last.at;
  if (is_full_copy(s) && s->left > (double)e->last.left)
    return true;
  if (e->len >= ESTIMATE_STEPS_MIN)
    return since > STANDSTILL * find_longest(e);
  return !is_full_copy(s) && e->above >= RISEN_SAMPLES && since >= RISEN_AFTER;
}

/* The line through the first and the last step. Between two steps it counts
 * down, until the next one is due. */
static void follow_line(struct estimate *e, const struct estimate_sample *s) {
  const struct estimate_step *first = &e->steps[0];
  double took = (e->last.at - first->at) / 10.0;
  double fell = (double)first->left - (double)e->last.left;
  double since = (tenths(s->now) - e->last.at) / 10.0;
  double usual = took / (e->len - 1);
  double seconds = (double)e->last.left * took / fell;
  seconds -= since < usual ? since : usual;
  e->seconds = seconds > 0 ? (float)seconds : 0;
  e->known = seconds <= ESTIMATE_MAX;
}

static void follow(struct estimate *e, const struct estimate_sample *s) {
  if (is_over(e, s)) {
    begin_estimate(e, s);
    return;
  }
  if ((double)e->last.left - s->left >= step_size(e, s))
    add_step(e, s);
  else if (s->left > (double)e->last.left)
    e->above = e->above < RISEN_SAMPLES ? e->above + 1 : RISEN_SAMPLES;
  else
    e->above = 0;
  if (e->len >= ESTIMATE_STEPS_MIN)
    follow_line(e, s);
}

void estimate_update(struct estimate *e, const struct estimate_sample *s) {
  bool moves = s->status == STATUS_FULL_TRANSFER ||
               s->status == STATUS_INCREMENTAL_TRANSFER;
  e->known = false;
  if (!moves || (s->caught_up && !is_full_copy(s)))
    *e = (struct estimate){.known = moves};
  else if (s->has_left && s->status != e->status)
    begin_estimate(e, s);
  else if (s->has_left)
    follow(e, s);
}
