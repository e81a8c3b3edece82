/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The time left of curves whose truth is known, by a clock that the test moves.
 * With the argument --table it writes the table of docs/estimate.md. */

#include "cases.h"
#include "estimate_curves.h"

#include <float.h>

#define NONE (-1.0)

static struct estimate e;
static double now; /* seconds */

static int reset(void **state) {
  (void)state;
  e = (struct estimate){0};
  now = 50000;
  return 0;
}

static double seconds_left(void) { return e.known ? (double)e.seconds : NONE; }

/* The estimate after a sample, `after` seconds after the one before. */
static double feed(double after, struct estimate_sample s) {
  now += after;
  s.now = (msec_t)(1000 * now);
  estimate_update(&e, &s);
  return seconds_left();
}

static double percent(double after, double value) {
  return feed(after, (struct estimate_sample){.status = STATUS_FULL_TRANSFER,
                                              .has_left = true,
                                              .left = 100 - value});
}

static double delay(double after, double value) {
  return feed(after,
              (struct estimate_sample){.status = STATUS_INCREMENTAL_TRANSFER,
                                       .has_left = true,
                                       .left = value,
                                       .caught_up = value <= 3});
}

static double status_only(int status) {
  return feed(60, (struct estimate_sample){.status = status});
}

/* Ten percents in ten minutes. */
static void advance_to_ten_percent(void) {
  percent(60, 0);
  for (int i = 1; i <= 10; i++)
    percent(60, i);
}

/* Steady curves */

static void check_sample(const struct curve *c, double truth, int steps) {
  double left = seconds_left();
  double allowed = 0.25 * truth, step = c->seconds / 100 + c->interval;
  if (step > allowed)
    allowed = step;
  bool is_due = steps >= ESTIMATE_STEPS_MIN;
  if (is_due ? left < 0 || fabs(left - truth) > allowed : left >= 0)
    fail_msg("%s, %.0f s at %.0f s: %.1f with %.1f left, %d steps", c->name,
             c->seconds, c->interval, left, truth, steps);
}

/* From a quarter of the way on, and no value before three steps. */
static void check_steady(const struct curve *c) {
  double last = 0;
  int steps = -1;
  reset(NULL);
  for (unsigned i = 0; i * c->interval < c->seconds; i++) {
    double at = i * c->interval;
    struct estimate_sample s = sample_of(c, at);
    estimate_update(&e, &s);
    bool fell = last - s.left >= (c->delay > 0 ? fmax(1, 0.04 * last) : 1);
    if (fell || steps < 0) {
      steps++;
      last = s.left;
    }
    if (!s.caught_up && (at >= c->seconds / 4 || steps < 3))
      check_sample(c, c->seconds - at, steps);
  }
}

static void test_steady_curves_of_all_lengths_at_all_intervals(void **state) {
  static const double lengths[] = {10 * MINUTE, HOUR,    6 * HOUR,
                                   DAY,         3 * DAY, 7 * DAY};
  static const double intervals[] = {10, 15, 60, 97, 300, 600};
  (void)state;
  for (size_t i = 0; i < COUNT(lengths) * COUNT(intervals); i++) {
    struct curve c = {"full copy", lengths[i / COUNT(intervals)],
                      intervals[i % COUNT(intervals)], STATUS_FULL_TRANSFER,
                      steady};
    check_steady(&c);
    for (double rate = 0.1; rate < 100; rate *= 10) {
      struct curve fall = {"catch-up", c.seconds,
                           c.interval, STATUS_INCREMENTAL_TRANSFER,
                           falls,      c.seconds * rate};
      check_steady(&fall);
    }
  }
}

/* Nothing but a step changes the estimate, and none by much. */
static void check_jumps(const struct curve *c, double allowed) {
  double before = NONE;
  reset(NULL);
  for (unsigned i = 0; i * c->interval < 0.95 * c->seconds; i++) {
    struct estimate_sample s = sample_of(c, i * c->interval);
    estimate_update(&e, &s);
    double left = seconds_left();
    if (before >= 0 && (left < 0 || fabs(left - before + c->interval) >
                                        allowed * before + c->interval))
      fail_msg("%s, at %.0f s: from %.1f to %.1f", c->name, i * c->interval,
               before, left);
    before = left;
  }
}

static void test_no_made_curve_jumps(void **state) {
  (void)state;
  for (size_t i = 0; i < CURVES; i++)
    if (curves[i].steady) {
      if (curves[i].period <= 0 && curves[i].at != has_spikes)
        check_steady(&curves[i]);
      check_jumps(&curves[i], 0.25);
    }
}

static void test_saws_and_spikes_stay_within_a_quarter(void **state) {
  (void)state;
  for (size_t i = 0; i < CURVES; i++) {
    const struct curve *c = &curves[i];
    if (c->at != saws && c->at != has_spikes)
      continue;
    for (double way = 0.25; way < 0.95; way += 0.01) {
      double truth = c->seconds - run_curve(&e, c, way);
      assert_between(100 * fabs(seconds_left() - truth) / truth, 0, 25);
    }
  }
}

static void test_the_table_is_published(void **state) {
  if (FLT_EVAL_METHOD != 0)
    skip(); /* i386: the curves with noise take other steps */
  char *table = NULL, path[CASE_PATH_MAX];
  size_t size = 0;
  (void)state;
  FILE *out = open_memstream(&table, &size);
  print_table(out);
  fclose(out);
  case_path(path, "../../docs/estimate.md");
  struct case_file doc = case_read("../../docs/estimate.md");
  if (strstr(doc.bytes, table) == NULL)
    fail_msg("docs/estimate.md is of another version: make estimate-table");
  free(doc.bytes);
  free(table);
}

/* Steps */

static void test_no_value_before_three_steps(void **state) {
  (void)state;
  percent(60, 20);
  for (int i = 0; i < 10; i++)
    assert_true(percent(60, 20) < 0);
  assert_true(percent(60, 21) < 0);
  assert_true(percent(60, 22) < 0);
  assert_between(percent(60, 23), 77 * 60, 77 * 60);
}

static void test_the_recorded_copy_has_none(void **state) {
  (void)state;
  assert_true(status_only(103) < 0);
  assert_true(percent(15, 0) < 0);
  assert_true(percent(15, 0) < 0);
  assert_true(status_only(202) < 0);
  assert_true(feed(15, (struct estimate_sample){
                           .status = STATUS_INCREMENTAL_TRANSFER}) < 0);
}

static void test_it_counts_down_between_two_steps(void **state) {
  (void)state;
  percent(600, 0);
  for (int i = 1; i <= 5; i++)
    percent(600, i);
  double left = seconds_left();
  for (int i = 1; i <= 50; i++)
    assert_between(percent(10, 5), left - 10 * i, left - 10 * i);
  /* The next step is due, and does not come. */
  for (int i = 0; i < 50; i++)
    assert_true(percent(20, 5) >= left - 600);
}

static void test_a_standstill_has_none_and_begins_anew(void **state) {
  (void)state;
  advance_to_ten_percent();
  assert_true(percent(180, 10) >= 0);
  assert_true(percent(1, 10) < 0);
  assert_true(percent(3600, 11) < 0);
  assert_true(percent(60, 12) < 0);
  assert_between(percent(60, 13), 87 * 60, 87 * 60);
}

static void test_none_beyond_thirty_days(void **state) {
  (void)state;
  percent(8 * HOUR, 0);
  for (int i = 1; i < 10; i++)
    assert_true(percent(8 * HOUR, i) < 0);
  assert_true(percent(8 * HOUR, 10) >= 0); /* 90 steps of eight hours */
}

/* What begins anew */

static void test_a_percentage_that_goes_back_begins_anew(void **state) {
  (void)state;
  advance_to_ten_percent();
  assert_true(percent(60, 9) < 0);
  assert_true(percent(120, 10) < 0);
  assert_true(percent(120, 11) < 0);
  assert_between(percent(120, 12), 88 * 120, 88 * 120);
}

static void test_a_pause_begins_anew(void **state) {
  (void)state;
  advance_to_ten_percent();
  assert_true(feed(60, (struct estimate_sample){
                           .status = 301, .has_left = true, .left = 90}) < 0);
  for (int i = 10; i < 13; i++)
    assert_true(percent(30, i) < 0);
  assert_between(percent(30, 13), 87 * 30, 87 * 30);
}

static void test_each_status_has_its_own(void **state) {
  (void)state;
  advance_to_ten_percent();
  assert_true(delay(60, 80) < 0);
  assert_true(delay(10, 70) < 0);
  assert_true(delay(10, 60) < 0);
  assert_between(delay(10, 50), 50, 50);
  assert_true(percent(60, 10) < 0);
}

static void test_what_is_missing_once_is_not_forgotten(void **state) {
  (void)state;
  advance_to_ten_percent();
  assert_true(status_only(STATUS_FULL_TRANSFER) < 0);
  assert_true(percent(60, 12) >= 0);
}

/* Of these statuses nothing is known. */
static void test_other_statuses_have_none(void **state) {
  static const int statuses[] = {0, 101, 202, 204, 205, 401, 501, 603};
  (void)state;
  for (size_t i = 0; i < COUNT(statuses); i++)
    for (int k = 0; k < 10; k++)
      assert_true(feed(60, (struct estimate_sample){.status = statuses[i],
                                                    .has_left = true,
                                                    .caught_up = k % 2,
                                                    .left = 50 - k}) < 0);
}

/* The delay */

static void test_what_has_caught_up_has_nothing_left(void **state) {
  (void)state;
  assert_between(delay(10, 3), 0, 0);
  assert_true(delay(10, 4) < 0);
  assert_between(delay(10, 0), 0, 0);
}

/* By one definition an idle source counts up; its positions are the same. */
static void test_an_idle_source(void **state) {
  (void)state;
  for (int i = 0; i < 100; i++) /* delay of the last commit: stays */
    assert_between(delay(60, 1), 0, 0);
  for (int i = 0; i < 100; i++) /* until now: counts up */
    assert_between(
        feed(60, (struct estimate_sample){.status = STATUS_INCREMENTAL_TRANSFER,
                                          .has_left = true,
                                          .left = 60 * i,
                                          .caught_up = true}),
        0, 0);
  for (int i = 0; i < 100; i++) /* and without positions */
    assert_true(delay(60, 10 + 60 * i) < 0);
}

static void test_a_delay_that_rose_for_good_is_estimated_again(void **state) {
  (void)state;
  for (int i = 0; i < 60; i++)
    assert_true(delay(60, 10 + 120 * i) < 0);
  double from = 10 + 120 * 59;
  for (int i = 1; i < 50; i++)
    delay(60, from - 30 * i);
  double truth = (from - 30 * 49) * 2;
  assert_between(seconds_left(), 0.75 * truth, 1.25 * truth);
}

static void test_a_disaster_recovery_that_hovers_has_no_nonsense(void **state) {
  (void)state;
  for (unsigned i = 0; i < 1000; i++) {
    double value = floor(2 + 10 * scatter(i));
    double left = delay(60, value);
    assert_true(left < 12 * 600);
    assert_true(value > 3 || (left >= 0 && left <= 0));
  }
}

static void test_the_clock_may_overflow(void **state) {
  (void)state;
  now = UINT32_MAX / 10.0 - 300;
  advance_to_ten_percent();
  assert_between(seconds_left(), 90 * 60, 90 * 60);
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(test_steady_curves_of_all_lengths_at_all_intervals),
      TEST(test_no_made_curve_jumps),
      TEST(test_saws_and_spikes_stay_within_a_quarter),
      TEST(test_the_table_is_published),
      TEST(test_no_value_before_three_steps),
      TEST(test_the_recorded_copy_has_none),
      TEST(test_it_counts_down_between_two_steps),
      TEST(test_a_standstill_has_none_and_begins_anew),
      TEST(test_none_beyond_thirty_days),
      TEST(test_a_percentage_that_goes_back_begins_anew),
      TEST(test_a_pause_begins_anew),
      TEST(test_each_status_has_its_own),
      TEST(test_what_is_missing_once_is_not_forgotten),
      TEST(test_other_statuses_have_none),
      TEST(test_what_has_caught_up_has_nothing_left),
      TEST(test_an_idle_source),
      TEST(test_a_delay_that_rose_for_good_is_estimated_again),
      TEST(test_a_disaster_recovery_that_hovers_has_no_nonsense),
      TEST(test_the_clock_may_overflow),
  };
  if (argc > 1 && strcmp(argv[1], "--table") == 0) {
    print_table(stdout);
    return 0;
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
