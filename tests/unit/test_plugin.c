/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The built module in a stub of collectd: all that it dispatches and logs for
 * one response, a configuration that is rejected, and notifications. */

#include "unit.h"

#include "collectd_stub.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A service that gives one response to every request. */
static struct {
  int door;
  unsigned short port;
  const char *body;
} service;

static void respond(int peer) {
  char request[8192], response[4096];
  size_t len = 0;
  ssize_t n;
  while (len < sizeof(request) - 1 &&
         (n = read(peer, request + len, sizeof(request) - 1 - len)) > 0) {
    request[len += (size_t)n] = '\0';
    const char *end = strstr(request, "\r\n\r\n");
    if (end != NULL && strstr(end, "]}") != NULL)
      break;
  }
  int size = snprintf(response, sizeof(response),
                      "HTTP/1.1 202 Accepted\r\nContent-Length: %zu\r\n"
                      "Connection: close\r\n\r\n%s",
                      strlen(service.body), service.body);
  (void)!write(peer, response, (size_t)size);
  close(peer);
}

static void *serve(void *arg) {
  (void)arg;
  for (int peer; (peer = accept(service.door, NULL, NULL)) >= 0;)
    respond(peer);
  return NULL;
}

static int open_service(void **state) {
  (void)state;
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof(address);
  pthread_t thread;
  service.door = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(service.door, (struct sockaddr *)&address, len) != 0 ||
      listen(service.door, 8) != 0 ||
      getsockname(service.door, (struct sockaddr *)&address, &len) != 0)
    return -1;
  service.port = ntohs(address.sin_port);
  char path[4096];
  snprintf(path, sizeof(path), "%s/src/.libs/drs.so", getenv("builddir"));
  return pthread_create(&thread, NULL, serve, NULL) != 0 ||
                 pthread_detach(thread) != 0 || !stub_load(path)
             ? -1
             : 0;
}

static void configure(const char *project, const char *lines) {
  char all[2048];
  snprintf(all, sizeof(all),
           "Endpoint \"http://127.0.0.1:%d\"\nProjectID \"p\"\n"
           "Token \"0123456789abcdef\"\nHost \"h/1\"\n%s%s",
           service.port,
           strstr(lines, "Interval") == NULL ? "Interval 5\n" : "", lines);
  stub_configure(project, all);
}

/* One cycle of a project with these lines. */
static int start(const char *lines) {
  configure("prod", lines);
  return stub_run();
}

/* What it writes down. */
static const char *run(const char *lines, int *status) {
  *status = start(lines);
  stub_stop();
  return stub_take();
}

/* The line that begins so stands in the text, at or behind `from`. */
static const char *find(const char *from, const char *line) {
  const char *at = strstr(from, line);
  if (at == NULL)
    fail_msg("no \"%s\" in:\n%s", line, from != NULL ? from : "(null)");
  return at;
}

static void all_values_of_a_response(void **state) {
  (void)state;
  static const char *const golden[] = {
      "read drs/prod every 5.000 s\n",
      "value h_1/drs-db/percent-total 50\n",
      "value h_1/drs-db/delay-incremental 1.5\n",
      "value h_1/drs-db/timeleft-total 60\n",
      "value h_1/drs-db/gauge-apply_rows_rate 12\n",
      "value h_1/drs-db/gauge-apply_bytes_rate 3400\n",
      "value h_1/drs-db/gauge-process_time 1608274919\n",
      "value h_1/drs-db/gauge-task_mode 3\n",
      "value h_1/drs-db/bool-error 0\n",
      "value h_1/drs-db/timeleft-estimated 0\n",
      "value h_1/drs-db/percent-struct 100\n",
      "value h_1/drs-db/timeleft-struct 0\n",
      "value h_1/drs-db/percent-a_b 94\n",
      ("value h_1/drs-db/gauge-status 203 {job_id=1 task_mode=FULL_INCR_TRANS "
       "transfer_status=INCRE_TRANSFER_STARTED src_offset=log.1:544}\n"),
      "value h_1/drs-prod/bool-up 0\n",
      "value h_1/drs-prod/count-jobs 2\n",
      "value h_1/drs-prod/count-answered 1\n",
      "value h_1/drs-prod/count-starting 0\n",
      "value h_1/drs-prod/count-running 1\n",
      "value h_1/drs-prod/count-paused 0\n",
      "value h_1/drs-prod/count-changing 0\n",
      "value h_1/drs-prod/count-ended 0\n",
      "value h_1/drs-prod/count-failed 0\n",
      "value h_1/drs-prod/count-unknown 0\n",
      "value h_1/drs-prod/response_time-read 0\n",
      "value h_1/drs-prod/total_requests-progress 1\n",
      "value h_1/drs-prod/total_requests-token 0\n",
      "value h_1/drs-prod/errors-auth 0\n",
      "value h_1/drs-prod/errors-throttled 0\n",
      "value h_1/drs-prod/errors-http 0\n",
      "value h_1/drs-prod/errors-reply 0\n",
      "value h_1/drs-prod/errors-skipped 0\n",
      "log 3 drs plugin: project \"prod\": job: ",
  };
  int status;
  service.body =
      "{\"count\":1,\"results\":[{\"job_id\":\"1\",\"progress\":\"50\","
      "\"incre_trans_delay_millis\":\"1500\",\"incre_trans_delay\":\"2\","
      "\"remaining_time\":\"60\",\"process_time\":\"1608274919000\","
      "\"task_mode\":\"FULL_INCR_TRANS\",\"apply_rows_rate\":12,"
      "\"apply_bytes_rate\":3400,\"src_offset\":\"log.1:544\","
      "\"node_offset\":\"N/A\",\"transfer_status\":\"INCRE_TRANSFER_STARTED\","
      "\"progress_map\":{\"total\":{\"completed\":\"3%\","
      "\"remaining_time\":\"4\"},\"estimated\":{\"completed\":\"5%\","
      "\"remaining_time\":\"6\"},\"struct\":{\"completed\":\"100%\","
      "\"remaining_time\":\"0\"},\"a b\":{\"completed\":\"94%\","
      "\"remaining_time\":\"0\"}}}]}";
  const char *text = run("Job \"1\" \"db\"\nJob \"2\"\n", &status), *at = text;
  for (size_t i = 0; i < COUNT(golden); i++)
    at = find(at, golden[i]) + 1;
  size_t values = 0;
  for (at = text; (at = strstr(at, "value ")) != NULL; at++)
    values++;
  assert_int_equal(values, COUNT(golden) - 2);
  assert_int_equal(status, -1);
}

static void meta_data_can_be_left_out(void **state) {
  (void)state;
  int status;
  service.body = "{\"results\":[{\"job_id\":\"1\",\"transfer_status\":"
                 "\"INCRE_TRANSFER_STARTED\"}]}";
  const char *text = run("Job \"1\" \"db\"\nMetaData false\n", &status);
  find(text, "value h_1/drs-db/gauge-status 203\n");
}

static void an_error_code_may_be_one_character(void **state) {
  (void)state;
  int status;
  service.body = "{\"results\":[{\"job_id\":\"1\",\"error_code\":\"1\","
                 "\"transfer_status\":\"CREATING\"}]}";
  const char *text = run("Job \"1\" \"db\"\n", &status);
  find(text, "value h_1/drs-db/bool-error 1\n");
}

/* With a limit of collectd's queue the values of a project wait for the next
 * cycle, or for the end. */
static void values_that_wait_are_written_at_the_stop(void **state) {
  (void)state;
  service.body = "{\"results\":[{\"job_id\":\"1\",\"progress\":\"50\"}]}";
  stub_queue_limit = 1000;
  assert_int_equal(start("Job \"1\" \"db\"\n"), 0);
  const char *text = stub_take();
  find(text, "value h_1/drs-db/percent-total 50\n");
  assert_null(strstr(text, "bool-up"));
  stub_stop();
  text = stub_take();
  const char *last = find(text, "value h_1/drs-prod/errors-skipped 0\n");
  assert_true(last < find(text, "shutdown\n"));
  stub_queue_limit = 0;
}

/* drs-check prints them. */
static void a_test_read_ends_with_its_values(void **state) {
  (void)state;
  service.body = "{\"results\":[{\"job_id\":\"1\",\"progress\":\"50\"}]}";
  assert_int_equal(start("Job \"1\" \"db\"\n"), 0);
  const char *text = stub_take();
  find(text, "value h_1/drs-db/percent-total 50\n");
  find(text, "value h_1/drs-prod/bool-up 1\n");
  stub_stop();
  stub_take();
}

static void a_failure_notifies(void **state) {
  (void)state;
  int status;
  service.body =
      "{\"results\":[{\"job_id\":\"1\",\"error_code\":\"DRS.M1\",\"error_msg\":"
      "\"not 0123456789abcdef\",\"transfer_status\":\"CREATE_FAILED\"}]}";
  const char *text = run("Job \"1\"\n", &status);
  find(text, "notification 1 h_1/drs-1/gauge-status Job 1 is CREATE_FAILED: "
             "DRS.M1: not ***\n");
  assert_null(strstr(text, "reports an error")); /* it is told once */
  find(text, "error_msg=not ***");
  assert_null(strstr(text, "0123456789abcdef"));
  assert_int_equal(status, 0);
}

#define INCREMENTAL                                                            \
  "{\"results\":[{\"job_id\":\"1\",\"transfer_status\":"                       \
  "\"INCRE_TRANSFER_STARTED\",\"incre_trans_delay\":\"%d\"}]}"

/* At an interval of ten minutes three good cycles make a job ready. */
static void readiness_notifies(void **state) {
  (void)state;
  static const struct {
    int delay;
    const char *line;
  } cycles[] = {
      {3, "value h_1/drs-prod/bool-up 1\n"},
      {3, "value h_1/drs-1/bool-ready 0\n"},
      {3, "notification 4 h_1/drs-1/bool-ready Job 1 is ready for cutover\n"},
      {4, "value h_1/drs-1/bool-ready 1\n"},
      {4, "notification 2 h_1/drs-1/bool-ready Job 1 is not ready for cutover "
          "any more: the delay exceeds ReadyDelay\n"},
  };
  char body[200];
  service.body = body;
  snprintf(body, sizeof(body), INCREMENTAL, 9);
  assert_int_equal(start("Job \"1\"\nInterval 600\n"), 0);
  for (size_t i = 0; i < COUNT(cycles); i++) {
    stub_take();
    snprintf(body, sizeof(body), INCREMENTAL, cycles[i].delay);
    assert_true(stub_read());
    if (!stub_wait(cycles[i].line))
      fail_msg("cycle %zu has no %s", i, cycles[i].line);
    /* The end of the cycle. */
    assert_true(stub_wait("value h_1/drs-prod/errors-skipped "));
  }
  stub_stop();
  stub_take();
}

static void a_rejected_block_is_not_up(void **state) {
  (void)state;
  int status;
  const char *text = run("Timeout 0\nJob \"1\"\n", &status);
  find(text,
       "log 3 drs plugin: project \"prod\": config: Timeout: expected one "
       "unquoted integer from 1 to 600000, got 0\n");
  find(text, "value h_1/drs-prod/bool-up 0\n");
  assert_int_equal(status, -1);
}

static void only_an_accepted_block_is_warned_of(void **state) {
  (void)state;
  static const char warning[] =
      "log 4 drs plugin: project \"prod\": config: VerifyPeer: false";
  int status;
  service.body = "{\"results\":[{\"job_id\":\"1\"}]}";
  find(run("Job \"1\"\nVerifyPeer false\n", &status), warning);
  const char *text = run("Job \"1\"\nVerifyPeer false\nTimeout 0\n", &status);
  assert_null(strstr(text, warning));
}

static void projects_may_be_one_series_in_graphite(void **state) {
  (void)state;
  service.body = "{\"results\":[{\"job_id\":\"1\"}]}";
  configure("a.b", "Job \"1\"\n");
  configure("a_b", "Job \"2\"\n");
  configure("a-b", "Job \"3\"\n");
  stub_run();
  stub_stop();
  const char *text = stub_take();
  find(text, "log 4 drs plugin: project \"a_b\": config: the projects \"a.b\" "
             "and \"a_b\" are one series in Graphite");
  assert_null(strstr(text, "\"a-b\" are one series"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_values_of_a_response),
      cmocka_unit_test(meta_data_can_be_left_out),
      cmocka_unit_test(a_test_read_ends_with_its_values),
      cmocka_unit_test(a_failure_notifies),
      cmocka_unit_test(readiness_notifies),
      cmocka_unit_test(a_rejected_block_is_not_up),
      cmocka_unit_test(an_error_code_may_be_one_character),
      cmocka_unit_test(values_that_wait_are_written_at_the_stop),
      cmocka_unit_test(only_an_accepted_block_is_warned_of),
      cmocka_unit_test(projects_may_be_one_series_in_graphite),
  };
  return cmocka_run_group_tests(tests, open_service, NULL);
}
