/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The slots of a job, a bit each. */

#include "poll/readiness.h"

#include "api/status.h"

/* Seconds: a slot of several cycles, the slots that make a job ready, those
 * that end it, and the silence that begins anew. */
#define SLOT_S 60
#define READY_AFTER_S 600
#define BAD_FOR_S 300
#define SILENCE_S (30 * 60)
#define SILENCE_INTERVALS 3

#define SLOTS_MIN 3
#define SLOTS_MAX 10
#define BAD_MIN 2
#define BAD_MAX 5

static unsigned limit(double value, unsigned min, unsigned max) {
  if (value < min)
    return min;
  return value < max ? (unsigned)value : max;
}

void readiness_rules_init(struct readiness_rules *rules, double interval) {
  rules->cycles = interval > 0 ? limit(SLOT_S / interval, 1, 1000) : 1;
  double slot = rules->cycles * interval;
  double silence = SILENCE_INTERVALS * interval;
  rules->slots = limit(READY_AFTER_S / slot, SLOTS_MIN, SLOTS_MAX);
  rules->bad_max = limit(BAD_FOR_S / slot, BAD_MIN, BAD_MAX);
  rules->silence = silence > SILENCE_S ? (uint32_t)silence : SILENCE_S;
}

/* Slots */

static void close_slot(struct readiness *r) {
  if (r->answered == 0)
    return;
  bool good = 2 * r->bad < r->answered;
  r->history = (uint16_t)(r->history << 1 | good);
  if (r->seen < SLOTS_MAX)
    r->seen++;
  if (good)
    r->bad_slots = 0;
  else if (r->bad_slots < BAD_MAX)
    r->bad_slots++;
  r->answered = r->bad = 0;
}

static void count_cycle(struct readiness *r,
                        const struct readiness_rules *rules,
                        const struct readiness_sample *s) {
  uint32_t slot = s->cycle / rules->cycles;
  if (slot != r->slot)
    close_slot(r);
  r->slot = slot;
  r->answered++;
  if (s->cause != READINESS_GOOD) {
    r->bad++;
    r->cause = (uint8_t)s->cause;
  }
  if ((s->cycle + 1) / rules->cycles != slot)
    close_slot(r); /* it was the last cycle of the slot */
}

static void forget_slots(struct readiness *r) {
  r->answered = r->bad = r->history = 0;
  r->seen = r->bad_slots = 0;
}

/* The value */

static bool can_become_ready(const struct readiness *r,
                             const struct readiness_rules *rules) {
  unsigned slots = r->history & ((1U << rules->slots) - 1);
  unsigned good = (unsigned)__builtin_popcount(slots);
  return (slots & 1) && 5 * good >= 4 * rules->slots;
}

static void judge(struct readiness *r, const struct readiness_rules *rules,
                  const struct readiness_sample *s) {
  bool was_ready = r->known && r->ready;
  r->known = was_ready || (r->seen >= rules->slots && s->is_compared);
  r->ready = was_ready ? r->bad_slots < rules->bad_max
                       : r->known && can_become_ready(r, rules);
  if (!s->differs)
    return;
  if (r->ready)
    r->cause = READINESS_DIFFERENCE;
  r->ready = false;
}

static bool has_changed(struct readiness *r) {
  bool changed = r->had_value && r->was_ready != r->ready;
  if (!r->known)
    return false;
  r->had_value = true;
  r->was_ready = r->ready;
  return changed;
}

bool readiness_update(struct readiness *r, const struct readiness_rules *rules,
                      const struct readiness_sample *s) {
  uint32_t now = (uint32_t)(s->now / 1000);
  if (!s->has_cutover || now - r->heard >= rules->silence)
    *r = (struct readiness){0};
  r->heard = now;
  if (!s->has_cutover)
    return false;
  if (s->status == STATUS_INCREMENTAL_TRANSFER) {
    count_cycle(r, rules, s);
    judge(r, rules, s);
  } else {
    forget_slots(r);
    r->known = true;
    r->ready = false;
  }
  return has_changed(r);
}
