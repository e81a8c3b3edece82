/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A project that fetches the service's list: its requests, the cycles that wait
 * for it, and lists that are unavailable. The service and the clock are the
 * test's. */

#include "project_fixture.h"
#include "write_file.h"

#include <stdio.h>

#define INTERVAL_MS 600000

static struct {
  int finished;
  struct project_result result;
  char jobs[256]; /* reported in the last cycle */
  char changes[512];
  char warnings[1024]; /* all so far, "-" for "all is well" */
} seen;

static void on_started(void *arg) {
  (void)arg;
  seen.jobs[0] = '\0';
}

static void on_item(void *arg, const struct job *job, enum job_call call,
                    const struct job_item *item) {
  (void)arg, (void)call, (void)item;
  size_t len = strlen(seen.jobs);
  bool named = strcmp(job->name, job->id) != 0;
  snprintf(seen.jobs + len, sizeof(seen.jobs) - len, "%s%s%s%s",
           len > 0 ? " " : "", job->id, named ? "=" : "",
           named ? job->name : "");
}

static void on_finished(void *arg, const struct project_result *result) {
  (void)arg;
  seen.finished++;
  seen.result = *result;
  const struct err *change = result->discovery_change;
  if (change == NULL)
    return;
  size_t len = strlen(seen.changes);
  snprintf(seen.changes + len, sizeof(seen.changes) - len, "%s|",
           err_is_set(change) ? change->text : "-");
}

static void on_warned(void *arg, const char *option,
                      const struct err *warning) {
  (void)arg, (void)option;
  size_t len = strlen(seen.warnings);
  snprintf(seen.warnings + len, sizeof(seen.warnings) - len, "%s|",
           warning->text);
}

static const struct project_events events = {.started = on_started,
                                             .item = on_item,
                                             .changed = ignore_change,
                                             .finished = on_finished,
                                             .warned = on_warned};

/* With these configured jobs, one letter each. */
static void make_project(const char *jobs, const struct secret_config *token) {
  configure_fixture(0);
  config.discover_jobs = true;
  config.discover_interval = INTERVAL_MS / 1000;
  if (token != NULL)
    config.credential.token = *token;
  memset(&seen, 0, sizeof(seen));
  for (; *jobs != '\0'; jobs++)
    assert_true(
        job_list_add(&config.jobs, (char[]){*jobs, '\0'}, "named", NULL));
  make_fixture(&events);
}

static void make(const char *jobs) { make_project(jobs, NULL); }

/* A cycle is due. */
static void start_or_skip(void) {
  if (project_is_polling(project))
    project_skip(project);
  else
    start();
  step();
}

/* The service */

static bool is_list(const struct http_transfer *call) {
  return strcmp(call->url, "https://drs.example.com/v3/p/jobs") == 0;
}

/* The request for the list that waits, which must be of this kind and page. */
static struct http_transfer *list_call(const char *kind, int page) {
  char body[128];
  snprintf(body, sizeof(body),
           "{\"cur_page\":%d,\"per_page\":100,\"db_use_type\":\"%s\"}", page,
           kind);
  for (size_t i = 0; i < fake_calls_len; i++)
    if (is_list(fake_calls[i])) {
      assert_string_equal(fake_calls[i]->body, body);
      return fake_calls[i];
    }
  fail_msg("no request for the list of %s", kind);
  return NULL;
}

static char *append_task(char *to, char id) {
  bool has_ended = id == '9' || (id >= 'A' && id <= 'Z');
  return to + sprintf(to, "{\"id\":\"%c\",\"name\":\"n%c\",\"status\":\"%s\"",
                      id, id,
                      has_ended ? "RELEASE_RESOURCE_COMPLETE" : "CREATING");
}

static bool is_subtask(char id) { return id >= '0' && id <= '9'; }

/* A list of tasks with one letter each, the capital ones having ended; a digit
 * is a sub-task of the letter before it, 9 having ended. */
static void list(const char *kind, int page, int total, const char *jobs) {
  char body[2048], *to = body;
  to += sprintf(to, "{\"total_record\":%d,\"jobs\":[", total);
  for (const char *job = jobs; *job != '\0'; job++) {
    bool is_inside = is_subtask(*job), has_next = is_subtask(job[1]);
    const char *comma = job[1] == '\0' ? "" : ",";
    to = append_task(to, *job);
    if (!is_inside && has_next)
      to += sprintf(to, ",\"children\":[");
    else if (is_inside && has_next)
      to += sprintf(to, "},");
    else
      to += sprintf(to, "%s%s", is_inside ? "}]}" : "}", comma);
  }
  strcpy(to, "]}");
  fake_status(list_call(kind, page), 200, body);
  step();
}

static void reject_list(const char *kind, long status, const char *code,
                        msec_t retry_after) {
  char body[200];
  snprintf(body, sizeof(body), "{\"error_code\":\"%s\",\"error_msg\":\"no\"}",
           code);
  fake_response(list_call(kind, 0),
                (struct http_response){status, retry_after, -1, NULL}, body);
  step();
}

/* All on one page. */
static void list_whole(const char *kind, const char *jobs) {
  int tasks = 0;
  for (const char *job = jobs; *job != '\0'; job++)
    tasks += !is_subtask(*job);
  list(kind, 0, tasks, jobs);
}

static void list_all(const char *migration, const char *sync,
                     const char *guard) {
  list_whole("migration", migration);
  list_whole("sync", sync);
  list_whole("cloudDataGuard", guard);
}

/* The lists after the first are empty. */
static void list_no_others(void) {
  list("sync", 0, 0, "");
  list("cloudDataGuard", 0, 0, "");
}

/* Responds to the cycle's own request with all that it requests. */
static void accept(void) {
  size_t i = 0;
  while (i < fake_calls_len && is_list(fake_calls[i]))
    i++;
  assert_true(i < fake_calls_len);
  respond_with_items(fake_calls[i], "\"progress\":\"1\"");
  step();
}

/* A cycle. */
static void poll_jobs(void) {
  start_or_skip();
  accept();
}

/* A cycle in which the three lists are fetched. */
static void discover(const char *migration, const char *sync,
                     const char *guard) {
  start_or_skip();
  list_all(migration, sync, guard);
  accept();
}

static void assert_read(const char *jobs, bool known) {
  assert_false(project_is_polling(project));
  assert_string_equal(seen.jobs, jobs);
  assert_int_equal(seen.result.jobs_known, known);
}

/* A project that has found the jobs a and b. */
static void make_with_two(void) {
  make("");
  discover("a", "b", "");
  assert_read("a=na b=nb", true);
  fake_now += INTERVAL_MS;
}

/* When all is well */

static void the_first_read_waits_for_the_list(void **state) {
  (void)state;
  make("x");
  start_or_skip();
  assert_int_equal(fake_calls_len, 1);
  struct http_transfer *call = list_call("migration", 0);
  assert_non_null(strstr(call->headers, "X-Auth-Token: token-1\n"));
  assert_non_null(strstr(call->headers, "Content-Type: application/json\n"));
  assert_int_equal(call->timeout, 5000);
  list_all("ab", "", "c");
  accept();
  assert_read("x=named a=na b=nb c=nc", true);
  assert_int_equal(seen.result.jobs, 4);
  assert_int_equal(project_counts(project)->requests, 4);
  assert_string_equal(seen.changes, "");
}

static void it_is_requested_at_its_interval(void **state) {
  (void)state;
  make("");
  discover("a", "", "");
  fake_now += INTERVAL_MS - 1;
  poll_jobs();
  assert_int_equal(fake_calls_len, 0);
  fake_now += 1;
  start_or_skip();
  assert_int_equal(fake_calls_len, 2);
  list_all("a", "", "");
  accept();
  assert_read("a=na", true);
}

static void jobs_come_and_go_between_reads(void **state) {
  (void)state;
  make_with_two();
  start_or_skip();
  list_all("c", "b", "D"); /* while the read is under way */
  accept();
  assert_read("a=na b=nb", true);
  fake_now += 60000;
  poll_jobs();
  assert_read("b=nb c=nc", true);
  assert_string_equal(seen.changes, "");
}

static void a_project_without_jobs_is_up(void **state) {
  (void)state;
  make("");
  start_or_skip();
  list_all("", "", "");
  assert_read("", true);
  assert_int_equal(seen.finished, 1);
  assert_true(project_is_up(&seen.result));
}

static void nothing_found_is_an_empty_list(void **state) {
  (void)state;
  make("");
  start_or_skip();
  reject_list("migration", 422, "DRS.M00002", -1);
  list("sync", 0, 1, "a");
  list("cloudDataGuard", 0, 0, "");
  accept();
  assert_read("a=na", true);
}

/* A later list is no reason to wait. */
static void a_later_list_may_hang(void **state) {
  (void)state;
  make_with_two();
  poll_jobs();
  assert_read("a=na b=nb", true);
  assert_int_equal(fake_calls_len, 1);
  fake_now += 5000;
  poll_jobs();
  assert_read("a=na b=nb", true);
  assert_int_equal(fake_calls_len, 1); /* it is requested once */
  list_all("a", "c", "");
  fake_now += 5000;
  poll_jobs();
  assert_read("a=na c=nc", true);
}

/* One wrong answer costs no job; the next cycle finds out. */
static void a_list_that_becomes_empty_counts_the_second_time(void **state) {
  (void)state;
  make_with_two();
  for (int i = 0; i < 2; i++) {
    discover("a", "", "");
    assert_read("a=na b=nb", true);
    discover("a", i == 0 ? "b" : "", "");
    poll_jobs();
    assert_read(i == 0 ? "a=na b=nb" : "a=na", true);
    assert_int_equal(fake_calls_len, 0);
    fake_now += INTERVAL_MS;
  }
}

/* Nor for a change: what is complete of it is not the whole. */
static void a_read_meets_no_half_of_a_list(void **state) {
  (void)state;
  make_with_two();
  start_or_skip();
  list("migration", 0, 1, "c");
  list("sync", 0, 2, "d");
  accept();
  fake_now += 60000;
  poll_jobs();
  assert_read("a=na b=nb", true);
  list("sync", 1, 2, "e");
  list("sync", 2, 2, "");
  list("cloudDataGuard", 0, 0, "");
  fake_now += 60000;
  poll_jobs();
  assert_read("c=nc d=nd e=ne", true);
}

/* Pages */

/* Of the list of migrations, of which the service says that it has `total`. */
static const struct {
  int total;
  const char *pages[5];
  const char *jobs, *change; /* in the next cycle, and of the list */
} lists[] = {
    {5, {"ab", "ab", "cd", "e"}, "a=na b=nb c=nc d=nd e=ne x=nx", ""},
    /* Some count pages from 0. */
    {3, {"ab", "c", ""}, "a=na b=nb c=nc x=nx", ""},
    /* What is incomplete changes nothing: a is as it was. */
    {3, {"cd", ""}, "a=na x=nx", "it has 2 of 3|"},
    {9, {"c", "c", ""}, "a=na x=nx", "it has 1 of 9|"},
    /* Else a service that does not count pages would get 2,000 requests. */
    {1000, {"cd", "cd", "cd"}, "a=na x=nx", "it has 2 of 1000|"},
};

static void pages_are_requested_until_a_list_is_complete(void **state) {
  for (size_t i = 0; i < COUNT(lists); i++) {
    make_with_two();
    start_or_skip();
    for (int page = 0; lists[i].pages[page] != NULL; page++)
      list("migration", page, lists[i].total, lists[i].pages[page]);
    list("sync", 0, 1, "x");
    list("cloudDataGuard", 0, 0, "");
    accept();
    fake_now += 60000;
    poll_jobs();
    assert_string_equal(seen.jobs, lists[i].jobs);
    bool complete = *lists[i].change == '\0';
    assert_int_equal(errors(ERR_RESPONSE), !complete);
    if (complete)
      assert_string_equal(seen.changes, "");
    else
      assert_non_null(strstr(seen.changes, lists[i].change));
    tear_down_fixture(state);
  }
}

/* Sub-tasks */

/* The request that waits is for these jobs. */
static struct http_transfer *progress_call_of(const char *jobs) {
  char body[128] = "{\"jobs\":[";
  for (const char *job = jobs; *job != '\0'; job++)
    sprintf(body + strlen(body), "%s\"%c\"", job > jobs ? "," : "", *job);
  strcat(body, "]}");
  for (size_t i = 0; i < fake_calls_len; i++)
    if (!is_list(fake_calls[i]) && strcmp(fake_calls[i]->body, body) == 0)
      return fake_calls[i];
  fail_msg("no request for %s", jobs);
  return NULL;
}

static void respond(const char *jobs, long status, const char *body) {
  fake_status(progress_call_of(jobs), status, body);
  step();
}

/* The next cycle, with the tasks a with two sub-tasks and b. */
static void start_with_subtasks(void) {
  fake_now += INTERVAL_MS;
  start_or_skip();
  list_all("a12b", "", "");
}

static void subtasks_are_jobs_once_one_was_reported(void **state) {
  (void)state;
  make("");
  start_or_skip();
  list_all("a192Bb", "", "");
  assert_int_equal(fake_calls_len, 1);
  respond("1", 202, "{\"results\":[{\"job_id\":\"1\"}]}");
  progress_call_of("ab12");
  accept();
  assert_read("a=na b=nb 1=na-n1 2=na-n2", true);
  assert_int_equal(seen.result.jobs, 4);
  assert_int_equal(project_counts(project)->requests, 5);
  fake_now += INTERVAL_MS;
  start_or_skip();
  accept();
  list_all("a2b3", "", ""); /* nothing is found out again */
  fake_now += 60000;
  start_or_skip();
  accept();
  assert_read("a=na b=nb 2=na-n2 3=nb-n3", true);
  assert_string_equal(seen.warnings, "");
}

static void one_of_any_list_is_tried(void **state) {
  (void)state;
  make("");
  start_or_skip();
  list_all("a", "b", "c1");
  respond("1", 202, "{\"results\":[{\"job_id\":\"1\"}]}");
  accept();
  assert_read("a=na b=nb c=nc 1=nc-n1", true);
}

static const struct {
  long status;
  const char *body, *cause;
} refusals[] = {
    {202, "{\"results\":[]}", "the response does not have the first one"},
    {202, "{\"results\":[{\"job_id\":\"a\",\"progress\":\"1\"}]}",
     "the response does not have the first one"},
    {202, "{\"results\":[{\"job_id\":\"1\",\"error_code\":\"DRS.M05004\"}]}",
     "the response does not have the first one"},
    {400, "{\"error_code\":\"DRS.M05004\",\"error_msg\":\"no\"}",
     "job rejected (HTTP 400 DRS.M05004: no)"},
    {422, "{\"error_code\":\"DRS.M00002\",\"error_msg\":\"no\"}",
     "none of the jobs is known (HTTP 422 DRS.M00002: no)"},
};

static void rejected_subtasks_are_left_out_and_tried_once_a_day(void **state) {
  (void)state;
  char warning[256];
  for (size_t i = 0; i < COUNT(refusals); i++) {
    make("");
    start_with_subtasks();
    respond("1", refusals[i].status, refusals[i].body);
    accept();
    assert_read("a=na b=nb", true);
    assert_int_equal(seen.result.jobs, 2);
    assert_true(project_is_up(&seen.result));
    snprintf(warning, sizeof(warning),
             "the sub-tasks of the lists are set aside for a day: %s|",
             refusals[i].cause);
    assert_string_equal(seen.warnings, warning);
    for (int hours = 1; hours < 24; hours++) {
      fake_now += 3600 * 1000 - INTERVAL_MS;
      start_with_subtasks();
      accept();
      assert_int_equal(fake_calls_len, 0);
    }
    fake_now += 3600 * 1000 - INTERVAL_MS;
    start_with_subtasks();
    respond("1", refusals[i].status, refusals[i].body);
    accept();
    assert_int_equal(fake_calls_len, 0);
    fake_now += 24 * 3600 * 1000 - INTERVAL_MS;
    start_with_subtasks();
    accept();
    accept(); /* the cycle's: it did not wait */
    fake_now += 60000;
    start_or_skip();
    accept();
    assert_read("a=na b=nb 1=na-n1 2=na-n2", true);
    assert_string_equal(seen.warnings, warning); /* it was said once */
    tear_down_fixture(NULL);
  }
}

static const struct {
  long status;
  const char *body;
  bool may_be_the_subtask; /* where it comes twice */
} outages[] = {
    {500, "", false},
    {429, "", false},
    {202, "{\"results\":[", false},
    {400, "", true},
    {404, "{\"error_code\":\"DRS.M09999\"}", true},
};

static void what_may_pass_sets_no_subtask_aside(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(outages); i++) {
    make("");
    start_with_subtasks();
    respond("1", 503, "");
    while (fake_calls_len > 0)
      accept();
    start_with_subtasks();
    respond("1", outages[i].status, outages[i].body);
    while (fake_calls_len > 0)
      accept();
    assert_string_equal(seen.warnings, "");
    start_with_subtasks();
    respond("1", outages[i].status, outages[i].body);
    while (fake_calls_len > 0)
      accept();
    assert_int_equal(*seen.warnings != '\0', outages[i].may_be_the_subtask);
    tear_down_fixture(NULL);
  }
}

/* Nor does the project's first cycle, for longer than for a list. */
static void tasks_do_not_wait_for_their_subtasks(void **state) {
  (void)state;
  make_with_two();
  start_or_skip();
  accept();
  list_all("a1", "c", "");
  progress_call_of("1");
  fake_now += 5000;
  start_or_skip();
  respond("ac", 202, "{\"results\":[{\"job_id\":\"c\"},{\"job_id\":\"a\"}]}");
  assert_read("c=nc a=na", true);
  accept();
  fake_now += 5000;
  start_or_skip();
  accept();
  assert_read("a=na c=nc 1=na-n1", true);
}

/* One that is gone before the list says so is no fault of the project. */
static void a_missing_subtask_is_no_job(void **state) {
  (void)state;
  make("");
  start_with_subtasks();
  accept();
  accept();
  assert_int_equal(seen.result.jobs, 4);
  fake_now += 60000;
  start_or_skip();
  respond("ab12", 202,
          "{\"results\":[{\"job_id\":\"a\"},{\"job_id\":\"b\"},"
          "{\"job_id\":\"1\"}]}");
  assert_int_equal(seen.result.jobs, 3);
  assert_true(project_is_up(&seen.result));
  fake_now += 60000;
  start_or_skip();
  respond("ab12", 202, "{\"results\":[{\"job_id\":\"a\"},{\"job_id\":\"1\"}]}");
  assert_int_equal(seen.result.jobs, 3);
  assert_false(project_is_up(&seen.result));
  assert_string_equal(seen.result.errors[ERR_JOB].text,
                      "1 of 3 jobs are missing from the responses, such as b");
  fake_now += 60000;
  start_or_skip();
  accept();
  assert_int_equal(seen.result.jobs, 4);
}

static void subtasks_go_with_their_task(void **state) {
  (void)state;
  make("");
  assert_true(job_filter_add(&config.discover_filter, "name", "^n[ac]$", false,
                             &(struct err)ERR_INIT));
  start_or_skip();
  list_all("a1b2c3", "", "");
  accept();
  accept();
  assert_read("a=na c=nc 1=na-n1 3=nc-n3", true);
  fake_now += INTERVAL_MS;
  start_or_skip();
  list_all("a1b2C3", "", "");
  accept();
  fake_now += 60000;
  start_or_skip();
  accept();
  assert_read("a=na 1=na-n1", true);
}

/* Failures */

static void a_read_waits_for_half_of_its_time(void **state) {
  (void)state;
  make("x");
  start_or_skip();
  fake_now += BUDGET / 2 - 1;
  step();
  assert_int_equal(fake_calls_len, 1);
  fake_now += 1;
  step();
  assert_int_equal(fake_calls_len, 2);
  accept();
  assert_read("x=named", false);
  assert_false(project_is_up(&seen.result));
  list_all("a", "", "");
  fake_now += 5000;
  poll_jobs();
  assert_read("x=named a=na", true);
}

static void a_failure_is_reported_once_and_retried(void **state) {
  (void)state;
  make("x");
  for (int i = 0; i < 5; i++) {
    start_or_skip();
    fake_fail(list_call("migration", 0), "reset");
    step();
    accept();
    assert_read("x=named", false);
    start_or_skip(); /* not at once */
    accept();
    fake_now += 60000;
  }
  assert_string_equal(seen.changes, "the list of migration tasks: reset|");
  assert_int_equal(errors(ERR_HTTP), 5);
  discover("a", "", "");
  assert_read("x=named a=na", true);
  assert_string_equal(seen.changes, "the list of migration tasks: reset|-|");
}

static void it_is_tried_again_ever_later(void **state) {
  (void)state;
  make("x");
  msec_t begin = fake_now;
  int tries = 0;
  for (; fake_now < begin + 3600 * 1000; fake_now += 1000) {
    start_or_skip();
    if (fake_calls_len == 1 && is_list(fake_calls[0])) {
      tries++;
      reject_list("migration", 500, "DRS.M00004", -1);
    }
    accept();
  }
  assert_between(tries, 12, 25);
}

/* What has not seen a request may work at any moment; and without a job there
 * is nothing else to request. */
static void an_outage_is_tried_again_in_each_cycle(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    make(i == 0 ? "x" : "");
    for (int cycles = 0; cycles < 20; cycles++) {
      start_or_skip();
      assert_int_equal(fake_calls_len, 1);
      if (i == 0)
        fake_fail_as(list_call("migration", 0), ERR_TLS, "not yet valid");
      else
        reject_list("migration", 500, "DRS.M00004", -1);
      step();
      if (i == 0)
        accept();
      assert_false(project_is_polling(project));
      fake_now += 1000;
    }
    if (i == 0)
      tear_down_fixture(NULL);
  }
}

static void a_failure_keeps_the_jobs(void **state) {
  (void)state;
  make_with_two();
  start_or_skip();
  reject_list("migration", 500, "DRS.M00004", -1);
  accept();
  assert_read("a=na b=nb", true);
  fake_now += 60000;
  poll_jobs();
  assert_read("a=na b=nb", true);
  assert_true(project_is_up(&seen.result));
  assert_int_equal(fake_calls_len, 1); /* another try */
}

static void one_use_type_may_be_rejected(void **state) {
  (void)state;
  make("");
  start_or_skip();
  list("migration", 0, 1, "a");
  reject_list("sync", 400, "DRS.M00202", -1);
  list("cloudDataGuard", 0, 1, "b");
  accept();
  assert_read("a=na b=nb", true);
  assert_string_equal(seen.changes, "");
  assert_string_equal(seen.warnings,
                      "the list of sync tasks is set aside for a day: request "
                      "rejected (HTTP 400 DRS.M00202: no)|");
  *seen.warnings = '\0';
  fake_now += INTERVAL_MS;
  start_or_skip(); /* once more, and then once a day */
  list("migration", 0, 1, "a");
  reject_list("sync", 400, "DRS.M00202", -1);
  list("cloudDataGuard", 0, 1, "b");
  accept();
  assert_read("a=na b=nb", true);
  for (int hours = 0; hours < 24; hours++) {
    fake_now += 3600 * 1000 - 1000;
    start_or_skip();
    list("migration", 0, 1, "a");
    list("cloudDataGuard", 0, 1, "b");
    accept();
    assert_read("a=na b=nb", true);
  }
  fake_now += 3600 * 1000;
  discover("a", "c", "b");
  poll_jobs();
  assert_read("a=na b=nb c=nc", true);
  assert_string_equal(seen.warnings, "");
}

/* A page of a proxy, or an error of the gateway, is an outage of the list. */
static void a_rejection_that_may_pass_sets_nothing_aside(void **state) {
  (void)state;
  static const char *const codes[] = {"", "APIG.0201"};
  for (size_t i = 0; i < COUNT(codes); i++) {
    make("");
    start_or_skip();
    list("migration", 0, 1, "a");
    reject_list("sync", 400, codes[i], -1);
    list("cloudDataGuard", 0, 0, "");
    accept();
    assert_read("a=na", false);
    assert_string_equal(seen.warnings, "");
    assert_non_null(strstr(seen.changes, "the list of sync tasks: "));
    fake_now += INTERVAL_MS;
    discover("a", "b", "");
    assert_read("a=na b=nb", true);
    tear_down_fixture(NULL);
  }
}

/* The rights come back while the lists are requested. */
static void an_outage_may_end_within_a_discovery(void **state) {
  (void)state;
  make("x");
  start_or_skip();
  for (size_t i = 0; i < TASK_LIST_TYPES; i++)
    reject_list(task_list_types[i], 403, "DRS.M00102", -1);
  accept();
  fake_now += INTERVAL_MS;
  start_or_skip();
  reject_list("migration", 403, "DRS.M00102", -1);
  list_no_others();
  accept();
  assert_string_equal(seen.warnings, "");
  fake_now += INTERVAL_MS;
  discover("a", "", "");
  assert_true(seen.result.jobs_known);
}

/* Without any list that is no offer of a region, but the user's rights. */
static void denied_access_is_an_error(void **state) {
  (void)state;
  make("x");
  start_or_skip();
  for (size_t i = 0; i < TASK_LIST_TYPES; i++)
    reject_list(task_list_types[i], 403, "DRS.M00102", -1);
  accept();
  assert_int_equal(fake_started, 4);
  assert_int_equal(errors(ERR_AUTH), 1);
  assert_non_null(strstr(seen.changes, "access denied"));
  assert_string_equal(seen.warnings, "");
  assert_false(seen.result.jobs_known);
  fake_now += INTERVAL_MS;
  start_or_skip();
  list_all("a", "", "");
}

/* A token that is given literally cannot be renewed. */
static void a_rejected_token_is_not_tried_again(void **state) {
  (void)state;
  make("x");
  start_or_skip();
  reject_list("migration", 401, "APIG.0307", -1);
  assert_int_equal(fake_started, 1);
  assert_int_equal(seen.finished, 1);
  /* The cycle reports it too, and nothing else does. */
  assert_true(err_is_set(&seen.result.errors[ERR_AUTH]));
  assert_string_equal(seen.changes, "");
}

/* The requests wait until it has rested. */
static void wait_for_file(void) {
  step();
  fake_now += FILE_REST;
  step();
}

static void a_new_token_is_used_at_once_and_once(void **state) {
  (void)state;
  char path[] = "/tmp/test_discovery.XXXXXX";
  close(mkstemp(path));
  write_file(path, "token-1");
  const struct secret_config token = {.path = path};
  make_project("x", &token);
  start_or_skip();
  wait_for_file();
  write_file(path, "token-2");
  reject_list("migration", 401, "APIG.0307", -1);
  wait_for_file();
  struct http_transfer *call = list_call("migration", 0);
  assert_non_null(strstr(call->headers, "X-Auth-Token: token-2\n"));
  write_file(path, "token-3");
  reject_list("migration", 401, "APIG.0307", -1);
  wait_for_file();
  assert_int_equal(fake_calls_len, 1);
  accept();
  assert_read("x=named", false);
  unlink(path);
}

static void throttling_is_obeyed(void **state) {
  (void)state;
  make("x");
  start_or_skip();
  reject_list("migration", 429, "APIG.0308", 90000);
  accept();
  assert_int_equal(errors(ERR_THROTTLED), 1);
  fake_now += 89999;
  poll_jobs();
  assert_int_equal(fake_calls_len, 0);
  fake_now += 1;
  discover("a", "", "");
  assert_read("x=named a=na", true);
}

/* A rejection of one type leaves the others alone, unless it requests a pause.
 */
static void a_pause_ends_the_discovery(void **state) {
  (void)state;
  make("x");
  start_or_skip();
  reject_list("migration", 404, "", 90000);
  accept();
  assert_int_equal(fake_started, 2);
  fake_now += 89000;
  poll_jobs();
  assert_int_equal(fake_calls_len, 0);
}

static const char *const bad_replies[] = {
    "",
    "<html></html>",
    "{}",
    "[]",
    "{\"jobs\":{}}",
    "{\"jobs\":[",
    "{\"error_code\":\"DRS.M01504\",\"error_msg\":\"no\"}",
};

static void a_reply_that_is_no_list_changes_nothing(void **state) {
  (void)state;
  make_with_two();
  for (size_t i = 0; i < COUNT(bad_replies); i++) {
    start_or_skip();
    fake_status(list_call("migration", 0), 200, bad_replies[i]);
    step();
    accept();
    assert_read("a=na b=nb", true);
    assert_int_equal(fake_calls_len, 0);
    fake_now += INTERVAL_MS;
  }
  assert_int_equal(errors(ERR_RESPONSE) + errors(ERR_HTTP), COUNT(bad_replies));
}

static void an_invalid_id_is_left_out(void **state) {
  (void)state;
  make("");
  start_or_skip();
  fake_status(list_call("migration", 0), 200,
              "{\"jobs\":[{\"id\":\"a/../b\"},{\"id\":\"c\"}]}");
  step();
  list_no_others();
  accept();
  assert_read("c", true);
  assert_int_equal(errors(ERR_RESPONSE), 1);
  assert_non_null(strstr(seen.changes, "the id of a task"));
}

/* A pause that the service wants is not broken for the list. */
static void a_pause_is_kept(void **state) {
  (void)state;
  make_with_two();
  fake_now -= 30000;
  start_or_skip();
  fake_response(fake_calls[0], (struct http_response){429, 60000, -1, NULL},
                "{}");
  step();
  assert_int_equal(seen.finished, 2);
  fake_now += 30000;
  start_or_skip();
  assert_int_equal(fake_calls_len, 0);
}

static void stopping_is_silent(void **state) {
  (void)state;
  make("x");
  start_or_skip();
  project_stop(project);
  assert_int_equal(fake_calls_len, 0);
  assert_int_equal(seen.finished, 0);
  step();
  assert_int_equal(fake_calls_len, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PROJECT_TEST(the_first_read_waits_for_the_list),
      PROJECT_TEST(it_is_requested_at_its_interval),
      PROJECT_TEST(jobs_come_and_go_between_reads),
      PROJECT_TEST(a_project_without_jobs_is_up),
      PROJECT_TEST(nothing_found_is_an_empty_list),
      PROJECT_TEST(a_later_list_may_hang),
      PROJECT_TEST(a_read_meets_no_half_of_a_list),
      cmocka_unit_test(pages_are_requested_until_a_list_is_complete),
      PROJECT_TEST(subtasks_are_jobs_once_one_was_reported),
      PROJECT_TEST(one_of_any_list_is_tried),
      cmocka_unit_test(rejected_subtasks_are_left_out_and_tried_once_a_day),
      cmocka_unit_test(what_may_pass_sets_no_subtask_aside),
      PROJECT_TEST(tasks_do_not_wait_for_their_subtasks),
      PROJECT_TEST(a_missing_subtask_is_no_job),
      PROJECT_TEST(subtasks_go_with_their_task),
      PROJECT_TEST(a_read_waits_for_half_of_its_time),
      PROJECT_TEST(a_failure_is_reported_once_and_retried),
      PROJECT_TEST(it_is_tried_again_ever_later),
      PROJECT_TEST(a_failure_keeps_the_jobs),
      PROJECT_TEST(one_use_type_may_be_rejected),
      PROJECT_TEST(a_list_that_becomes_empty_counts_the_second_time),
      PROJECT_TEST(an_outage_is_tried_again_in_each_cycle),
      cmocka_unit_test(a_rejection_that_may_pass_sets_nothing_aside),
      PROJECT_TEST(an_outage_may_end_within_a_discovery),
      PROJECT_TEST(denied_access_is_an_error),
      PROJECT_TEST(a_rejected_token_is_not_tried_again),
      PROJECT_TEST(a_new_token_is_used_at_once_and_once),
      PROJECT_TEST(throttling_is_obeyed),
      PROJECT_TEST(a_pause_ends_the_discovery),
      PROJECT_TEST(a_reply_that_is_no_list_changes_nothing),
      PROJECT_TEST(an_invalid_id_is_left_out),
      PROJECT_TEST(a_pause_is_kept),
      PROJECT_TEST(stopping_is_silent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
