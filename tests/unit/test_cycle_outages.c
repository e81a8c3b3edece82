/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Cycles of a service that refuses the credentials, wants a pause, is
 * unavailable, or does not respond in time. */

#include "cycle_fixture.h"
#include "write_file.h"

/* Credentials */

static void a_rejected_token_ends_the_cycle(void **state) {
  (void)state;
  make(20, 1, 2);
  start();
  step();
  reject(fake_calls[0], 401, "APIG.0307");
  reject(fake_calls[0], 401, "APIG.0307");
  step();
  assert_int_equal(seen.finished, 1);
  assert_int_equal(fake_started, 2);
  assert_non_null(strstr(error(ERR_AUTH), "APIG.0307"));
  start(); /* the next read tries it again: it locks nobody */
  respond_all(-1, "");
  assert_output(0, 20, 1);
}

/* The cycle waits until it has rested. */
static void wait_for_file(void) {
  assert_int_equal(step(), fake_now + FILE_REST);
  fake_now += FILE_REST;
  step();
}

static void a_new_token_is_used_at_once_and_once(void **state) {
  (void)state;
  char path[] = "/tmp/test_cycle.XXXXXX";
  close(mkstemp(path));
  write_file(path, "token-1");
  const struct secret_config token = {.path = path};
  make_project(2, 1, 1, &token);
  start();
  wait_for_file();
  write_file(path, "token-2");
  reject(fake_calls[0], 403, "DRS.M00100");
  assert_int_equal(fake_calls_len, 0);
  wait_for_file();
  assert_int_equal(fake_calls_len, 1);
  assert_true(requests_job(fake_calls[0], 0));
  assert_non_null(strstr(fake_calls[0]->headers, "X-Auth-Token: token-2\n"));
  write_file(path, "token-3");
  reject(fake_calls[0], 403, "DRS.M00100");
  step();
  assert_int_equal(seen.finished, 1); /* not a third time */
  assert_int_equal(fake_started, 2);
  unlink(path);
}

static void denied_access_ends_the_cycle(void **state) {
  (void)state;
  make(20, 1, 1);
  start();
  step();
  reject(fake_calls[0], 403, "DRS.M00102");
  step();
  assert_int_equal(seen.finished, 1);
  assert_int_equal(fake_started, 1);
  assert_int_equal(errors(ERR_AUTH), 1);
}

/* Pauses */

static void it_waits_as_long_as_requested(void **state) {
  (void)state;
  make(2, 1, 1);
  start();
  step();
  throttle(fake_calls[0], 2000);
  assert_int_equal(step(), fake_now + 2000);
  assert_int_equal(fake_calls_len, 0);
  fake_now += 1999;
  step();
  assert_int_equal(fake_calls_len, 0);
  fake_now += 1;
  step();
  assert_true(requests_job(fake_calls[0], 0));
  respond_all(-1, "");
  assert_output(0, 2, 1);
  assert_int_equal(errors(ERR_THROTTLED), 1);
}

/* A pause beyond the read's end ends the read; the next one begins where the
 * pause ends, with what was not requested. */
static void a_long_pause_outlasts_the_read(void **state) {
  (void)state;
  make(4, 1, 1);
  start();
  step();
  accept(fake_calls[0]);
  step();
  throttle(fake_calls[0], 15000);
  step();
  assert_int_equal(seen.finished, 1);
  assert_int_equal(seen.result.answered, 1);
  fake_now += BUDGET;
  start();
  assert_int_equal(step(), fake_now + 5000);
  fake_now += 5000;
  step();
  assert_true(requests_job(fake_calls[0], 1));
  respond_all(-1, "");
  assert_output(0, 4, 1);
}

/* The request that follows the pause has not all of the interval. */
static void a_pause_is_the_cause_of_what_is_late(void **state) {
  (void)state;
  make(1, 1, 1);
  start();
  step();
  throttle(fake_calls[0], BUDGET - 1);
  fake_now += BUDGET - 1;
  step();
  assert_int_equal(fake_calls_len, 1);
  fake_now += 1;
  step();
  assert_int_equal(seen.finished, 1);
  assert_int_equal(errors(ERR_THROTTLED), 2);
  assert_int_equal(errors(ERR_HTTP), 0);
}

static void without_retry_after_it_backs_off(void **state) {
  (void)state;
  make(1, 1, 1);
  start();
  step();
  throttle(fake_calls[0], -1);
  assert_between(step() - fake_now, 500, 1000);
  fake_now += 1000;
  step();
  throttle(fake_calls[0], -1);
  assert_between(step() - fake_now, 1000, 2000);
  fake_now += 2000;
  respond_all(-1, ""); /* content: it starts small again */
  start();
  step();
  throttle(fake_calls[0], -1);
  assert_between(step() - fake_now, 500, 1000);
}

static void jobs_rejected_together_wait_once(void **state) {
  (void)state;
  make(8, 1, 8);
  start();
  step();
  for (int i = 0; i < 8; i++)
    throttle(fake_calls[0], -1);
  assert_between(step(), fake_now + 1, fake_now + 1000);
}

static void a_pause_is_kept_whatever_the_status(void **state) {
  (void)state;
  static const long statuses[] = {500, 502, 503, 404, 403, 302};
  for (size_t i = 0; i < COUNT(statuses); i++) {
    make(4, 1, 2);
    start();
    step();
    fake_response(fake_calls[0],
                  (struct http_response){statuses[i], 60000, -1, NULL}, "{}");
    while (step(), project_is_polling(project))
      accept(fake_calls[0]);
    for (int ms = 0; ms < 59000; ms += 1000) {
      fake_now += 1000;
      start();
      step();
      assert_int_equal(fake_calls_len, 0);
      project_stop(project);
    }
    fake_now += 1000;
    start();
    respond_all(-1, "");
    assert_output(0, 4, 1);
    tear_down_fixture(NULL);
  }
}

/* Outages */

static void an_unavailable_service_gets_no_requests(void **state) {
  (void)state;
  make(100, 1, 3);
  start();
  for (step(); project_is_polling(project); step())
    fake_fail(fake_calls[0], "connection refused");
  assert_between(fake_started, 3, 6);
  assert_string_equal(error(ERR_HTTP), "connection refused");
  fake_now += 60000;
  start();
  respond_all(-1, "");
  assert_output(0, 100, 1);
}

static void one_accident_costs_one_batch(void **state) {
  (void)state;
  make(10, 1, 2);
  start();
  step();
  fake_fail(fake_calls[0], "reset");
  respond_all(-1, "");
  assert_int_equal(seen.result.answered, 9);
  assert_int_equal(errors(ERR_HTTP), 1);
}

static void an_outage_makes_no_job_missing(void **state) {
  (void)state;
  make(1, 1, 1);
  start();
  step();
  fake_fail(fake_calls[0], "nobody is there");
  step();
  assert_int_equal(seen.missing[0], 0);
}

/* Sizes */

static void a_response_that_is_too_large_is_halved(void **state) {
  (void)state;
  make(8, 8, 1);
  start();
  step();
  fake_end(fake_calls[0], HTTP_LIMIT_SIZE, "larger than 16 MiB");
  respond_all(-1, "");
  assert_output(0, 8, 1);
  assert_int_equal(fake_started, 3);
  fake_started = 0;
  start();
  respond_all(-1, "");
  assert_int_equal(fake_started, 2);
}

/* A service that takes a second for each job, of which it is given three. */
static size_t poll_a_slow_service(size_t in_time) {
  start();
  for (step(); project_is_polling(project); step())
    if (ids_in(fake_calls[0]) > (int)in_time)
      fake_end(fake_calls[0], HTTP_LIMIT_TIME, "timed out");
    else
      accept(fake_calls[0]);
  fake_now += BUDGET;
  return seen.result.answered;
}

static void batches_shrink_until_they_are_in_time(void **state) {
  (void)state;
  make(60, 100, 8);
  int cycles = 1;
  while (poll_a_slow_service(3) < 60)
    assert_true(cycles++ < 8);
  fake_started = 0;
  assert_int_equal(poll_a_slow_service(3), 60);
  assert_between(fake_started, 20, 60);
}

/* After hours of it, everything is back at once. */
static void an_outage_of_time_shrinks_nothing(void **state) {
  (void)state;
  make(1000, 100, 8);
  for (int i = 0; i < 100; i++)
    assert_int_equal(poll_a_slow_service(0), 0);
  fake_started = 0;
  assert_int_equal(poll_a_slow_service(100), 1000);
  assert_between(fake_started, 10, 11);
  fake_started = 0;
  assert_int_equal(poll_a_slow_service(100), 1000);
  assert_int_equal(fake_started, 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PROJECT_TEST(a_rejected_token_ends_the_cycle),
      PROJECT_TEST(a_new_token_is_used_at_once_and_once),
      PROJECT_TEST(denied_access_ends_the_cycle),
      PROJECT_TEST(it_waits_as_long_as_requested),
      PROJECT_TEST(a_long_pause_outlasts_the_read),
      PROJECT_TEST(a_pause_is_the_cause_of_what_is_late),
      PROJECT_TEST(without_retry_after_it_backs_off),
      PROJECT_TEST(jobs_rejected_together_wait_once),
      cmocka_unit_test(a_pause_is_kept_whatever_the_status),
      PROJECT_TEST(an_unavailable_service_gets_no_requests),
      PROJECT_TEST(one_accident_costs_one_batch),
      PROJECT_TEST(an_outage_makes_no_job_missing),
      PROJECT_TEST(a_response_that_is_too_large_is_halved),
      PROJECT_TEST(batches_shrink_until_they_are_in_time),
      PROJECT_TEST(an_outage_of_time_shrinks_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
