/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What is emitted of the changes of a job: each once, and little of a job that
 * flaps. */

#include "unit.h"

#include "poll/changes.h"

#include <stdio.h>
#include <string.h>

#define RUNS "INCRE_TRANSFER_STARTED"
#define PAUSED "PAUSING"
#define FAILED "INCRE_TRANSFER_FAILED"

struct fixture {
  struct changes changes;
  struct job job;
  char emitted[512];
};

static void on_changed(void *arg, const struct change *change) {
  static const char *const words[] = {
      [CHANGE_STATUS] = "status",         [CHANGE_ERROR] = "error",
      [CHANGE_ERROR_CLEARED] = "cleared", [CHANGE_JOB_MISSING] = "missing",
      [CHANGE_JOB_BACK] = "back",         [CHANGE_FLAPS] = "flaps",
      [CHANGE_STEADY] = "steady"};
  struct fixture *f = arg;
  size_t len = strlen(f->emitted);
  snprintf(f->emitted + len, sizeof(f->emitted) - len, "%s%s", len ? " " : "",
           words[change->kind]);
}

static const struct project_events events = {.changed = on_changed};

static void set_up(struct fixture *f, double interval) {
  *f = (struct fixture){.job = {.id = "id", .name = "orders"}};
  changes_init(&f->changes, &events, f, interval);
}

/* The job is reported at this minute. */
static void answer(struct fixture *f, int minute, const char *status,
                   const char *code) {
  struct progress p = {0};
  p.transfer_status.len = strlen(status);
  strcpy(p.transfer_status.text, status);
  p.base.error_code.len = strlen(code);
  strcpy(p.base.error_code.text, code);
  f->changes.now = (msec_t)minute * 60 * 1000;
  changes_answered(&f->changes, &f->job, &p, false);
}

/* From `first` on each minute of `count`, now one status and now the other. */
static void alternate(struct fixture *f, int first, int count) {
  for (int i = 0; i < count; i++)
    answer(f, first + i, i % 2 == 0 ? RUNS : PAUSED, "");
}

static void a_job_that_alternates_is_one_warning(void **state) {
  struct fixture f;
  (void)state;
  set_up(&f, 60);
  alternate(&f, 0, 60);
  assert_string_equal(f.emitted,
                      "status status status status status status flaps");
}

static void ten_quiet_minutes_end_it(void **state) {
  struct fixture f;
  (void)state;
  set_up(&f, 60);
  alternate(&f, 0, 20);
  *f.emitted = '\0';
  for (int minute = 20; minute < 29; minute++)
    answer(&f, minute, PAUSED, "");
  assert_string_equal(f.emitted, "");
  answer(&f, 29, PAUSED, "");
  assert_string_equal(f.emitted, "steady");
  answer(&f, 30, RUNS, "");
  assert_string_equal(f.emitted, "steady status");
}

static void a_change_now_and_then_is_reported(void **state) {
  struct fixture f;
  (void)state;
  set_up(&f, 60);
  for (int i = 0; i < 9; i++)
    answer(&f, 3 * i, i % 2 == 0 ? RUNS : PAUSED, "");
  assert_string_equal(f.emitted,
                      "status status status status status status status status "
                      "status");
}

static void six_cycles_count_where_they_are_longer(void **state) {
  struct fixture f;
  (void)state;
  set_up(&f, 600);
  for (int i = 0; i < 12; i++)
    answer(&f, 10 * i, i % 2 == 0 ? RUNS : PAUSED, "");
  assert_string_equal(f.emitted,
                      "status status status status status status flaps");
}

static void what_a_flapping_job_ends_with_is_reported(void **state) {
  struct fixture f;
  (void)state;
  set_up(&f, 60);
  alternate(&f, 0, 8);
  *f.emitted = '\0';
  answer(&f, 8, RUNS, "DRS.1");
  answer(&f, 18, RUNS, "DRS.1");
  assert_string_equal(f.emitted, "steady error");
  alternate(&f, 40, 8);
  *f.emitted = '\0';
  f.changes.now = (msec_t)50 * 60 * 1000;
  changes_missing(&f.changes, &f.job, "", "");
  f.changes.now = (msec_t)60 * 60 * 1000;
  changes_missing(&f.changes, &f.job, "", "");
  assert_string_equal(f.emitted, "steady");
}

static void a_failure_at_the_start_is_reported_once(void **state) {
  struct fixture f;
  (void)state;
  set_up(&f, 60);
  answer(&f, 0, FAILED, "DRS.1");
  assert_string_equal(f.emitted, "status");
  answer(&f, 1, RUNS, "");
  assert_string_equal(f.emitted, "status status cleared");
}

static void an_error_at_the_start_is_reported(void **state) {
  struct fixture f;
  (void)state;
  set_up(&f, 60);
  answer(&f, 0, RUNS, "DRS.1");
  assert_string_equal(f.emitted, "status error");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_job_that_alternates_is_one_warning),
      cmocka_unit_test(ten_quiet_minutes_end_it),
      cmocka_unit_test(a_change_now_and_then_is_reported),
      cmocka_unit_test(six_cycles_count_where_they_are_longer),
      cmocka_unit_test(what_a_flapping_job_ends_with_is_reported),
      cmocka_unit_test(a_failure_at_the_start_is_reported_once),
      cmocka_unit_test(an_error_at_the_start_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
