/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Made curves of migrations, for the test of poll/estimate and for the table of
 * its error in docs/estimate.md. Each is a function of the time since its
 * beginning, sampled at an interval, and written as DRS does: whole percents,
 * whole seconds of delay. What looks random is the same in each run. */

#ifndef DRS_TESTS_ESTIMATE_CURVES_H
#define DRS_TESTS_ESTIMATE_CURVES_H

#include "poll/estimate.h"

#include <math.h>
#include <stdio.h>

#define MINUTE 60.0
#define HOUR 3600.0
#define DAY 86400.0

/* In the full copy `at` is the part that is done, of 1; in the incremental
 * phase the delay in seconds. `way` is the part of the time that is over. */
struct curve {
  const char *name;
  double seconds, interval;
  int status;
  double (*at)(const struct curve *c, double way);
  double delay;  /* at the beginning */
  double period; /* of what returns, in seconds */
  bool steady;   /* its error is bounded, see check_steady */
};

/* From 0 to 1, by a number. */
static inline double scatter(unsigned n) {
  n = (n ^ 61U) ^ (n >> 16);
  n *= 9U;
  n ^= n >> 4;
  n *= 0x27d4eb2dU;
  return (double)((n ^ (n >> 15)) % 10000U) / 10000;
}

/* Full copies */

static inline double steady(const struct curve *c, double way) {
  (void)c;
  return way;
}

/* Structures, data, and indexes, which take a third of the time for a quarter
 * of the percents. */
static inline double in_phases(const struct curve *c, double way) {
  (void)c;
  if (way < 0.05)
    return 2 * way;
  return way < 0.67 ? 0.1 + (way - 0.05) / 0.62 * 0.65
                    : 0.75 + (way - 0.67) / 0.33 * 0.25;
}

/* Twice as fast at the end as at the beginning. */
static inline double faster(const struct curve *c, double way) {
  (void)c;
  return way * (2 + way) / 3;
}

static inline double slower(const struct curve *c, double way) {
  (void)c;
  return way * (4 - way) / 3;
}

/* One of many objects is large: nothing moves from 40 to 60 % of the time. */
static inline double large_table(const struct curve *c, double way) {
  (void)c;
  if (way < 0.4)
    return way / 0.8;
  return way < 0.6 ? 0.5 : 0.5 + (way - 0.6) / 0.8;
}

/* Each of a hundred objects takes from a half to three halves of the mean. */
static inline double uneven(const struct curve *c, double way) {
  (void)c;
  double sum = 0, before = 0;
  unsigned n = 0;
  for (unsigned i = 0; i < 100; i++)
    sum += 0.5 + scatter(i);
  while (n < 100 && (before + 0.5 + scatter(n)) / sum <= way)
    before += 0.5 + scatter(n++);
  return n / 100.0;
}

/* Incremental phases */

static inline double falls(const struct curve *c, double way) {
  return c->delay * (1 - way);
}

/* Each transaction takes it down, and it counts up between two. */
static inline double saws(const struct curve *c, double way) {
  double seconds = way * c->seconds;
  double since = fmod(seconds, c->period);
  return c->delay * (1 - (seconds - since) / c->seconds) + since;
}

/* One sample in eight is ten minutes above. */
static inline double has_spikes(const struct curve *c, double way) {
  unsigned n = (unsigned)(way * c->seconds / c->interval);
  return falls(c, way) + (scatter(n) < 0.125 ? 600 : 0);
}

/* Give or take a tenth of what is left. */
static inline double is_noisy(const struct curve *c, double way) {
  unsigned n = (unsigned)(way * c->seconds / c->interval);
  return falls(c, way) * (0.9 + 0.2 * scatter(n));
}

/* Half of the time for a third of the way, as by night and by day. */
static inline double by_day_and_night(const struct curve *c, double way) {
  double turn = 2 * 3.14159265 * way * c->seconds / c->period;
  return falls(c, way) + c->delay * c->period / c->seconds * sin(turn) / 12;
}

/* clang-format off */
#define FULL(seconds, interval) seconds, interval, STATUS_FULL_TRANSFER
#define INCREMENTAL(seconds, interval) seconds, interval, STATUS_INCREMENTAL_TRANSFER
static const struct curve curves[] = {
    {"full copy, steady", FULL(10 * MINUTE, 10), steady, .steady = true},
    {"full copy, steady", FULL(10 * MINUTE, 60), steady, .steady = true},
    {"full copy, steady", FULL(2 * HOUR, 60), steady, .steady = true},
    {"full copy, steady", FULL(16 * HOUR, 600), steady, .steady = true},
    {"full copy, steady", FULL(72 * HOUR, 60), steady, .steady = true},
    {"full copy, steady", FULL(7 * DAY, 10), steady, .steady = true},
    {"full copy, steady", FULL(7 * DAY, 600), steady, .steady = true},
    {"full copy, three phases", FULL(6 * HOUR, 60), in_phases},
    {"full copy, twice as fast at the end", FULL(12 * HOUR, 60), faster},
    {"full copy, half as fast at the end", FULL(12 * HOUR, 60), slower},
    {"full copy, one large table", FULL(10 * HOUR, 60), large_table},
    {"full copy, objects of uneven size", FULL(24 * HOUR, 60), uneven},
    {"catch-up, steady", INCREMENTAL(10 * MINUTE, 10), falls, .delay = 3600, .steady = true},
    {"catch-up, steady", INCREMENTAL(5 * HOUR, 60), falls, .delay = 20 * HOUR, .steady = true},
    {"catch-up, steady", INCREMENTAL(7 * DAY, 600), falls, .delay = 3 * DAY, .steady = true},
    {"catch-up, saw of 2 minutes", INCREMENTAL(4 * HOUR, 10), saws, .delay = 2 * HOUR, .period = 120, .steady = true},
    {"catch-up, saw of 10 minutes", INCREMENTAL(12 * HOUR, 60), saws, .delay = 8 * HOUR, .period = 600, .steady = true},
    {"catch-up, spikes of 10 minutes", INCREMENTAL(3 * HOUR, 60), has_spikes, .delay = 2 * HOUR, .steady = true},
    {"catch-up, noise of a tenth", INCREMENTAL(8 * HOUR, 60), is_noisy, .delay = 10 * HOUR},
    {"catch-up, slower by day", INCREMENTAL(4 * DAY, 60), by_day_and_night, .delay = 2 * DAY, .period = DAY},
};
/* clang-format on */

#define CURVES (sizeof(curves) / sizeof(*curves))

/* The sample at a time, taken by a clock that says more than that. */
static inline struct estimate_sample sample_of(const struct curve *c,
                                               double seconds) {
  double value = c->at(c, seconds / c->seconds);
  bool full = c->status == STATUS_FULL_TRANSFER;
  double left = full ? 100 - floor(100 * value + 1e-9) : floor(value);
  return (struct estimate_sample){.now = (msec_t)(1000 * seconds) + 77777777,
                                  .status = c->status,
                                  .has_left = true,
                                  .left = left,
                                  .caught_up = !full && left <= 3};
}

/* Feeds a curve up to a part of its time; returns the time of the last sample.
 */
static inline double run_curve(struct estimate *e, const struct curve *c,
                               double way) {
  double seconds = 0;
  *e = (struct estimate){0};
  for (unsigned i = 0; i * c->interval <= way * c->seconds + 1e-6; i++) {
    seconds = i * c->interval;
    struct estimate_sample s = sample_of(c, seconds);
    estimate_update(e, &s);
  }
  return seconds;
}

/* "3 d 02:00", "2:30:00" */
static inline void print_time(FILE *out, double seconds) {
  long s = lround(seconds);
  if (s >= 86400)
    fprintf(out, "%ld d ", s / 86400);
  fprintf(out, "%ld:%02ld:%02ld", s % 86400 / 3600, s % 3600 / 60, s % 60);
}

static inline void print_estimate(FILE *out, const struct curve *c,
                                  double way) {
  struct estimate e;
  double truth = c->seconds - run_curve(&e, c, way);
  fputs(" | ", out);
  if (!e.known) {
    fputs("none, ", out);
    print_time(out, truth);
    return;
  }
  double left = (double)e.seconds;
  print_time(out, left);
  fputs(", ", out);
  print_time(out, truth);
  fprintf(out, ": %+ld %%", lround(100 * (left - truth) / truth));
}

/* The table of docs/estimate.md. */
static inline void print_table(FILE *out) {
  fputs("| curve | takes | interval | at 25 %: estimate, truth | at 50 % | at "
        "75 % |\n|---|---|---|---|---|---|\n",
        out);
  for (size_t i = 0; i < CURVES; i++) {
    const struct curve *c = &curves[i];
    fprintf(out, "| %s | ", c->name);
    print_time(out, c->seconds);
    fprintf(out, " | %.0f s", c->interval);
    print_estimate(out, c, 0.25);
    print_estimate(out, c, 0.5);
    print_estimate(out, c, 0.75);
    fputs(" |\n", out);
  }
}

#endif
