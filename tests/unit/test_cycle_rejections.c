/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Jobs that the service rejects, alone, together, and together with all others:
 * each is found with few requests, and costs no other job a value. */

#include "cycle_fixture.h"

/* Some jobs */

static void a_bad_job_stands_alone(void **state) {
  (void)state;
  make(100, 100, 4);
  start();
  respond_all(42, "DRS.M00289");
  assert_output(0, 42, 1);
  assert_output(42, 43, 0);
  assert_output(43, 100, 1);
  assert_non_null(strstr(error(ERR_JOB), "job 42: "));
  assert_between(fake_started, 3, 2 + 2 * 7);
  fake_started = 0;
  fake_now += 60000;
  start();
  respond_all(42, "DRS.M00289");
  assert_int_equal(fake_started, 1);
  assert_int_equal(seen.result.answered, 99);
}

static void a_rejected_job_is_missing_and_the_others_are_not(void **state) {
  (void)state;
  make(8, 8, 1);
  start();
  respond_all(5, "DRS.M05004");
  for (int i = 0; i < 8; i++)
    assert_int_equal(seen.missing[i], i == 5);
  assert_non_null(strstr(seen.why, "DRS.M05004: no"));
}

/* Cycles of two jobs, the first of which is missed in the way of the letter;
 * '.': it is not. */
static void play_cycles(const char *cycles) {
  static const char other[] = "{\"job_id\":\"1\"}";
  make(2, 2, 1);
  for (; *cycles != '\0'; cycles++) {
    char body[128];
    start();
    step();
    if (*cycles == 'r') {
      respond_all(0, "DRS.M05004");
      continue;
    }
    snprintf(body, sizeof(body), "{\"results\":[%s%s]}", other,
             *cycles == 'e'   ? ",{\"job_id\":\"0\",\"error_code\":\"DRS.M1\"}"
             : *cycles == '.' ? ",{\"job_id\":\"0\",\"progress\":\"1\"}"
                              : "");
    respond_body(body);
  }
}

/* A service may be wrong once, in whatever way: 'o'mits it, 'r'ejects it, or
 * has an 'e'rror in its place. */
static void a_reported_job_is_missing_when_it_is_missed_twice(void **state) {
  (void)state;
  static const struct {
    const char *cycles;
    int missing, started; /* requests: a rejected batch of two is divided */
  } rows[] = {{".o", 0, 2},  {".oo", 1, 3}, {".o.o", 0, 4}, {".e", 0, 2},
              {".ee", 1, 3}, {".r", 0, 4},  {".r.", 0, 5},  {".rr", 1, 7},
              {".or", 1, 5}, {".ro", 1, 5}, {"o", 1, 1},    {"r", 1, 3},
              {"rr", 1, 4},  {".rrr", 1, 8}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    play_cycles(rows[i].cycles);
    if (seen.missing[0] != rows[i].missing ||
        fake_started != (size_t)rows[i].started)
      fail_msg("%s: %d times missing, %zu requests", rows[i].cycles,
               seen.missing[0], fake_started);
    assert_int_equal(seen.missing[1], 0);
    if (i + 1 < COUNT(rows))
      tear_down_fixture(NULL);
  }
}

/* Where a job is back that was missed, the quarantined ones may be, too. */
static void a_quarantined_job_is_polled_when_another_is_back(void **state) {
  (void)state;
  play_cycles(".rr");
  static const char *const bodies[] = {"{\"results\":[]}",
                                       "{\"results\":[{\"job_id\":\"1\"}]}"};
  for (size_t i = 0; i < COUNT(bodies); i++) {
    start();
    step();
    respond_body(bodies[i]);
  }
  fake_started = 0;
  start();
  respond_all(-1, "");
  assert_int_equal(fake_started, 2);
  assert_int_equal(seen.result.answered, 2);
}

/* A gateway rejects all, and names no job. */
static void a_rejection_of_all_jobs_makes_none_suspect(void **state) {
  (void)state;
  make(2, 1, 1);
  start();
  while (step(), project_is_polling(project))
    reject(fake_calls[0], 400, "");
  assert_int_equal(seen.missing[0] + seen.missing[1], 0);
  assert_int_equal(errors(ERR_HTTP), 1);
  assert_int_equal(errors(ERR_JOB), 0);
  start();
  respond_all(-1, "");
  assert_output(0, 2, 1);
}

/* A code that blames no job may pass: the job is missing when it is rejected
 * again. */
static void a_job_rejected_beside_accepted_ones_is_suspect(void **state) {
  (void)state;
  make(2, 1, 1);
  start();
  respond_all(0, "DRS.M99999");
  assert_int_equal(seen.missing[0], 0);
  assert_non_null(strstr(error(ERR_JOB), "job 0: "));
  start();
  respond_all(0, "DRS.M99999");
  assert_int_equal(fake_started, 4);
  assert_int_equal(seen.missing[0], 1);
  assert_non_null(strstr(error(ERR_JOB), "job 0: "));
  start();
  respond_all(0, "DRS.M99999");
  assert_int_equal(fake_started, 5);
}

static void a_job_rejected_by_accident_is_back_in_the_next_cycle(void **state) {
  (void)state;
  make(3, 1, 1);
  start();
  respond_all(1, "");
  assert_int_equal(seen.result.answered, 2);
  start();
  respond_all(-1, "");
  assert_int_equal(seen.result.answered, 3);
  assert_int_equal(seen.missing[1], 0);
}

/* An error that only may be about a job does not have each requested alone,
 * where none is accepted. */
static void a_doubtful_error_is_not_pursued(void **state) {
  (void)state;
  make(1000, 100, 4);
  start();
  for (step(); project_is_polling(project); step())
    reject(fake_calls[0], 400, "DRS.M99999");
  assert_between(fake_started, 10, 100);
  assert_int_equal(seen.result.answered, 0);
  fake_started = 0;
  fake_now += 60000;
  start();
  respond_all(-1, "");
  assert_between(seen.result.answered, 990, 1000);
}

/* A service in trouble, which rejects everything for a while */

#define CERTAIN "DRS.M05004"

/* A cycle in which all is rejected, once `good` requests were accepted. */
static void reject_all(int good) {
  start();
  for (step(); project_is_polling(project); step())
    if (good-- > 0)
      accept(fake_calls[0]);
    else
      reject(fake_calls[0], 400, CERTAIN);
}

/* Cycles, a second each, until all jobs are reported. */
static int cycles_until_all_are_back(size_t jobs) {
  for (int cycles = 1;; cycles++) {
    fake_now += 1000;
    start();
    respond_all(-1, "");
    if (seen.result.answered == jobs)
      return cycles;
    assert_true(cycles < 1000);
  }
}

static void rejections_of_everything_make_no_job_suspect(void **state) {
  (void)state;
  make(200, 100, 8);
  for (int i = 0; i < 5; i++) {
    fake_started = 0;
    reject_all(0);
    assert_between(fake_started, 2, 60);
    assert_non_null(strstr(error(ERR_HTTP), "every request was rejected: "));
    fake_now += 1000;
  }
  for (int i = 0; i < 200; i++)
    assert_int_equal(seen.missing[i], 0);
  assert_non_null(strstr(seen.changes, "down - "));
  assert_int_equal(cycles_until_all_are_back(200), 1);
  assert_non_null(strstr(seen.changes, "up - "));
}

static void a_thousand_that_fell_together_come_back_together(void **state) {
  (void)state;
  make(1000, 100, 8);
  for (int i = 0; i < 5; i++) {
    fake_started = 0;
    reject_all(1);
    assert_between(fake_started, 10, 100);
    fake_now += 1000;
  }
  assert_non_null(strstr(seen.changes, "missing "));
  assert_between(cycles_until_all_are_back(1000), 1, 30);
}

/* The last rejections and the first success share a cycle. */
static void an_outage_may_end_within_a_cycle(void **state) {
  (void)state;
  make(200, 100, 8);
  reject_all(0);
  fake_now += 1000;
  start();
  for (int rejected = 0; step(), project_is_polling(project);)
    if (rejected++ < 30)
      reject(fake_calls[0], 400, CERTAIN);
    else
      accept(fake_calls[0]);
  assert_null(strstr(seen.changes, "missing"));
  assert_int_equal(cycles_until_all_are_back(200), 1);
}

/* One of those that fell is bad in truth. */
static void a_bad_one_does_not_keep_its_group(void **state) {
  (void)state;
  make(300, 50, 8);
  reject_all(1);
  for (int i = 0; i < 120; i++) {
    fake_now += 1000;
    start();
    respond_all(77, CERTAIN);
  }
  assert_int_equal(seen.result.answered, 299);
  fake_started = 0;
  for (int i = 0; i < 100; i++) {
    fake_now += 1000;
    start();
    respond_all(77, CERTAIN);
    assert_int_equal(seen.result.answered, 299);
  }
  assert_between(fake_started, 600, 601);
}

/* Nothing is known of the service then but its error for this job. */
static void the_only_job_may_be_unknown(void **state) {
  (void)state;
  make(1, 100, 8);
  for (int i = 0; i < 3; i++)
    reject_all(0);
  assert_int_equal(seen.missing[0], 1);
  assert_non_null(strstr(error(ERR_JOB), "job 0: "));
  assert_int_equal(cycles_until_all_are_back(1), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PROJECT_TEST(a_bad_job_stands_alone),
      PROJECT_TEST(a_rejected_job_is_missing_and_the_others_are_not),
      PROJECT_TEST(a_reported_job_is_missing_when_it_is_missed_twice),
      PROJECT_TEST(a_quarantined_job_is_polled_when_another_is_back),
      PROJECT_TEST(a_rejection_of_all_jobs_makes_none_suspect),
      PROJECT_TEST(a_job_rejected_beside_accepted_ones_is_suspect),
      PROJECT_TEST(a_job_rejected_by_accident_is_back_in_the_next_cycle),
      PROJECT_TEST(a_doubtful_error_is_not_pursued),
      PROJECT_TEST(rejections_of_everything_make_no_job_suspect),
      PROJECT_TEST(a_thousand_that_fell_together_come_back_together),
      PROJECT_TEST(an_outage_may_end_within_a_cycle),
      PROJECT_TEST(a_bad_one_does_not_keep_its_group),
      PROJECT_TEST(the_only_job_may_be_unknown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
