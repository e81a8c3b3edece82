/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One cycle: its requests, the items of its responses, and its time. */

#include "cycle_fixture.h"

/* Requests */

static void the_request_is_that_of_the_api(void **state) {
  (void)state;
  make(2, 100, 8);
  start();
  step();
  assert_int_equal(fake_calls_len, 1);
  struct http_transfer *call = fake_calls[0];
  assert_string_equal(call->url,
                      "https://drs.example.com/v3/p/jobs/batch-progress");
  assert_string_equal(call->body, "{\"jobs\":[\"0\",\"1\"]}");
  assert_non_null(strstr(call->headers, "Content-Type: application/json\n"));
  assert_non_null(strstr(call->headers, "X-Language: en-us\n"));
  assert_non_null(strstr(call->headers, "X-Auth-Token: token-1\n"));
  assert_int_equal(call->timeout, 5000);
}

static void batches_are_in_flight_together(void **state) {
  (void)state;
  make(250, 10, 4);
  start();
  step();
  assert_int_equal(fake_calls_len, 4);
  for (size_t i = 0; i < 4; i++)
    assert_int_equal(ids_in(fake_calls[i]), 10);
  while (project_is_polling(project)) {
    assert_between(fake_calls_len, 1, 4);
    accept(fake_calls[fake_calls_len - 1]);
    step();
  }
  assert_int_equal(fake_started, 25);
  assert_output(0, 250, 1);
  assert_int_equal(seen.finished, 1);
  assert_int_equal(seen.result.answered, 250);
  assert_int_equal(project_counts(project)->requests, 25);
}

static void one_read_at_a_time(void **state) {
  (void)state;
  make(1, 1, 1);
  start();
  step();
  project_skip(project);
  step();
  assert_int_equal(seen.started, 1);
  assert_int_equal(fake_started, 1);
  assert_int_equal(project_counts(project)->skipped, 1);
}

/* A key that was never accepted is tried with one request at a time. */
static void
a_request_that_cannot_start_gives_its_credentials_back(void **state) {
  (void)state;
  config = config_fixture();
  set_access_key();
  memset(&seen, 0, sizeof(seen));
  assert_true(config_fixture_add_jobs(&config, 2));
  make_fixture(&events);
  fake_start_fails = true;
  start();
  step();
  fake_start_fails = false;
  assert_int_equal(seen.finished, 1);
  assert_int_equal(errors(ERR_LOCAL), 1);
  start();
  respond_all(-1, "");
  assert_output(0, 2, 1);
}

/* Items */

static void a_job_that_is_left_out_is_missing(void **state) {
  (void)state;
  make(3, 3, 1);
  start();
  step();
  fake_status(fake_calls[0], 202, "{\"results\":[{\"job_id\":\"1\"}]}");
  step();
  assert_int_equal(seen.missing[0], 1);
  assert_int_equal(seen.missing[1], 0);
  assert_int_equal(seen.missing[2], 1);
  assert_string_equal(seen.why, "");
}

static void a_job_that_is_left_out_is_named(void **state) {
  (void)state;
  make(2, 2, 1);
  start();
  step();
  fake_status(fake_calls[0], 200, "{\"results\":[{\"job_id\":\"0\"}]}");
  step();
  assert_int_equal(seen.result.answered, 1);
  assert_string_equal(error(ERR_JOB),
                      "1 of 2 jobs are missing from the responses, such as 1");
}

static void a_job_that_was_not_requested_is_an_error(void **state) {
  (void)state;
  make(1, 1, 1);
  start();
  step();
  fake_status(fake_calls[0], 200,
              "{\"results\":[{\"job_id\":\"9\"},{\"job_id\":\"0\"},"
              "{\"job_id\":\"0\"}]}");
  step();
  assert_int_equal(seen.finished, 1);
  assert_output(0, 1, 1);
  assert_int_equal(errors(ERR_RESPONSE), 1);
  assert_non_null(strstr(error(ERR_RESPONSE), "9"));
}

static void an_item_of_another_request_is_no_report(void **state) {
  (void)state;
  make(2, 1, 2);
  start();
  step();
  assert_int_equal(fake_calls_len, 2);
  fake_status(fake_calls[0], 202,
              "{\"results\":[{\"job_id\":\"1\"},{\"job_id\":\"0\"}]}");
  assert_output(0, 1, 1);
  assert_output(1, 2, 0);
  accept(fake_calls[0]);
  step();
  assert_output(0, 2, 1);
  assert_non_null(strstr(error(ERR_RESPONSE), "not requested"));
  start();
  respond_all(-1, "");
  assert_string_equal(error(ERR_RESPONSE), "");
}

static void of_two_items_of_a_job_the_first_counts(void **state) {
  (void)state;
  make(2, 2, 1);
  start();
  step();
  respond_body("{\"results\":[{\"job_id\":\"1\"},{\"job_id\":\"0\"},"
               "{\"job_id\":\"1\"}]}");
  assert_output(0, 2, 1);
  assert_non_null(strstr(error(ERR_RESPONSE), "twice: 1"));
}

static void an_id_is_compared_as_a_whole(void **state) {
  (void)state;
  make(1, 1, 1);
  start();
  step();
  respond_body("{\"results\":[{\"job_id\":\"0\\u0000x\"}]}");
  assert_int_equal(seen.result.answered, 0);
  assert_non_null(strstr(error(ERR_RESPONSE), "not requested"));
}

/* An item may have an error in place of a state. */
static void an_error_item_means_a_missing_job(void **state) {
  (void)state;
  make(3, 3, 1);
  start();
  step();
  respond_body(
      "{\"results\":["
      "{\"job_id\":\"0\",\"error_code\":\"DRS.M05003\",\"error_msg\":\"gone\"},"
      "{\"job_id\":\"1\",\"progress\":\"9\",\"error_code\":\"DRS.M1\"},"
      "{\"job_id\":\"2\",\"transfer_status\":\"CREATE_FAILED\","
      "\"error_code\":\"DRS.M2\",\"error_msg\":\"no\"}]}");
  assert_int_equal(seen.result.answered, 2);
  assert_int_equal(seen.reported[0], 0);
  assert_string_equal(error(ERR_JOB), "job 0: DRS.M05003: gone");
  assert_string_equal(seen.changes, "missing 0 > DRS.M05003 gone\n"
                                    "error 1 > DRS.M1 \n"
                                    "status 2 >CREATE_FAILED DRS.M2 no\n");
}

static void reported_jobs_are_counted_by_family(void **state) {
  (void)state;
  make(5, 5, 1);
  start();
  step();
  respond_body("{\"results\":["
               "{\"job_id\":\"0\",\"transfer_status\":\"PAUSING\"},"
               "{\"job_id\":\"1\",\"transfer_status\":\"PAUSING\"},"
               "{\"job_id\":\"2\",\"transfer_status\":\"NEW_FAILED\"},"
               "{\"job_id\":\"3\"}]}");
  const size_t *families = seen.result.families;
  assert_int_equal(families[STATUS_PAUSED], 2);
  assert_int_equal(families[STATUS_FAILED], 1);
  assert_int_equal(families[STATUS_UNKNOWN], 1);
  assert_int_equal(families[STATUS_RUNNING], 0);
}

static void each_change_is_emitted_once(void **state) {
  (void)state;
  static const char *const bodies[] = {
      "{\"job_id\":\"0\",\"transfer_status\":\"A\"}",
      ("{\"job_id\":\"0\",\"transfer_status\":\"B\",\"error_code\":\"E\","
       "\"error_msg\":\"m\"}"),
      "{\"job_id\":\"0\",\"transfer_status\":\"B\"}", "",
      "{\"job_id\":\"0\",\"transfer_status\":\"B\"}"};
  make(1, 1, 1);
  for (size_t i = 0; i < 3 * COUNT(bodies); i++) {
    char body[256];
    snprintf(body, sizeof(body), "{\"results\":[%s]}", bodies[i / 3]);
    start();
    step();
    respond_body(body);
  }
  start();
  step();
  fake_fail(fake_calls[0], "nobody is there");
  step();
  start();
  respond_all(-1, "");
  assert_string_equal(seen.changes, "status 0 >A  \n"
                                    "status 0 A>B E m\n"
                                    "error 0 B>B E m\n"
                                    "cleared 0 B>B  \n"
                                    "missing 0 B>  \n"
                                    "back 0 B>B  \n"
                                    "down - >  nobody is there\n"
                                    "up - >  \n");
}

/* Responses that end early, or are none */

/* Also where they are too few bytes to be decoded at once. */
static void items_before_a_failure_count(void **state) {
  (void)state;
  make(2, 2, 1);
  start();
  step();
  assert_true(fake_body(fake_calls[0], 200,
                        "{\"results\":[{\"job_id\":\"0\"},{\"job_"));
  fake_fail(fake_calls[0], "reset");
  step();
  assert_output(0, 1, 1);
  assert_output(1, 2, 0);
  assert_string_equal(error(ERR_HTTP), "reset");
}

/* What came before the reply broke is kept. */
static void a_reply_that_ends_early_is_an_error(void **state) {
  (void)state;
  make(2, 2, 1);
  start();
  step();
  fake_status(fake_calls[0], 200, "{\"results\":[{\"job_id\":\"0\"},{\"job_i");
  step();
  assert_output(0, 1, 1);
  assert_int_equal(errors(ERR_RESPONSE), 1);
}

/* A long body that is no JSON ends a success, and not an error. */
static void a_gateway_s_page_is_read_to_its_end(void **state) {
  (void)state;
  make(1, 1, 1);
  start();
  step();
  fake_status(fake_calls[0], 200, "<html></html>");
  step();
  assert_int_equal(errors(ERR_RESPONSE), 1);
  assert_int_equal(fake_refused, 1); /* a success has to be JSON */
  start();
  step();
  char page[5000];
  memset(page, ' ', sizeof(page));
  memcpy(page, "<html>", 6);
  page[sizeof(page) - 1] = '\0';
  assert_true(fake_body(fake_calls[0], 502, page));
  fake_status(fake_calls[0], 502, "</html>");
  step();
  assert_int_equal(fake_refused, 1); /* an error need not be */
  assert_string_equal(error(ERR_HTTP), "service error (HTTP 502)");
  start();
  step();
  assert_false(fake_body(fake_calls[0], 200, page));
  fake_fail(fake_calls[0], "ended by its reader");
  step();
  assert_int_equal(errors(ERR_RESPONSE), 2);
}

/* Time */

static void a_read_ends_in_time(void **state) {
  (void)state;
  make(4, 1, 2);
  start();
  step();
  accept(fake_calls[0]);
  step();
  fake_now += BUDGET - 1;
  step();
  assert_int_equal(seen.finished, 0);
  fake_now += 1;
  step();
  assert_int_equal(seen.finished, 1);
  assert_int_equal(seen.result.answered, 1);
  assert_int_equal(fake_calls_len, 0);
  assert_int_equal(fake_cancelled, 2);
  assert_int_equal(errors(ERR_HTTP), 1);
}

/* What is outstanding at the end comes first in the next cycle. */
static void the_interval_is_the_cause_when_it_ends(void **state) {
  (void)state;
  make(4, 1, 2);
  start();
  step();
  fake_now += BUDGET - 40;
  accept(fake_calls[0]);
  step();
  fake_now += 40;
  step();
  assert_string_equal(error(ERR_HTTP),
                      "poll interval elapsed with requests outstanding");
  fake_now += 500;
  start();
  step();
  assert_true(requests_job(fake_calls[0], 1) || requests_job(fake_calls[1], 1));
}

/* Ten requests over five seconds, one that was divided beside them. */
static void starts_are_spread(void **state) {
  (void)state;
  make(100, 10, 8);
  config.spread = 5000;
  msec_t begun = fake_now;
  start();
  for (int i = 0; i < 10; i++) {
    msec_t again = step();
    assert_int_equal(fake_started, i + 1);
    accept(fake_calls[0]);
    fake_now = begun + (i + 1) * 500;
    if (i < 9)
      assert_int_equal(again, fake_now);
  }
  step();
  assert_int_equal(seen.finished, 1);
  assert_output(0, 100, 1);
}

static void stopping_is_silent(void **state) {
  (void)state;
  make(4, 1, 2);
  start();
  step();
  project_stop(project);
  assert_int_equal(seen.finished, 0);
  assert_int_equal(fake_calls_len, 0);
  assert_int_equal(step(), CLOCK_NEVER);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PROJECT_TEST(the_request_is_that_of_the_api),
      PROJECT_TEST(batches_are_in_flight_together),
      PROJECT_TEST(one_read_at_a_time),
      PROJECT_TEST(a_request_that_cannot_start_gives_its_credentials_back),
      PROJECT_TEST(a_job_that_is_left_out_is_missing),
      PROJECT_TEST(a_job_that_is_left_out_is_named),
      PROJECT_TEST(a_job_that_was_not_requested_is_an_error),
      PROJECT_TEST(an_item_of_another_request_is_no_report),
      PROJECT_TEST(of_two_items_of_a_job_the_first_counts),
      PROJECT_TEST(an_id_is_compared_as_a_whole),
      PROJECT_TEST(an_error_item_means_a_missing_job),
      PROJECT_TEST(reported_jobs_are_counted_by_family),
      PROJECT_TEST(each_change_is_emitted_once),
      PROJECT_TEST(items_before_a_failure_count),
      PROJECT_TEST(a_reply_that_ends_early_is_an_error),
      PROJECT_TEST(a_gateway_s_page_is_read_to_its_end),
      PROJECT_TEST(a_read_ends_in_time),
      PROJECT_TEST(the_interval_is_the_cause_when_it_ends),
      PROJECT_TEST(starts_are_spread),
      PROJECT_TEST(stopping_is_silent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
