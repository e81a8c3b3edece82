/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Threads take turns, and a few work at the same time. */

#include "unit.h"

#include "base/clock.h"
#include "plugin/dispatch_threads.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

static struct dispatch_threads threads;

/* By whom each piece of work was done, and whether it is. */
static pthread_t workers[2 * DISPATCH_THREADS_MAX];
static atomic_bool done[COUNT(workers)];
static size_t numbers[COUNT(workers)];

/* Starting a thread fails once so many have started. */
static size_t startable, started;

int __wrap_pthread_create(pthread_t *id, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *arg);
int __real_pthread_create(pthread_t *id, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *arg);

int __wrap_pthread_create(pthread_t *id, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *arg) {
  if (started == startable)
    return EAGAIN;
  started++;
  return __real_pthread_create(id, attributes, run, arg);
}

static void work(void *arg) {
  const size_t *number = arg;
  workers[*number] = pthread_self();
  done[*number] = true;
}

static int set_up(void **state) {
  (void)state;
  startable = DISPATCH_THREADS_MAX;
  started = 0;
  for (size_t i = 0; i < COUNT(workers); i++) {
    numbers[i] = i;
    done[i] = false;
  }
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  dispatch_threads_stop(&threads);
  return 0;
}

static void do_work(size_t count) {
  for (size_t i = 0; i < count; i++)
    dispatch_threads_begin(&threads, work, &numbers[i]);
  dispatch_threads_wait(&threads);
  for (size_t i = 0; i < COUNT(workers); i++)
    assert_int_equal(done[i], i < count);
}

/* Those of the first turn do the work of the second. */
static void assert_turns(size_t turn) {
  for (size_t i = 0; i < COUNT(workers); i++) {
    assert_false(pthread_equal(workers[i], pthread_self()));
    for (size_t k = 0; k < i; k++)
      assert_int_equal(pthread_equal(workers[i], workers[k]) != 0,
                       i % turn == k % turn);
  }
}

static void all_take_turns(void **state) {
  (void)state;
  do_work(COUNT(workers));
  assert_turns(DISPATCH_THREADS_MAX);
}

/* Pieces of work that the caller has begun, or is about to. */
static atomic_size_t begun;

/* Lasts until so many more have begun as may work with it at the same time, and
 * one more waits for it. */
static void work_together(void *arg) {
  const size_t *number = arg;
  msec_t end = clock_now() + 10000;
  while (begun <= *number + DISPATCH_THREADS_BUSY_MAX && clock_now() < end)
    sched_yield();
  if (begun > *number + DISPATCH_THREADS_BUSY_MAX)
    work(arg);
}

static void a_few_work_at_the_same_time(void **state) {
  (void)state;
  begun = 0;
  for (size_t i = 0; i < COUNT(workers); i++) {
    begun++;
    dispatch_threads_begin(&threads, work_together, &numbers[i]);
    for (size_t k = 0; k < i; k++)
      assert_int_equal(done[k], k + DISPATCH_THREADS_BUSY_MAX <= i);
  }
  begun += DISPATCH_THREADS_BUSY_MAX;
  dispatch_threads_wait(&threads);
  for (size_t i = 0; i < COUNT(workers); i++)
    assert_true(done[i]);
}

static void they_start_when_they_are_needed(void **state) {
  (void)state;
  assert_int_equal(started, 0);
  do_work(1);
  assert_int_equal(started, 1);
}

static void fewer_do_where_no_more_can_be_started(void **state) {
  (void)state;
  startable = 2;
  do_work(COUNT(workers));
  assert_turns(2);
}

static void the_caller_does_where_none_can_be_started(void **state) {
  (void)state;
  startable = 0;
  do_work(3);
  for (size_t i = 0; i < 3; i++)
    assert_true(pthread_equal(workers[i], pthread_self()));
}

static void they_end_with_their_work_done(void **state) {
  (void)state;
  for (size_t i = 0; i < DISPATCH_THREADS_BUSY_MAX; i++)
    dispatch_threads_begin(&threads, work, &numbers[i]);
  dispatch_threads_stop(&threads);
  for (size_t i = 0; i < DISPATCH_THREADS_BUSY_MAX; i++)
    assert_true(done[i]);
  assert_int_equal(threads.len, 0);
}

static void none_need_not_end(void **state) {
  (void)state;
  dispatch_threads_wait(&threads);
  dispatch_threads_stop(&threads);
  assert_int_equal(started, 0);
}

#define TURNS_TEST(test)                                                       \
  cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TURNS_TEST(all_take_turns),
      TURNS_TEST(a_few_work_at_the_same_time),
      TURNS_TEST(they_start_when_they_are_needed),
      TURNS_TEST(fewer_do_where_no_more_can_be_started),
      TURNS_TEST(the_caller_does_where_none_can_be_started),
      TURNS_TEST(they_end_with_their_work_done),
      TURNS_TEST(none_need_not_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
