/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What the responses of a job say of its cutover, cycle by cycle, at an
 * interval of ten minutes: three good cycles make it ready. */

#include "project_fixture.h"

#include <stdio.h>

#define INTERVAL 600

/* Of job 0, in the last cycle. */
static struct {
  char value;        /* of bool-ready: '1', '0', '-' none */
  double left;       /* timeleft-estimated; -1: none */
  char changes[512]; /* KIND of all changes so far, with the cause */
} seen;

static void on_item(void *arg, const struct job *job, enum job_call call,
                    const struct job_item *item) {
  (void)arg, (void)item;
  if (call != JOB_PROGRESS)
    return;
  const struct readiness *r = &job->readiness;
  seen.value = !r->known ? '-' : r->ready ? '1' : '0';
  const struct estimate *e = &job->estimate;
  seen.left = e->known ? (double)e->seconds : -1;
}

static void on_changed(void *arg, const struct change *change) {
  static const char *const kinds[] = {
      [CHANGE_STATUS] = "status",         [CHANGE_ERROR] = "error",
      [CHANGE_ERROR_CLEARED] = "cleared", [CHANGE_JOB_MISSING] = "missing",
      [CHANGE_READY] = "ready",           [CHANGE_NOT_READY] = "not ready"};
  size_t len = strlen(seen.changes);
  (void)arg;
  snprintf(seen.changes + len, sizeof(seen.changes) - len, "%s",
           kinds[change->kind]);
  len = strlen(seen.changes);
  if (change->kind == CHANGE_NOT_READY)
    snprintf(seen.changes + len, sizeof(seen.changes) - len, " %d",
             change->job->readiness.cause);
  strcat(seen.changes, ". ");
}

static const struct project_events events = {.started = ignore_start,
                                             .item = on_item,
                                             .changed = on_changed,
                                             .finished = ignore_result};

static void make(void) {
  configure_fixture(1);
  config.interval = INTERVAL;
  memset(&seen, 0, sizeof(seen));
}

static void respond(const char *path, const char *members) {
  assert_non_null(strstr(fake_calls[0]->url, path));
  respond_with_items(fake_calls[0], members);
}

/* A cycle in which the item has these members, and in which a second call, if
 * it is made, has those. Its readiness. */
static char cycle(const char *members, const char *further) {
  if (project == NULL)
    make_fixture(&events);
  fake_now += INTERVAL * 1000;
  start();
  step();
  respond("/batch-progress", members);
  step();
  if (further != NULL)
    respond("/batch-rpo-and-rto", further);
  step();
  assert_false(project_is_polling(project));
  return seen.value;
}

#define INCREMENTAL "\"transfer_status\":\"INCRE_TRANSFER_STARTED\""
#define GOOD INCREMENTAL ",\"incre_trans_delay\":\"3\""
#define SLOW INCREMENTAL ",\"incre_trans_delay\":\"4\""

static void become_ready(void) {
  cycle(GOOD, NULL);
  cycle(GOOD, NULL);
  assert_int_equal(cycle(GOOD, NULL), '1');
}

static void test_the_item_event_has_the_values_of_its_item(void **state) {
  (void)state;
  make();
  assert_int_equal(cycle("\"transfer_status\":\"CREATING\"", NULL), '0');
  assert_true(seen.left < 0);
  assert_int_equal(cycle(GOOD, NULL), '-');
  assert_true(seen.left >= 0 && seen.left <= 0);
  assert_int_equal(cycle(GOOD, NULL), '-');
  assert_int_equal(cycle(GOOD, NULL), '1');
  assert_int_equal(cycle("\"transfer_status\":\"PAUSING\"", NULL), '0');
  assert_true(seen.left < 0);
  assert_string_equal(seen.changes, "status. status. ready. status. ");
}

static void test_what_makes_a_cycle_good(void **state) {
  static const struct {
    const char *item;
    char expected;
    enum readiness_cause cause;
  } rows[] = {
      {GOOD, '1', READINESS_GOOD},
      {SLOW, '0', READINESS_DELAY},
      {INCREMENTAL ",\"incre_trans_delay_millis\":\"3000\"", '1', 0},
      {INCREMENTAL ",\"incre_trans_delay_millis\":\"3001\"", '0',
       READINESS_DELAY},
      {INCREMENTAL, '0', READINESS_DELAY_UNKNOWN},
      {INCREMENTAL ",\"incre_trans_delay\":\"1709000000\"", '0',
       READINESS_DELAY_UNKNOWN},
      /* An idle source, which counts up by one definition of the delay. */
      {SLOW ",\"src_offset\":\"a.1:2\",\"dst_offset\":\"a.1:2\"", '1', 0},
      {INCREMENTAL ",\"src_offset\":\"a.1:2\",\"dst_offset\":\"a.1:2\"", '1',
       0},
      {SLOW ",\"src_offset\":\"a.1:2\",\"dst_offset\":\"a.1:1\"", '0',
       READINESS_DELAY},
      {SLOW ",\"src_offset\":\"N/A\",\"dst_offset\":\"N/A\"", '0',
       READINESS_DELAY},
      {GOOD ",\"error_code\":\"DRS.M1\"", '0', READINESS_ERROR},
      {GOOD ",\"task_mode\":\"FULL_INCR_TRANS\"", '1', 0},
      {GOOD ",\"task_mode\":\"FULL_TRANS\"", '-', 0},
      {"\"transfer_status\":\"CHILD_TRANSFER_STARTED\"", '-', 0},
      {"\"transfer_status\":\"TELEPORT_STARTED\"", '0', 0},
      {"\"transfer_status\":\"INCRE_TRANSFER_FAILED\"", '0', 0},
      {"\"progress\":\"100\"", '-', 0},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    make();
    cycle(rows[i].item, NULL);
    cycle(rows[i].item, NULL);
    if (cycle(rows[i].item, NULL) != rows[i].expected)
      fail_msg("%s: %c", rows[i].item, seen.value);
    tear_down_fixture(state);
    make();
    become_ready();
    cycle(rows[i].item, NULL);
    cycle(rows[i].item, NULL);
    if (rows[i].cause == READINESS_DELAY ||
        rows[i].cause == READINESS_DELAY_UNKNOWN)
      assert_int_equal(seen.changes[strlen(seen.changes) - 3],
                       '0' + rows[i].cause);
    tear_down_fixture(state);
  }
}

static void test_an_error_code_notifies_by_itself(void **state) {
  (void)state;
  make();
  become_ready();
  cycle(GOOD ",\"error_code\":\"DRS.M1\"", NULL);
  assert_int_equal(cycle(GOOD ",\"error_code\":\"DRS.M1\"", NULL), '0');
  assert_string_equal(seen.changes, "status. error. not ready 4. ");
}

static void test_rpo_and_rto_count_in_this_cycle_and_the_next(void **state) {
  static const char none[] = "\"rpo_info\":{\"delay\":\"-1\"}",
                    small[] = "\"rpo_info\":{\"delay\":\"3000\"}",
                    large[] = "\"rto_info\":{\"delay\":\"3001\"}";
  (void)state;
  make();
  config.calls[JOB_RPO_AND_RTO] = true;
  cycle(GOOD, large);
  cycle(GOOD, none); /* not good for the RTO of before */
  assert_int_equal(cycle(GOOD, small), '0');
  cycle(GOOD, none);
  assert_int_equal(cycle(GOOD, small), '1');
  assert_int_equal(cycle(GOOD, large), '1');
  assert_int_equal(cycle(GOOD, large), '1');
  assert_int_equal(cycle(GOOD, small), '0');
  assert_non_null(strstr(seen.changes, "not ready 3"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PROJECT_TEST(test_the_item_event_has_the_values_of_its_item),
      cmocka_unit_test(test_what_makes_a_cycle_good),
      PROJECT_TEST(test_an_error_code_notifies_by_itself),
      PROJECT_TEST(test_rpo_and_rto_count_in_this_cycle_and_the_next),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
