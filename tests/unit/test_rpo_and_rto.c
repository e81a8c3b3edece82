/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The call for RPO and RTO: its response at every size of chunk, and what a
 * project makes of it, beside the progress, against a service and a clock that
 * the test plays. */

#include "json_chunks.h"
#include "project_fixture.h"

#include "api/call.h"
#include "api/rpo_and_rto.h"

#define DAY (24 * 3600 * 1000)

/* The decoder */

static char decoded[512];

static void append(void *arg, const struct job_item *item) {
  (void)arg;
  const struct rpo_and_rto *r = (const struct rpo_and_rto *)item;
  size_t len = strlen(decoded);
  snprintf(decoded + len, sizeof(decoded) - len, "%s", item->id.text);
  if (item->has & RPO_DELAY)
    snprintf(decoded + strlen(decoded), 64, " rpo=%.15g", r->rpo_ms);
  if (item->has & RTO_DELAY)
    snprintf(decoded + strlen(decoded), 64, " rto=%.15g", r->rto_ms);
  strcat(decoded, "\n");
}

static void decode(const char *json, size_t chunk) {
  struct rpo_and_rto item;
  struct job_response response = {.fn = append, .item = &item.base};
  decoded[0] = '\0';
  assert_true(
      json_decode_chunks(rpo_and_rto_call.response, &response, json, chunk));
}

static void a_response_is_decoded_in_any_chunks(void **state) {
  (void)state;
  static const char json[] =
      "{\"count\":3,\"results\":[{\"job_id\":\"a\",\"rpo_info\":{\"delay\":"
      "\"0\","
      "\"time\":\"2026-06-27 01:21:18\",\"gtid_set\":\"NA\",\"check_point\":"
      "\"mysql-bin-changelog.001732:62558\"},\"rto_info\":{\"delay\":1500,"
      "\"time\":null}},{\"job_id\":\"b\",\"rpo_info\":null,\"rto_info\":{"
      "\"delay\":\"-1\"}},{\"job_id\":\"c\",\"delay\":\"7\"}]}";
  for (size_t chunk = 1; chunk <= sizeof(json); chunk++) {
    decode(json, chunk);
    assert_string_equal(decoded, "a rpo=0 rto=1500\nb rto=-1\nc\n");
  }
}

/* The project */

static struct {
  int finished;
  int values[64], delays[64]; /* in the last cycle */
  struct project_result result;
  char changes[512]; /* of the call, a line each; "-" for a recovery */
} seen;

static void on_started(void *arg) {
  (void)arg;
  memset(seen.values, 0, sizeof(seen.values));
  memset(seen.delays, 0, sizeof(seen.delays));
}

static void on_item(void *arg, const struct job *job, enum job_call call,
                    const struct job_item *item) {
  (void)arg;
  assert_string_equal(job->id, item->id.text);
  if (call == JOB_PROGRESS)
    seen.values[atoi(job->id)]++;
  else
    seen.delays[atoi(job->id)]++;
}

static void on_changed(void *arg, const struct change *change) {
  (void)arg;
  fail_msg("a change of kind %d", change->kind);
}

static void on_finished(void *arg, const struct project_result *result) {
  (void)arg;
  const struct err *change = result->call_changes[JOB_RPO_AND_RTO];
  size_t len = strlen(seen.changes);
  seen.finished++;
  seen.result = *result;
  if (change != NULL)
    snprintf(seen.changes + len, sizeof(seen.changes) - len, "%s\n",
             err_is_set(change) ? change->text : "-");
}

static const struct project_events events = {.started = on_started,
                                             .item = on_item,
                                             .changed = on_changed,
                                             .finished = on_finished};

static void make(int jobs, int batch_size, int parallel) {
  configure_fixture(jobs);
  config.batch_size = batch_size;
  config.max_parallel = parallel;
  config.calls[JOB_RPO_AND_RTO] = true;
  memset(&seen, 0, sizeof(seen));
  make_fixture(&events);
}

static bool is_rpo(const struct http_transfer *call) {
  return strstr(call->url, "/batch-rpo-and-rto") != NULL;
}

static void accept(struct http_transfer *call) {
  respond_with_items(call, "\"rpo_info\":{\"delay\":\"5\"}");
}

/* The response to the optional call; status 0: it works. */
struct outcome {
  long status;
  msec_t retry_after;
  const char *code;
};

/* A cycle; returns its requests for RPO and RTO. */
static int poll(struct outcome o) {
  char body[100];
  int requests = 0;
  snprintf(body, sizeof(body), "{\"error_code\":\"%s\"}",
           o.code == NULL ? "" : o.code);
  start();
  for (step(); project_is_polling(project); step()) {
    assert_true(fake_calls_len > 0);
    requests += is_rpo(fake_calls[0]);
    if (is_rpo(fake_calls[0]) && o.status != 0)
      fake_response(fake_calls[0],
                    (struct http_response){o.status, o.retry_after, -1, NULL},
                    body);
    else
      accept(fake_calls[0]);
  }
  fake_now += 60000;
  assert_true(project_is_up(&seen.result));
  for (int kind = ERR_NONE + 1; kind < ERR_KINDS; kind++)
    assert_false(err_is_set(&seen.result.errors[kind]));
  return requests;
}

static const struct outcome well = {0, -1, NULL};

static void assert_delays(int jobs, int times) {
  for (int i = 0; i < jobs; i++)
    assert_int_equal(seen.delays[i], times);
}

static void each_job_has_both(void **state) {
  (void)state;
  make(25, 10, 4);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(poll(well), 3);
    assert_delays(25, 1);
  }
  assert_int_equal(project_counts(project)->requests, 18);
  assert_string_equal(seen.changes, "");
}

static void an_unsupported_call_is_made_once_a_day(void **state) {
  (void)state;
  static const struct outcome unsupported[] = {
      {404, -1, "APIG.0101"},
      {400, -1, "DRS.M00202"},
      {403, -1, "DRS.M00102"},
      {403, -1, "DRS.M00261"},
  };
  for (size_t i = 0; i < COUNT(unsupported); i++) {
    make(25, 10, 4);
    int requests = 0;
    for (int minute = 0; minute < 3 * 24 * 60 - 5; minute++)
      requests += poll(unsupported[i]);
    assert_int_equal(requests, 3);
    assert_non_null(strstr(seen.changes, "(HTTP "));
    assert_ptr_equal(strchr(seen.changes, '\n') + 1,
                     seen.changes + strlen(seen.changes));
    fake_now += DAY;
    assert_int_equal(poll(well), 3);
    assert_delays(25, 1);
    assert_string_equal(strchr(seen.changes, '\n') + 1, "-\n");
    tear_down_fixture(NULL);
  }
}

/* Without a code of the service it may pass, or not: ever more seldom. */
static void an_unclear_rejection_pauses_ever_longer(void **state) {
  (void)state;
  static const struct outcome unclear[] = {{404, -1, ""},
                                           {405, -1, ""},
                                           {400, -1, ""},
                                           {302, -1, ""},
                                           {501, -1, ""}};
  for (size_t i = 0; i < COUNT(unclear); i++) {
    make(25, 10, 4);
    int requests = 0;
    for (int minute = 0; minute < 3 * 24 * 60; minute++)
      requests += poll(unclear[i]);
    assert_between(requests, 10, 18);
    tear_down_fixture(NULL);
  }
}

/* Where it is not offered any more, one request a day finds that out in the
 * end. */
static void a_withdrawn_call_is_made_ever_more_seldom(void **state) {
  (void)state;
  make(25, 10, 4);
  poll(well);
  int requests = 0;
  for (int minute = 0; minute < 3 * 24 * 60 - 5; minute++)
    requests += poll((struct outcome){404, -1, "APIG.0101"});
  assert_between(requests, 10, 18);
}

/* Also where the gateway has a code for it, and it is short. */
static void a_refusal_of_an_accepted_call_may_pass(void **state) {
  (void)state;
  make(25, 10, 4);
  poll(well);
  poll((struct outcome){404, -1, "APIG.0101"});
  int minutes = 1;
  while (poll(well) == 0)
    minutes++;
  assert_between(minutes, 1, 2);
  poll(well);
  assert_delays(25, 1);
}

/* Of a call that was offered, a page of a proxy costs one request a cycle. */
static void an_outage_of_its_gateway_may_pass(void **state) {
  (void)state;
  make(25, 10, 4);
  poll(well);
  assert_between(poll((struct outcome){404, -1, ""}), 1, 3);
  for (int minute = 0; minute < 20; minute++)
    assert_int_equal(poll((struct outcome){404, -1, ""}), 1);
  assert_int_equal(poll(well), 3);
  assert_delays(25, 1);
}

/* A token that ends between the two calls is not renewed for this one. */
static void a_rejected_token_is_left_to_the_progress(void **state) {
  (void)state;
  make(5, 10, 4);
  assert_int_equal(poll((struct outcome){401, -1, "APIG.0307"}), 1);
  assert_int_equal(poll(well), 1);
  assert_delays(5, 1);
  assert_string_equal(seen.changes, "");
  int requests = 0;
  for (int minute = 0; minute < 600; minute++)
    requests += poll((struct outcome){401, -1, "APIG.0307"});
  assert_between(requests, 3, 14);
  assert_int_equal(project_counts(project)->token_requests, 0);
}

/* Rejected signatures lock a key: these are of the call. */
static void a_rejected_signature_is_left_to_the_progress(void **state) {
  (void)state;
  configure_fixture(5);
  set_access_key();
  config.calls[JOB_RPO_AND_RTO] = true;
  memset(&seen, 0, sizeof(seen));
  make_fixture(&events);
  for (int i = 0; i < 10; i++)
    poll((struct outcome){401, -1, "APIG.0301"});
}

static void its_pauses_are_its_own(void **state) {
  (void)state;
  make(5, 10, 4);
  poll(well);
  assert_int_equal(poll((struct outcome){429, 150000, ""}), 1);
  assert_int_equal(poll(well), 0);
  assert_int_equal(poll(well), 0);
  assert_int_equal(poll(well), 1);
  assert_int_equal(poll((struct outcome){503, 150000, ""}), 1);
  assert_int_equal(poll(well), 0);
}

static void an_outage_is_over_at_the_next_cycle(void **state) {
  (void)state;
  make(25, 10, 4);
  poll(well);
  for (int i = 0; i < 10; i++)
    assert_between(poll((struct outcome){500, -1, ""}), 3, 4);
  assert_int_equal(poll(well), 3);
  assert_delays(25, 1);
  assert_string_equal(strchr(seen.changes, '\n') + 1, "-\n");
}

/* A job that this call rejects, in two cycles, is polled for its progress as
 * ever. */
static void a_bad_job_is_quarantined_for_this_call(void **state) {
  (void)state;
  make(8, 8, 1);
  poll(well);
  int requests = 0;
  for (int cycle = 0; cycle < 9; cycle++) {
    start();
    for (step(); project_is_polling(project); step()) {
      struct http_transfer *call = fake_calls[0];
      requests += is_rpo(call);
      if (is_rpo(call) && strstr(call->body, "\"5\"") != NULL)
        fake_status(call, 400, "{\"error_code\":\"DRS.M05004\"}");
      else
        accept(call);
    }
    fake_now += 60000;
    for (int i = 0; i < 8; i++) {
      assert_int_equal(seen.values[i], 1);
      assert_int_equal(seen.delays[i], i != 5);
    }
  }
  assert_int_equal(requests, 8 + 7 + 8);
  assert_string_equal(seen.changes, "");
}

/* A hung call ends with the interval, and the progress has its values. */
static void a_call_that_hangs_keeps_nothing_back(void **state) {
  (void)state;
  make(5, 10, 4);
  for (int i = 0; i < 3; i++) {
    start();
    step();
    while (fake_calls_len > 0 && !is_rpo(fake_calls[0])) {
      accept(fake_calls[0]);
      step();
    }
    fake_now += BUDGET;
    step();
    assert_int_equal(seen.finished, i + 1);
    assert_true(project_is_up(&seen.result));
    assert_int_equal(project_counts(project)->errors[ERR_HTTP], 0);
  }
  assert_string_equal(seen.changes,
                      "poll interval elapsed with requests outstanding\n");
}

/* Nor is it the progress that is late where the progress was given up. */
static void a_call_that_hangs_is_not_taken_for_another(void **state) {
  (void)state;
  make(25, 10, 1);
  start();
  step();
  accept(fake_calls[0]);
  step();
  fake_status(fake_calls[0], 403, "{\"error_code\":\"DRS.M00102\"}");
  step();
  assert_true(is_rpo(fake_calls[0]));
  fake_now += BUDGET;
  step();
  assert_int_equal(seen.finished, 1);
  assert_int_equal(seen.result.answered, 10);
  assert_int_equal(errors(ERR_HTTP), 0);
  assert_string_equal(seen.changes,
                      "poll interval elapsed with requests outstanding\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_response_is_decoded_in_any_chunks),
      PROJECT_TEST(each_job_has_both),
      cmocka_unit_test(an_unsupported_call_is_made_once_a_day),
      cmocka_unit_test(an_unclear_rejection_pauses_ever_longer),
      PROJECT_TEST(a_withdrawn_call_is_made_ever_more_seldom),
      PROJECT_TEST(a_refusal_of_an_accepted_call_may_pass),
      PROJECT_TEST(an_outage_of_its_gateway_may_pass),
      PROJECT_TEST(a_rejected_token_is_left_to_the_progress),
      PROJECT_TEST(a_rejected_signature_is_left_to_the_progress),
      PROJECT_TEST(its_pauses_are_its_own),
      PROJECT_TEST(an_outage_is_over_at_the_next_cycle),
      PROJECT_TEST(a_bad_job_is_quarantined_for_this_call),
      PROJECT_TEST(a_call_that_hangs_keeps_nothing_back),
      PROJECT_TEST(a_call_that_hangs_is_not_taken_for_another),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
