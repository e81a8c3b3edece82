/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One cycle of one project, against a service that a test plays and a clock
 * that it moves: the requests, their number, and the events. */

#include "project_fixture.h"

#include <stdio.h>
#include <unistd.h>

#define JOBS_MAX 1000

/* The events of the project. */
static struct {
  int started, finished;
  int reported[JOBS_MAX]; /* in the read that is under way, or was */
  int missing[JOBS_MAX];
  char why[ERR_TEXT_MAX]; /* the last of them is missing */
  struct project_result result;
  char changes[1024]; /* a line each: KIND JOB OLD>NEW CODE MESSAGE */
} seen;

static void on_started(void *arg) {
  (void)arg;
  seen.started++;
  memset(seen.reported, 0, sizeof(seen.reported));
}

static void on_item(void *arg, const struct job *job, enum job_call call,
                    const struct job_item *item) {
  (void)arg, (void)call;
  assert_string_equal(job->id, item->id.text);
  seen.reported[atoi(job->id)]++;
}

static void on_finished(void *arg, const struct project_result *result) {
  (void)arg;
  seen.finished++;
  seen.result = *result;
}

static void on_changed(void *arg, const struct change *change) {
  static const char *const kinds[] = {"status",  "error", "cleared", "missing",
                                      "back",    "flaps", "steady",  "ready",
                                      "unready", "down",  "up"};
  (void)arg;
  size_t len = strlen(seen.changes);
  snprintf(seen.changes + len, sizeof(seen.changes) - len,
           "%s %s %s>%s %s %s\n", kinds[change->kind],
           change->job == NULL ? "-" : change->job->id, change->old_status,
           change->new_status, change->code, change->message);
  if (change->kind != CHANGE_JOB_MISSING)
    return;
  seen.missing[atoi(change->job->id)]++;
  strcpy(seen.why, change->message);
}

static const struct project_events events = {on_started, on_item, on_changed,
                                             on_finished};

static void make_project(int jobs, int batch_size, int parallel,
                         const struct secret_config *token) {
  config = config_fixture();
  config.batch_size = batch_size;
  config.max_parallel = parallel;
  if (token != NULL)
    config.credential.token = *token;
  memset(&seen, 0, sizeof(seen));
  assert_true(config_fixture_add_jobs(&config, jobs));
  make_fixture(&events);
}

static void make(int jobs, int batch_size, int parallel) {
  make_project(jobs, batch_size, parallel, NULL);
}

static msec_t step(void) { return project_step(project, fake_now); }

static void start(void) { project_start(project, fake_now, BUDGET); }

/* The ids of a request, {"jobs":["0","1"]}, one by one; -1: no more. */
static int next_id(const char **at) {
  const char *quote = strchr(*at, '"');
  if (quote == NULL || strncmp(quote, "\"jobs\"", 6) == 0)
    return quote == NULL ? -1 : (*at = quote + 6, next_id(at));
  char *end;
  int id = (int)strtol(quote + 1, &end, 10);
  *at = end + 1;
  return id;
}

static int ids_in(const struct http_transfer *call) {
  const char *at = call->body;
  int n = 0;
  while (next_id(&at) >= 0)
    n++;
  return n;
}

static bool requests_job(const struct http_transfer *call, int wanted) {
  const char *at = call->body;
  for (int id; (id = next_id(&at)) >= 0;)
    if (id == wanted)
      return true;
  return false;
}

static void reject(struct http_transfer *call, long status, const char *code) {
  char body[200];
  snprintf(body, sizeof(body), "{\"error_code\":\"%s\",\"error_msg\":\"no\"}",
           code);
  fake_response(call, (struct http_response){status, -1, -1, NULL}, body);
}

static void throttle(struct http_transfer *call, msec_t retry_after) {
  fake_response(call, (struct http_response){429, retry_after, -1, NULL}, "{}");
}

static void accept(struct http_transfer *call) {
  struct buf body;
  const char *at = call->body;
  buf_init(&body, 1 << 20);
  buf_adds(&body, "{\"results\":[", NULL);
  for (int id, n = 0; (id = next_id(&at)) >= 0; n++)
    buf_addf(&body, NULL, "%s{\"job_id\":\"%d\",\"progress\":\"1\"}",
             n > 0 ? "," : "", id);
  buf_adds(&body, "]}", NULL);
  fake_response(call, (struct http_response){202, -1, -1, NULL}, body.data);
  buf_free(&body);
}

/* Answers all requests, and those that follow, until the read is over; those
 * with a `bad` id, if it is not negative, are rejected. */
static void respond_all(int bad, const char *code) {
  for (step(); project_is_polling(project); step()) {
    assert_true(fake_calls_len > 0);
    struct http_transfer *call = fake_calls[0];
    if (bad >= 0 && requests_job(call, bad))
      reject(call, 400, code);
    else
      accept(call);
  }
}

static void assert_output(int from, int to, int times) {
  for (int i = from; i < to; i++)
    if (seen.reported[i] != times)
      fail_msg("job %d was seen %d times, not %d", i, seen.reported[i], times);
}

static const char *error(enum err_kind kind) {
  return seen.result.errors[kind].text;
}

/* Asking */

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

/* A read that is due while one is running */

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

/* Items */

static void a_job_that_is_left_out_is_missing(void **state) {
  (void)state;
  make(3, 3, 1);
  start();
  step();
  fake_response(fake_calls[0], (struct http_response){202, -1, -1, NULL},
                "{\"results\":[{\"job_id\":\"1\"}]}");
  step();
  assert_int_equal(seen.missing[0], 1);
  assert_int_equal(seen.missing[1], 0);
  assert_int_equal(seen.missing[2], 1);
  assert_string_equal(seen.why, "");
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

static void an_outage_makes_no_job_missing(void **state) {
  (void)state;
  make(1, 1, 1);
  start();
  step();
  fake_fail(fake_calls[0], "nobody is there");
  step();
  assert_int_equal(seen.missing[0], 0);
}

static void a_job_that_was_not_requested_is_an_error(void **state) {
  (void)state;
  make(1, 1, 1);
  start();
  step();
  fake_response(fake_calls[0], (struct http_response){200, -1, -1, NULL},
                "{\"results\":[{\"job_id\":\"9\"},{\"job_id\":\"0\"},"
                "{\"job_id\":\"0\"}]}");
  step();
  assert_int_equal(seen.finished, 1);
  assert_output(0, 1, 1);
  assert_int_equal(errors(ERR_RESPONSE), 1);
  assert_non_null(strstr(error(ERR_RESPONSE), "9"));
}

static void a_job_that_is_left_out_is_named(void **state) {
  (void)state;
  make(2, 2, 1);
  start();
  step();
  fake_response(fake_calls[0], (struct http_response){200, -1, -1, NULL},
                "{\"results\":[{\"job_id\":\"0\"}]}");
  step();
  assert_int_equal(seen.result.answered, 1);
  assert_string_equal(error(ERR_JOB),
                      "1 of 2 jobs are missing from the responses, such as 1");
}

static void respond_body(const char *body) {
  fake_response(fake_calls[0], (struct http_response){202, -1, -1, NULL}, body);
  step();
}

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

/* A long body that is no JSON ends a success, and not an error. */
static void a_gateway_s_page_is_read_to_its_end(void **state) {
  (void)state;
  make(1, 1, 1);
  start();
  step();
  fake_response(fake_calls[0], (struct http_response){200, -1, -1, NULL},
                "<html></html>");
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
  fake_response(fake_calls[0], (struct http_response){502, -1, -1, NULL},
                "</html>");
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

static void an_id_is_compared_as_a_whole(void **state) {
  (void)state;
  make(1, 1, 1);
  start();
  step();
  respond_body("{\"results\":[{\"job_id\":\"0\\u0000x\"}]}");
  assert_int_equal(seen.result.answered, 0);
  assert_non_null(strstr(error(ERR_RESPONSE), "not requested"));
}

static void an_item_of_another_request_is_no_report(void **state) {
  (void)state;
  make(2, 1, 2);
  start();
  step();
  assert_int_equal(fake_calls_len, 2);
  fake_response(fake_calls[0], (struct http_response){202, -1, -1, NULL},
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

/* What came before the reply broke is kept. */
static void a_reply_that_ends_early_is_an_error(void **state) {
  (void)state;
  make(2, 2, 1);
  start();
  step();
  fake_response(fake_calls[0], (struct http_response){200, -1, -1, NULL},
                "{\"results\":[{\"job_id\":\"0\"},{\"job_i");
  step();
  assert_output(0, 1, 1);
  assert_int_equal(errors(ERR_RESPONSE), 1);
}

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
  char path[] = "/tmp/test_project.XXXXXX";
  close(mkstemp(path));
  write_token(path, "token-1");
  const struct secret_config token = {.path = path};
  make_project(2, 1, 1, &token);
  start();
  wait_for_file();
  write_token(path, "token-2");
  reject(fake_calls[0], 403, "DRS.M00100");
  assert_int_equal(fake_calls_len, 0);
  wait_for_file();
  assert_int_equal(fake_calls_len, 1);
  assert_true(requests_job(fake_calls[0], 0));
  assert_non_null(strstr(fake_calls[0]->headers, "X-Auth-Token: token-2\n"));
  write_token(path, "token-3");
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

/* Throttling */

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

/* Refused jobs */

static void jobs_rejected_together_wait_once(void **state) {
  (void)state;
  make(8, 1, 8);
  start();
  step();
  for (int i = 0; i < 8; i++)
    throttle(fake_calls[0], -1);
  assert_between(step(), fake_now + 1, fake_now + 1000);
}

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

/* A service in trouble rejects everything for a while. */

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
      PROJECT_TEST(a_job_that_is_left_out_is_missing),
      PROJECT_TEST(a_rejected_job_is_missing_and_the_others_are_not),
      PROJECT_TEST(an_outage_makes_no_job_missing),
      PROJECT_TEST(a_job_that_was_not_requested_is_an_error),
      PROJECT_TEST(a_job_that_is_left_out_is_named),
      PROJECT_TEST(a_reply_that_ends_early_is_an_error),
      PROJECT_TEST(a_rejected_token_ends_the_cycle),
      PROJECT_TEST(a_new_token_is_used_at_once_and_once),
      PROJECT_TEST(denied_access_ends_the_cycle),
      PROJECT_TEST(it_waits_as_long_as_requested),
      PROJECT_TEST(a_long_pause_outlasts_the_read),
      PROJECT_TEST(a_pause_is_the_cause_of_what_is_late),
      PROJECT_TEST(without_retry_after_it_backs_off),
      PROJECT_TEST(a_bad_job_stands_alone),
      PROJECT_TEST(a_rejection_of_all_jobs_makes_none_suspect),
      PROJECT_TEST(a_job_rejected_beside_accepted_ones_is_suspect),
      PROJECT_TEST(a_job_rejected_by_accident_is_back_in_the_next_cycle),
      PROJECT_TEST(jobs_rejected_together_wait_once),
      PROJECT_TEST(a_doubtful_error_is_not_pursued),
      PROJECT_TEST(an_unavailable_service_gets_no_requests),
      PROJECT_TEST(one_accident_costs_one_batch),
      PROJECT_TEST(a_read_ends_in_time),
      PROJECT_TEST(the_interval_is_the_cause_when_it_ends),
      PROJECT_TEST(rejections_of_everything_make_no_job_suspect),
      PROJECT_TEST(a_thousand_that_fell_together_come_back_together),
      PROJECT_TEST(an_outage_may_end_within_a_cycle),
      PROJECT_TEST(a_bad_one_does_not_keep_its_group),
      PROJECT_TEST(the_only_job_may_be_unknown),
      cmocka_unit_test(a_pause_is_kept_whatever_the_status),
      PROJECT_TEST(a_response_that_is_too_large_is_halved),
      PROJECT_TEST(batches_shrink_until_they_are_in_time),
      PROJECT_TEST(an_outage_of_time_shrinks_nothing),
      PROJECT_TEST(items_before_a_failure_count),
      PROJECT_TEST(a_gateway_s_page_is_read_to_its_end),
      PROJECT_TEST(a_request_that_cannot_start_gives_its_credentials_back),
      PROJECT_TEST(an_error_item_means_a_missing_job),
      PROJECT_TEST(reported_jobs_are_counted_by_family),
      PROJECT_TEST(an_id_is_compared_as_a_whole),
      PROJECT_TEST(an_item_of_another_request_is_no_report),
      PROJECT_TEST(of_two_items_of_a_job_the_first_counts),
      PROJECT_TEST(each_change_is_emitted_once),
      PROJECT_TEST(starts_are_spread),
      PROJECT_TEST(stopping_is_silent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
