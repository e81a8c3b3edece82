/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Whether a job can be cut over now: the destination has kept up with the
 * source for a while. A short spike does not change the answer, as little as a
 * moment without delay does.
 *
 * Cycles are counted in slots: an interval, or a minute of several. A slot is
 * good if most of its answered cycles were; one without an answer counts
 * neither way. A job becomes ready when the last slot was good and four fifths
 * of those of ten minutes were; it is ready no more after five minutes of slots
 * that were not good, and at once in any other status than the incremental one.
 *
 *     readiness_rules_init(&rules, config->interval);
 *     changed = readiness_update(&job->readiness, &rules, &sample); */

#ifndef DRS_POLL_READINESS_H
#define DRS_POLL_READINESS_H

#include "base/clock.h"

/* How many slots decide: the same for all jobs of a project. */
struct readiness_rules {
  uint32_t cycles;  /* of a slot */
  unsigned slots;   /* 3 to 10: before a job can become ready */
  unsigned bad_max; /* 2 to 5: in a row that are not good end it */
  uint32_t silence; /* without an answer begins anew; seconds */
};

/* `interval`: of the project, in seconds. */
void readiness_rules_init(struct readiness_rules *rules, double interval);

/* Why a cycle was not good. */
enum readiness_cause {
  READINESS_GOOD,
  READINESS_DELAY,         /* it is too large */
  READINESS_DELAY_UNKNOWN, /* and the positions do not show it either */
  READINESS_BACKLOG,       /* the RPO or the RTO is too large */
  READINESS_ERROR,         /* an error code */
  READINESS_DIFFERENCE,    /* a comparison found one */
  READINESS_CAUSES
};

/* A job in an answered cycle. */
struct readiness_sample {
  msec_t now;
  uint32_t cycle;   /* its number, from 1 */
  int status;       /* see api/status.h */
  bool has_cutover; /* false: such a task has none, and no value */
  bool is_compared; /* false: whether the data are equal is not known yet */
  bool differs;     /* they are not */
  enum readiness_cause cause;
};

/* The state kept for a job. All zero: nothing is known. */
struct readiness {
  uint32_t heard;         /* its last answer; seconds of the clock */
  uint32_t slot;          /* of that answer */
  uint16_t answered, bad; /* cycles of that slot */
  uint16_t history;  /* of the slots before; bit 0 is the last: it was good */
  uint8_t seen;      /* slots in the history */
  uint8_t bad_slots; /* in a row */
  uint8_t cause;     /* of the last cycle that was not good */
  bool known, ready; /* the value after the last answer */
  bool had_value, was_ready; /* and the last one that it had */
};

/* Takes the next answer. Whether the job became ready, or is so no more, which
 * has a `cause`; false also where it has a value for the first time, or none.
 */
bool readiness_update(struct readiness *r, const struct readiness_rules *rules,
                      const struct readiness_sample *s);

#endif
