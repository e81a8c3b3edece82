/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The call for details: its request, its response at every size of chunk, and
 * what a project makes of it, against a service and a clock that the test
 * plays. */

#include "alloc.h"
#include "json_chunks.h"
#include "project_fixture.h"

#include "api/call.h"
#include "api/details.h"

#include <stdio.h>

/* The decoder */

static char decoded[1024];

static void append(void *arg, const struct job_item *item) {
  const struct details *d = (const struct details *)item;
  size_t len = strlen(decoded);
  (void)arg;
  snprintf(decoded + len, sizeof(decoded) - len,
           "%s %x %.15g %.15g %.15g %.15g %.15g \"%s\" %s\n", item->id.text,
           item->has, item->has & DETAILS_STARTED ? d->started : 0,
           item->has & DETAILS_COMPLETED ? d->completed : 0,
           item->has & DETAILS_DELAY ? d->delay : 0,
           item->has & DETAILS_RPO ? d->rpo : 0,
           item->has & DETAILS_RTO ? d->rto : 0, d->failed_reason.text,
           item->error_code.text);
}

static struct details item;

static void decode(const char *json, size_t chunk) {
  struct job_response response = {.fn = append, .item = &item.base};
  memset(&item, 0, sizeof(item));
  decoded[0] = '\0';
  assert_true(
      json_decode_chunks(details_call.response, &response, json, chunk));
}

static void test_a_response_is_decoded_in_any_chunks(void **state) {
  static const char json[] =
      "{\"count\":3,\"results\":[{\"id\":\"a\",\"parent_id\":\"p\",\"name\":"
      "\"n\",\"create_time\":\"1608188903000\",\"actual_start_time\":"
      "\"1608188963000\",\"full_transfer_complete_time\":\"1608189963000\","
      "\"failed_reason\":\"disk full\",\"error_code\":\"DRS.M1\","
      "\"error_message\":\"secret\",\"source_endpoint\":{\"id\":\"x\","
      "\"db_user\":\"root\",\"db_password\":\"secret\",\"failed_reason\":"
      "\"secret\",\"delay_time\":9},\"alarm_notify\":{\"topic_urn\":\"t\","
      "\"delay_time\":300,\"rpo_delay\":60,\"rto_delay\":\"120\","
      "\"subscriptions\":[{\"endpoints\":[\"me@example.com\"],\"delay_time\":"
      "7}]}},{\"id\":\"b\",\"actual_start_time\":null,\"failed_reason\":\"\","
      "\"alarm_notify\":null},{\"id\":\"c\",\"alarm_notify\":[],"
      "\"failed_reason\":{\"a\":\"b\"}}]}";
  (void)state;
  for (size_t chunk = 1; chunk <= sizeof(json); chunk++) {
    decode(json, chunk);
    assert_string_equal(decoded,
                        "a 1f 1608188963000 1608189963000 300 60 120 \"disk "
                        "full\" DRS.M1\nb 0 0 0 0 0 0 \"\" \nc 0 0 0 0 0 0 "
                        "\"\" \n");
  }
}

/* Secrets in every field that is not kept: none may be left in a block that was
 * freed, nor in the item. */
#define S "\"S3cret-of-a-database\""
#define POISONED(id)                                                           \
  "{\"count\":1,\"x\":" S ",\"results\":[{\"name\":" S ",\"id\":\"" id "\","   \
  "\"description\":" S ",\"source_endpoint\":{\"ip\":" S ",\"db_user\":" S     \
  ",\"db_password\":" S ",\"ssl_cert_key\":" S ",\"failed_reason\":" S         \
  ",\"id\":" S "},\"target_endpoint\":{\"db_password\":" S "," S ":" S "},"    \
  "\"kafka_security_config\":{\"key_password\":" S "},\"error_message\":" S    \
  ",\"alarm_notify\":{\"topic_urn\":" S ",\"delay_time\":300,"                 \
  "\"subscriptions\":[{\"endpoints\":[" S "," S "]}],\"rpo_delay\":" S "},"    \
  "\"failed_reason\":\"disk full\"," S ":" S ",\"actual_start_time\":" S "}]}"

static void test_nothing_else_is_left_in_memory(void **state) {
  static const char json[] = POISONED("a");
  (void)state;
  for (size_t chunk = 1; chunk <= sizeof(json); chunk++) {
    alloc_reset();
    alloc.secret = "of-a-data"; /* its end stays where a text is cleared */
    decode(json, chunk);
    assert_string_equal(decoded, "a 4 0 0 300 0 0 \"disk full\" \n");
    assert_null(memmem(&item, sizeof(item), "of-a-data", 9));
    assert_int_equal(alloc.spilled, 0);
    assert_int_equal(alloc.live, 0);
  }
  alloc_reset();
}

/* The project */

static struct {
  char changes[512]; /* NEW STATUS: REASON, a line each */
  int details;       /* events */
  struct job *job;   /* the first */
  const struct err *change;
} seen;

static void on_item(void *arg, const struct job *job, enum job_call call,
                    const struct job_item *reported) {
  (void)arg, (void)reported;
  seen.details += call == JOB_DETAILS;
  if (strcmp(job->id, "0") == 0)
    memcpy(&seen.job, &job, sizeof(job));
}

static void on_changed(void *arg, const struct change *change) {
  size_t len = strlen(seen.changes);
  (void)arg;
  if (change->kind == CHANGE_STATUS)
    snprintf(seen.changes + len, sizeof(seen.changes) - len, "%s %s: %s\n",
             change->job->id, change->new_status,
             change->reason == NULL ? "" : change->reason);
}

static void on_finished(void *arg, const struct project_result *result) {
  (void)arg;
  seen.change = result->call_changes[JOB_DETAILS];
}

static const struct project_events events = {.started = ignore_start,
                                             .item = on_item,
                                             .changed = on_changed,
                                             .finished = on_finished};

static void make_batches(int jobs, int batch_size) {
  configure_fixture(jobs);
  config.batch_size = batch_size;
  config.interval = 60;
  config.discover_interval = 600;
  config.calls[JOB_DETAILS] = true;
  memset(&seen, 0, sizeof(seen));
  make_fixture(&events);
}

static void make(int jobs) { make_batches(jobs, 100); }

static void respond(struct http_transfer *call, long status, const char *body) {
  fake_status(call, status, body);
  step();
}

static bool is_for_details(const struct http_transfer *call) {
  return strstr(call->url, "/batch-detail") != NULL;
}

/* Starts a cycle whose jobs have this status. */
static void progress(const char *status) {
  char members[64];
  snprintf(members, sizeof(members), "\"transfer_status\":\"%s\"", status);
  fake_now += 60000;
  start();
  for (step(); fake_calls_len > 0 && !is_for_details(fake_calls[0]); step())
    respond_with_items(fake_calls[0], members);
}

static void details(const char *members) {
  char body[512];
  assert_int_equal(fake_calls_len, 1);
  assert_true(is_for_details(fake_calls[0]));
  snprintf(body, sizeof(body), "{\"results\":[{\"id\":\"0\",%s}]}", members);
  respond(fake_calls[0], 200, body);
}

static void test_the_request_has_a_page_of_a_hundred(void **state) {
  (void)state;
  make(2);
  progress("STARTJOBING");
  assert_string_equal(fake_calls[0]->body,
                      "{\"jobs\":[\"0\",\"1\"],\"page_req\":{\"cur_page\":1,"
                      "\"per_page\":100}}");
  assert_true(project_is_polling(project));
  details("\"failed_reason\":\"\"");
  assert_false(project_is_polling(project));
}

static void test_one_request_for_a_hundred_jobs_and_interval(void **state) {
  (void)state;
  make_batches(250, 1000);
  for (int i = 0; i < 21; i++) {
    size_t before = fake_started;
    progress("STARTJOBING");
    while (project_is_polling(project))
      respond(fake_calls[0], 200, "{\"results\":[]}");
    assert_int_equal(fake_started - before, i % 10 == 0 ? 4 : 1);
  }
}

static void test_what_is_kept_of_them(void **state) {
  (void)state;
  make(1);
  progress("STARTJOBING");
  details("\"actual_start_time\":\"1608188963000\",\"alarm_notify\":{"
          "\"delay_time\":300}");
  assert_int_equal(seen.details, 1); /* in time for the values of this cycle */
  for (int i = 0; i < 30; i++) {
    assert_non_null(seen.job->details);
    assert_true(seen.job->details->started > 1608188962);
    assert_true(seen.job->details->completed <= 0);
    assert_true(seen.job->details->delay > 299);
    progress("STARTJOBING");
    if (project_is_polling(project))
      respond(fake_calls[0], 503, "{}");
  }
  assert_int_equal(seen.details, 1);
  progress("STARTJOBING"); /* three intervals are over */
  assert_null(seen.job->details);
  if (project_is_polling(project))
    details("\"actual_start_time\":\"1608188964000\"");
}

static void test_a_job_has_nothing_of_the_one_before(void **state) {
  (void)state;
  make(2);
  progress("STARTJOBING");
  respond(fake_calls[0], 200,
          "{\"results\":[{\"id\":\"1\",\"actual_start_time\":"
          "\"1608188963000\",\"failed_reason\":\"disk full\",\"alarm_notify\":"
          "{\"delay_time\":300}},{\"id\":\"0\",\"full_transfer_complete_time\":"
          "\"1608189963000\"}]}");
  assert_true(seen.job->details->completed > 1608189962);
  assert_true(seen.job->details->started <= 0);
  assert_true(seen.job->details->delay <= 0);
  assert_string_equal(seen.job->details->failed_reason, "");
}

static void start_two(void) {
  make(2);
  progress("STARTJOBING");
  details("\"failed_reason\":\"\"");
  assert_string_equal(seen.changes, "0 STARTJOBING: \n1 STARTJOBING: \n");
  *seen.changes = '\0';
}

static void test_a_failure_waits_for_its_reason(void **state) {
  (void)state;
  start_two();
  progress("FULL_TRANSFER_FAILED");
  assert_string_equal(seen.changes, "");
  assert_non_null(strstr(fake_calls[0]->body, "{\"jobs\":[\"0\",\"1\"],"));
  details("\"failed_reason\":\"disk full\"");
  assert_string_equal(seen.changes, "0 FULL_TRANSFER_FAILED: disk full\n"
                                    "1 FULL_TRANSFER_FAILED: \n");
  assert_string_equal(seen.job->details->failed_reason, "disk full");
  progress("FULL_TRANSFER_FAILED"); /* nothing new */
  assert_false(project_is_polling(project));
}

/* What a project keeps is freed with it, and is looked at then. */
static void test_no_block_that_is_kept_has_anything_else(void **state) {
  (void)state;
  alloc_reset();
  alloc.secret = "of-a-data"; /* its end stays where a text is cleared */
  make(1);
  progress("STARTJOBING");
  respond(fake_calls[0], 200, POISONED("0"));
  progress("FULL_TRANSFER_FAILED");
  respond(fake_calls[0], 200, POISONED("0"));
  assert_string_equal(seen.changes,
                      "0 STARTJOBING: \n0 FULL_TRANSFER_FAILED: disk full\n");
  assert_string_equal(seen.job->details->failed_reason, "disk full");
  progress("FULL_TRANSFER_FAILED");
  project_free(project);
  project = NULL;
  assert_int_equal(alloc.spilled, 0);
  alloc_reset();
}

static void test_a_failure_goes_without_it_at_the_end(void **state) {
  (void)state;
  start_two();
  progress("FULL_TRANSFER_FAILED");
  assert_string_equal(seen.changes, "");
  fake_now += BUDGET;
  step();
  assert_false(project_is_polling(project));
  assert_string_equal(seen.changes,
                      "0 FULL_TRANSFER_FAILED: \n1 FULL_TRANSFER_FAILED: \n");
}

static void test_a_failure_does_not_wait_where_it_is_rejected(void **state) {
  (void)state;
  make(1);
  progress("STARTJOBING");
  respond(fake_calls[0], 404, "{\"error_code\":\"APIG.0101\"}");
  assert_non_null(seen.change);
  progress("FULL_TRANSFER_FAILED");
  assert_false(project_is_polling(project));
  assert_null(seen.change);
  assert_string_equal(seen.changes,
                      "0 STARTJOBING: \n0 FULL_TRANSFER_FAILED: \n");
  size_t before = fake_started;
  for (int i = 0; i < 60; i++)
    progress("STARTJOBING");
  assert_int_equal(fake_started - before, 60);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_response_is_decoded_in_any_chunks),
      cmocka_unit_test(test_nothing_else_is_left_in_memory),
      PROJECT_TEST(test_the_request_has_a_page_of_a_hundred),
      PROJECT_TEST(test_one_request_for_a_hundred_jobs_and_interval),
      PROJECT_TEST(test_what_is_kept_of_them),
      PROJECT_TEST(test_a_job_has_nothing_of_the_one_before),
      PROJECT_TEST(test_a_failure_waits_for_its_reason),
      PROJECT_TEST(test_no_block_that_is_kept_has_anything_else),
      PROJECT_TEST(test_a_failure_goes_without_it_at_the_end),
      PROJECT_TEST(test_a_failure_does_not_wait_where_it_is_rejected),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
