/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The call for comparisons: its requests, its response at every size of chunk,
 * and what a project makes of it, against a service and a clock that the test
 * plays. */

#include "alloc.h"
#include "json_chunks.h"
#include "project_fixture.h"

#include "api/call.h"
#include "api/comparison.h"
#include "poll/comparisons.h"
#include "poll/cutover.h"

#include <stdio.h>

#define BODY_MAX 2048
#define SECRET "S3cret row of a user"

/* The decoder */

static const char list[] =
    "{\"job_id\":\"0\",\"compare_task_list_results\":{"
    "\"compare_task_list_count\":4,\"compare_task_list\":["
    "{\"compare_task_id\":\"o2\",\"compare_type\":\"object_comparison\","
    "\"compare_task_status\":\"SUCCESSFUL\",\"create_time\":\"2000\","
    "\"end_time\":\"2500\"},"
    "{\"compare_task_id\":\"o3\",\"compare_type\":\"object_comparison\","
    "\"compare_task_status\":\"RUNNING\",\"create_time\":\"3000\"},"
    "{\"compare_task_id\":\"l1\",\"compare_type\":\"lines\","
    "\"compare_task_status\":\"SUCCESSFUL\",\"create_time\":\"1000\"},"
    "{\"compare_task_id\":\"o1\",\"compare_type\":\"object_comparison\","
    "\"compare_task_status\":\"SUCCESSFUL\",\"create_time\":\"1000\","
    "\"end_time\":\"1500\"}]}}";

static const char results[] =
    "{\"object_level_compare_results\":{\"compare_task_id\":\"o2\","
    "\"object_compare_overview\":[{\"object_type\":\"TABLE\","
    "\"object_compare_result\":\"INCONSISTENT\",\"source_count\":5,"
    "\"target_count\":3,\"diff_count\":2},{\"object_compare_result\":"
    "\"INCONSISTENT\",\"diff_count\":0},{\"object_compare_result\":"
    "\"CONSISTENT\"},{\"object_compare_result\":\"TARGET_DB_NOT_EXIT\"},"
    "{\"object_compare_result\":\"CAN_NOT_COMPARE\"}],"
    "\"object_compare_details\":{\"x\":[{\"name\":\"" SECRET "\"}]}},"
    "\"line_compare_results\":{\"line_compare_overview\":[{\"source_db_name\":"
    "\"" SECRET "\",\"line_compare_result\":\"INCONSISTENT\"},"
    "{\"line_compare_result\":\"FAILED_TO_COMPARE\"}],\"line_compare_details\":"
    "[{\"line_compare_result\":\"INCONSISTENT\"}]},\"content_compare_results\":"
    "{\"content_compare_overview\":[{\"content_compare_result\":\"CONSISTENT\"}"
    "],\"content_compare_diffs\":[{\"target_select_sql\":\"" SECRET "\"}]}}";

static struct comparison_response response;

static void decode(const char *json, size_t chunk) {
  assert_true(
      json_decode_chunks(comparison_call.response, &response, json, chunk));
}

static void check_result(enum comparison_type type, size_t entries,
                         double inconsistent, double uncompared) {
  const struct comparison_result *r = &response.results[type];
  assert_int_equal(r->entries, entries);
  assert_int_equal((int)r->inconsistent, (int)inconsistent);
  assert_int_equal((int)r->uncompared, (int)uncompared);
}

static void test_a_response_is_decoded_in_any_chunks(void **state) {
  (void)state;
  for (size_t chunk = 1; chunk <= sizeof(results); chunk++) {
    alloc_reset();
    alloc.secret = "row of a"; /* its end stays where a text is cleared */
    memset(&response, 0, sizeof(response));
    decode(list, chunk);
    assert_int_equal(response.listed, 4);
    assert_string_equal(response.found[COMPARISON_OBJECTS].id.text, "o2");
    assert_string_equal(response.found[COMPARISON_LINES].id.text, "l1");
    assert_string_equal(response.found[COMPARISON_CONTENTS].id.text, "");
    decode(results, chunk);
    check_result(COMPARISON_OBJECTS, 5, 2 + 1 + 1, 1);
    check_result(COMPARISON_LINES, 2, 1, 1);
    check_result(COMPARISON_CONTENTS, 1, 0, 0);
    assert_null(memmem(&response, sizeof(response), "row of a", 8));
    assert_int_equal(alloc.spilled, 0);
  }
  alloc_reset();
}

/* The project */

static struct {
  struct job *job; /* the first */
  const struct err *change;
} seen;

static void on_item(void *arg, const struct job *job, enum job_call call,
                    const struct job_item *item) {
  (void)arg, (void)item, (void)call;
  if (strcmp(job->id, "0") == 0)
    memcpy(&seen.job, &job, sizeof(job));
}

static void on_finished(void *arg, const struct project_result *result) {
  (void)arg;
  if (result->comparison_change != NULL)
    seen.change = result->comparison_change;
}

static const struct project_events events = {.started = ignore_start,
                                             .item = on_item,
                                             .changed = ignore_change,
                                             .finished = on_finished};

static void make(int jobs) {
  configure_fixture(jobs);
  config.interval = 60;
  config.discover_interval = 600;
  config.comparisons = true;
  memset(&seen, 0, sizeof(seen));
  make_fixture(&events);
}

static bool is_comparison(const struct http_transfer *call) {
  return strstr(call->url, "/query-compare-result") != NULL;
}

static void respond(struct http_transfer *call, long status, const char *body) {
  fake_status(call, status, body);
  step();
}

/* A cycle in which all jobs have this status. */
static void cycle(const char *status) {
  char members[64];
  snprintf(members, sizeof(members), "\"transfer_status\":\"%s\"", status);
  start();
  for (step(); project_is_polling(project); step())
    respond_with_items(fake_calls[fake_calls_len - 1], members);
}

/* The requests for comparisons within some seconds; each has this response. */
static size_t wait(int seconds, long status, const char *body) {
  size_t requests = 0;
  for (msec_t end = fake_now + 1000 * (msec_t)seconds; fake_now < end;
       fake_now += 100) {
    step();
    for (; fake_calls_len > 0; requests++) {
      assert_true(is_comparison(fake_calls[0]));
      respond(fake_calls[0], status, body);
    }
  }
  return requests;
}

/* Until a request for comparisons is under way. */
static const char *next_request(void) {
  for (int i = 0; fake_calls_len == 0 && i < 20000; i++, fake_now += 100)
    step();
  assert_int_equal(fake_calls_len, 1);
  assert_true(is_comparison(fake_calls[0]));
  return fake_calls[0]->body;
}

#define RUNNING "INCRE_TRANSFER_STARTED"

static void test_one_request_a_job_spread_over_the_interval(void **state) {
  (void)state;
  make(50);
  cycle(RUNNING);
  wait(40, 200, "{}");
  size_t half = wait(300, 200, "{}");
  assert_between(half, 24, 26);
  assert_between(wait(300, 200, "{}"), 24, 26);
}

static void test_none_before_the_full_copy_is_complete(void **state) {
  (void)state;
  make(50);
  cycle("STARTJOBING");
  cycle("FULL_TRANSFER_STARTED");
  assert_int_equal(wait(1200, 200, "{}"), 0);
  cycle("FULL_TRANSFER_COMPLETE");
  assert_between(wait(700, 200, "{}"), 50, 60);
  cycle("RELEASE_RESOURCE_COMPLETE");
  wait(30, 200, "{}");
  assert_int_equal(wait(1200, 200, "{}"), 0);
}

static void test_the_progress_goes_first(void **state) {
  (void)state;
  make(1000);
  cycle(RUNNING);
  wait(60, 200, "{}");
  start();
  for (int i = 0; i < 10; i++) {
    fake_now += 700; /* comparisons are due */
    step();
    for (size_t k = 0; k < fake_calls_len; k++)
      assert_false(is_comparison(fake_calls[k]));
    if (i < 8)
      respond(fake_calls[0], 202, "{\"results\":[]}");
  }
  project_stop(project);
}

static void test_a_newly_finished_comparison_is_asked_for_once(void **state) {
  (void)state;
  make(1);
  cycle(RUNNING);
  assert_string_equal(next_request(),
                      "{\"job_id\":\"0\",\"current_page\":1,\"per_page\":100}");
  assert_false(seen.job->compared);
  respond(fake_calls[0], 200, list);
  assert_string_equal(next_request(),
                      "{\"job_id\":\"0\",\"current_page\":1,\"per_page\":100,"
                      "\"object_level_compare_id\":\"o2\","
                      "\"line_compare_id\":\"l1\"}");
  respond(fake_calls[0], 200, results);
  assert_true(seen.job->compared);
  struct job_comparison sum = job_comparisons_sum(seen.job->comparisons);
  assert_int_equal((int)sum.inconsistent, 5);
  assert_int_equal((int)sum.uncompared, 2);
  assert_int_equal((int)(10 * sum.ended), 10); /* the older of two */
  assert_true(cutover_found_difference(seen.job));
  next_request();
  respond(fake_calls[0], 200, list);
  assert_int_equal(fake_calls_len, 0);
}

/* A project whose only job has results of comparisons. */
static void make_compared(void) {
  make(1);
  cycle(RUNNING);
  next_request();
  respond(fake_calls[0], 200, list);
  next_request();
  respond(fake_calls[0], 200, results);
}

/* What a project keeps is freed with it, and is looked at then. */
static void test_no_block_that_is_kept_has_a_users_data(void **state) {
  (void)state;
  alloc_reset();
  alloc.secret = "row of a"; /* its end stays where a text is cleared */
  make_compared();
  assert_non_null(seen.job->comparisons);
  cycle(RUNNING);
  project_free(project);
  project = NULL;
  assert_int_equal(alloc.spilled, 0);
  alloc_reset();
}

/* A number that nobody would believe is one object that differs. */
static void test_differences_that_nobody_would_believe(void **state) {
  static const char *const counts[] = {"1e308", "-5", "1000000001", "\"many\""};
  char json[512];
  (void)state;
  for (size_t i = 0; i < COUNT(counts); i++) {
    memset(&response, 0, sizeof(response));
    snprintf(json, sizeof(json),
             "{\"object_level_compare_results\":{\"object_compare_overview\":["
             "{\"object_compare_result\":\"INCONSISTENT\",\"diff_count\":%s},"
             "{\"object_compare_result\":\"INCONSISTENT\",\"diff_count\":7}]}}",
             counts[i]);
    decode(json, sizeof(json));
    check_result(COMPARISON_OBJECTS, 2, 1 + 7, 0);
  }
}

/* The list, of which there are `total` comparisons. */
static void set_total(char body[BODY_MAX], int total) {
  static const char count[] = "list_count\":";
  const char *at = strstr(list, count) + strlen(count);
  snprintf(body, BODY_MAX, "%.*s%d%s", (int)(at - list), list, total, at + 1);
}

static void test_pages_until_the_list_is_complete(void **state) {
  char page[128], body[BODY_MAX];
  (void)state;
  make(1);
  cycle(RUNNING);
  set_total(body, 9);
  for (int i = 1; i <= 3; i++) {
    snprintf(page, sizeof(page),
             "{\"job_id\":\"0\",\"current_page\":%d,\"per_page\":100}", i);
    assert_string_equal(next_request(), page);
    respond(fake_calls[0], 200, body);
  }
  assert_non_null(strstr(next_request(), "\"o2\""));
  respond(fake_calls[0], 200, "{}");
  assert_null(seen.job->comparisons); /* its results are not to be had */
  set_total(body, 99);
  for (int i = 1; i <= COMPARISON_PAGES_MAX; i++) {
    assert_null(strstr(next_request(), "\"o2\""));
    respond(fake_calls[0], 200, body);
  }
  assert_non_null(strstr(next_request(), "\"o2\""));
}

/* By one reading there is no list without ids. */
static void test_a_service_that_lists_nothing(void **state) {
  (void)state;
  make(1);
  cycle(RUNNING);
  next_request();
  respond(fake_calls[0], 200, "{\"job_id\":\"0\"}");
  assert_true(seen.job->compared);
  assert_null(seen.job->comparisons);
  assert_null(seen.change);
}

static void test_where_it_is_not_offered_once_a_day(void **state) {
  (void)state;
  make(20);
  cycle(RUNNING);
  assert_int_equal(wait(3600, 404, "{\"error_code\":\"APIG.0101\"}"), 1);
  assert_true(seen.job->compared);
  cycle(RUNNING);
  assert_non_null(seen.change);
  assert_true(err_is_set(seen.change));
  assert_int_equal(wait(22 * 3600, 404, "{}"), 0);
  assert_int_equal(wait(2 * 3600, 403, "{\"error_code\":\"DRS.M00102\"}"), 1);
}

static void test_a_refusal_of_an_accepted_call_may_pass(void **state) {
  (void)state;
  make(20);
  cycle(RUNNING);
  assert_true(wait(600, 200, "{}") > 0);
  assert_between(wait(3600, 404, "{\"error_code\":\"APIG.0101\"}"), 5, 14);
}

/* Without a code of the service it is tried again soon, and ever more seldom.
 */
static void test_a_page_of_a_proxy_is_no_refusal(void **state) {
  (void)state;
  make(20);
  cycle(RUNNING);
  assert_between(wait(3600, 404, "{}"), 5, 14);
  assert_true(seen.job->compared);
}

static void test_an_outage_is_no_refusal(void **state) {
  (void)state;
  make(1);
  cycle(RUNNING);
  size_t failed = wait(600, 503, "{}");
  assert_between(failed, 1, 2);
  assert_int_equal(errors(ERR_HTTP), failed);
  assert_false(seen.job->compared);
  cycle(RUNNING);
  assert_true(err_is_set(seen.change));
  assert_between(wait(1300, 200, "{}"), 1, 3);
  cycle(RUNNING);
  assert_false(err_is_set(seen.change));
}

static void test_a_pause_that_the_service_wants_is_kept(void **state) {
  (void)state;
  make(20);
  cycle(RUNNING);
  next_request();
  fake_response(fake_calls[0], (struct http_response){429, 3600000, -1, NULL},
                "{}");
  step();
  assert_int_equal(errors(ERR_THROTTLED), 1);
  assert_int_equal(wait(3599, 200, "{}"), 0);
  assert_between(wait(60, 200, "{}"), 1, 3);
}

static void test_old_results_are_forgotten(void **state) {
  (void)state;
  make_compared();
  wait(1700, 503, "{}");
  cycle(RUNNING);
  assert_non_null(seen.job->comparisons);
  wait(200, 503, "{}");
  cycle(RUNNING);
  assert_null(seen.job->comparisons);
}

static void test_differences_before_the_end_of_the_copy(void **state) {
  struct job_comparisons c = {.types[COMPARISON_LINES] = {1000, 1, 0},
                              .types[COMPARISON_OBJECTS] = {2000, 0, 0}};
  (void)state;
  assert_true(job_comparisons_differ(&c, 0));
  assert_true(job_comparisons_differ(&c, 999));
  assert_false(job_comparisons_differ(&c, 1000));
  c.types[COMPARISON_OBJECTS].inconsistent = 1;
  assert_true(job_comparisons_differ(&c, 1000));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_response_is_decoded_in_any_chunks),
      PROJECT_TEST(test_one_request_a_job_spread_over_the_interval),
      PROJECT_TEST(test_none_before_the_full_copy_is_complete),
      PROJECT_TEST(test_the_progress_goes_first),
      PROJECT_TEST(test_a_newly_finished_comparison_is_asked_for_once),
      PROJECT_TEST(test_no_block_that_is_kept_has_a_users_data),
      cmocka_unit_test(test_differences_that_nobody_would_believe),
      PROJECT_TEST(test_pages_until_the_list_is_complete),
      PROJECT_TEST(test_a_service_that_lists_nothing),
      PROJECT_TEST(test_where_it_is_not_offered_once_a_day),
      PROJECT_TEST(test_a_refusal_of_an_accepted_call_may_pass),
      PROJECT_TEST(test_a_page_of_a_proxy_is_no_refusal),
      PROJECT_TEST(test_an_outage_is_no_refusal),
      PROJECT_TEST(test_a_pause_that_the_service_wants_is_kept),
      PROJECT_TEST(test_old_results_are_forgotten),
      cmocka_unit_test(test_differences_before_the_end_of_the_copy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
