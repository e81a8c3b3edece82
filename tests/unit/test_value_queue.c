/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Values wait, for a moment, and come with the name and time of their group. */

#include "unit.h"

#include "collectd_stub.h"
#include "plugin/value_queue.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct value_names percent = {"percent", "total"},
                                status = {"gauge", "status"};

/* The time stands still, but for what a test adds. It works by the linker:
 * -Wl,--wrap=clock_gettime */
static time_t milliseconds = 1000;

int __wrap_clock_gettime(clockid_t id, struct timespec *now);

int __wrap_clock_gettime(clockid_t id, struct timespec *now) {
  (void)id;
  now->tv_sec = milliseconds / 1000;
  now->tv_nsec = milliseconds % 1000 * 1000000;
  return 0;
}

static struct value_queue queue;
static value_list_t lists[2];

static void add(value_list_t *list, const char *instance,
                const struct value_names *names, double value) {
  value_queue_begin_job(&queue, list, 1, instance);
  value_queue_add(&queue, names->type, names->type_instance,
                  (value_t){.gauge = value});
}

static size_t lines(const char *text) {
  size_t count = 0;
  for (; (text = strchr(text, '\n')) != NULL; text++)
    count++;
  return count;
}

static int set_up(void **state) {
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    lists[i] = (value_list_t){.plugin = "drs", .values_len = 1};
    lists[i].host[0] = (char)('a' + i);
  }
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  value_queue_drain(&queue);
  value_queue_finish(&queue);
  stub_take();
  return 0;
}

static void groups_keep_their_names_and_their_order(void **state) {
  (void)state;
  add(&lists[0], "one", &percent, 1);
  add(&lists[1], "two", &status, 2);
  value_queue_add(&queue, percent.type, percent.type_instance,
                  (value_t){.gauge = 3});
  add(&lists[0], "three", &percent, 4);
  assert_string_equal(stub_take(), "");
  value_queue_drain(&queue);
  assert_string_equal(stub_take(), "value a/drs-one/percent-total 1\n"
                                   "value b/drs-two/gauge-status 2\n"
                                   "value b/drs-two/percent-total 3\n"
                                   "value a/drs-three/percent-total 4\n");
  value_queue_drain(&queue);
  assert_string_equal(stub_take(), "");
}

static void no_value_waits_for_long(void **state) {
  (void)state;
  queue.wait = VALUE_QUEUE_WAIT_MS;
  assert_true(value_queue_iterate(&queue, clock_now()) == CLOCK_NEVER);
  add(&lists[0], "one", &percent, 1);
  add(&lists[0], "two", &percent, 2);
  msec_t again = value_queue_iterate(&queue, queue.since);
  assert_int_equal(again, queue.since + VALUE_QUEUE_WAIT_MS);
  value_queue_iterate(&queue, again - 1);
  assert_string_equal(stub_take(), "");
  assert_true(value_queue_iterate(&queue, again) == CLOCK_NEVER);
  assert_int_equal(lines(stub_take()), 2);
}

/* Where collectd's queue has a limit. */
static void values_need_not_wait(void **state) {
  (void)state;
  add(&lists[0], "one", &percent, 1);
  assert_true(value_queue_iterate(&queue, clock_now()) == CLOCK_NEVER);
  assert_int_equal(lines(stub_take()), 1);
}

static void add_job(size_t values) {
  value_queue_begin_job(&queue, &lists[0], 1, "job");
  for (size_t i = 0; i < values; i++)
    value_queue_add(&queue, percent.type, percent.type_instance,
                    (value_t){.gauge = 1});
}

/* So many lines come, and the others once the queue is drained. */
static void assert_dispatched(size_t now, size_t at_the_end) {
  dispatch_threads_wait(&queue.threads);
  assert_int_equal(lines(stub_take()), now);
  value_queue_drain(&queue);
  assert_int_equal(lines(stub_take()), at_the_end);
}

static void a_full_burst_is_dispatched(void **state) {
  (void)state;
  for (size_t i = 0; i < VALUE_BURST_JOBS; i++)
    add_job(1);
  assert_string_equal(stub_take(), "");
  add_job(1);
  assert_dispatched(VALUE_BURST_JOBS, 1);
}

/* With room for one group more, whatever it has. */
static void many_values_are_dispatched_as_well(void **state) {
  (void)state;
  size_t added = 0;
  for (; added + VALUE_JOB_VALUES <= VALUE_BURST_VALUES;
       added += VALUE_JOB_VALUES)
    add_job(VALUE_JOB_VALUES);
  assert_string_equal(stub_take(), "");
  add_job(1);
  assert_dispatched(added, 1);
}

static size_t threads_for(size_t jobs, size_t values) {
  for (size_t i = 0; i < jobs; i++)
    add_job(values);
  value_queue_drain(&queue);
  assert_int_equal(lines(stub_take()), jobs * values);
  return queue.threads.len;
}

/* Until the run is long enough. */
static void fill_a_run(void) {
  for (size_t i = 0; i < VALUE_BURSTS_IN_A_RUN; i++)
    assert_int_equal(threads_for(VALUE_BURST_JOBS, 1), 0);
}

static void threads_start_in_a_run_of_bursts(void **state) {
  (void)state;
  fill_a_run();
  assert_int_equal(threads_for(VALUE_BURST_JOBS, 1), 1);
}

static void a_pause_ends_the_run(void **state) {
  (void)state;
  fill_a_run();
  milliseconds += VALUE_QUEUE_WAIT_MS + 1;
  fill_a_run();
  assert_int_equal(threads_for(VALUE_BURST_JOBS, 1), 1);
}

static void few_values_are_dispatched_by_the_caller(void **state) {
  (void)state;
  queue.run = VALUE_BURSTS_IN_A_RUN;
  queue.burst_at = clock_now();
  assert_int_equal(threads_for(VALUE_BURST_THREAD_JOBS - 1, 1), 0);
  assert_int_equal(threads_for(VALUE_BURST_THREAD_VALUES / 32 - 1, 32), 0);
  assert_int_equal(threads_for(VALUE_BURST_THREAD_JOBS, 1), 1);
  assert_int_equal(threads_for(VALUE_BURST_THREAD_VALUES / 32, 32), 2);
}

/* However the names of jobs differ, their values are gathered. */
static void names_are_found_again(void **state) {
  (void)state;
  char given[VALUE_NAME_MAX];
  const char *first = NULL;
  for (int i = 0; i < VALUE_QUEUE_NAMES; i++) {
    snprintf(given, sizeof(given), "phase %d", i);
    value_queue_reserve_names(&queue, 1);
    const char *name = value_queue_name(&queue, given);
    first = i == 0 ? name : first;
    value_queue_begin_job(&queue, &lists[0], 1, "job");
    value_queue_add(&queue, percent.type, name, (value_t){.gauge = i});
  }
  assert_string_equal(first, "phase_0");
  assert_ptr_equal(value_queue_name(&queue, "phase 0"), first);
  assert_string_equal(stub_take(), "");
}

static void one_name_too_many_drains_the_queue(void **state) {
  (void)state;
  names_are_found_again(NULL);
  value_queue_reserve_names(&queue, 1);
  const char *all = stub_take();
  assert_int_equal(lines(all), VALUE_QUEUE_NAMES);
  assert_non_null(strstr(all, "value a/drs-job/percent-phase_63 63\n"));
  assert_string_equal(value_queue_name(&queue, "\xC3\xBC=1"), "__1");
}

static void add_numbers(int count) {
  for (int i = 0; i < count; i++) {
    if (i % 8 == 0)
      value_queue_begin_job(&queue, &lists[0], 1, "job");
    value_queue_add(&queue, percent.type, percent.type_instance,
                    (value_t){.gauge = i});
  }
}

/* Three full bursts at the same time, and then a few values by the caller.
 * Those of a burst keep their order. */
static void each_value_is_dispatched_once(void **state) {
  (void)state;
  char expected[64];
  int count = 1600, burst = VALUE_BURST_JOBS * 8;
  const char *at = NULL, *end = NULL;
  queue.run = VALUE_BURSTS_IN_A_RUN;
  queue.burst_at = clock_now();
  add_numbers(count);
  value_queue_iterate(&queue, clock_now());
  add(&lists[1], "last", &status, count);
  value_queue_drain(&queue);
  assert_true(queue.threads.len > 1);
  const char *all = stub_take();
  assert_int_equal(lines(all), count + 1);
  for (int i = 0; i < count; i++) {
    snprintf(expected, sizeof(expected), "value a/drs-job/percent-total %d\n",
             i);
    const char *found = strstr(all, expected);
    assert_non_null(found);
    assert_true(i % burst == 0 || found > at);
    at = found;
    if (i < count / burst * burst && (end == NULL || at > end))
      end = at;
  }
  const char *by_caller = strchr(end, '\n') + 1;
  assert_memory_equal(by_caller, "value a/drs-job/percent-total 1536\n", 35);
  assert_string_equal(strchr(at, '\n') + 1,
                      "value b/drs-last/gauge-status 1600\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(groups_keep_their_names_and_their_order,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(no_value_waits_for_long, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(values_need_not_wait, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_full_burst_is_dispatched, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(many_values_are_dispatched_as_well,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(threads_start_in_a_run_of_bursts, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_pause_ends_the_run, set_up, tear_down),
      cmocka_unit_test_setup_teardown(few_values_are_dispatched_by_the_caller,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(names_are_found_again, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_name_too_many_drains_the_queue,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(each_value_is_dispatched_once, set_up,
                                      tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
