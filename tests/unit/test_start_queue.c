/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors */

#include "unit.h"

#include "net/lookups.h"
#include "net/start_queue.h"

#include <string.h>

#define MAX 16 /* 2 of them reserved */

static const char keys[] = "abcdefghijklmnop";
static struct start_queue queue;
static struct request_queue groups[sizeof(keys)];
static struct start_item items[32], *blocked;
static size_t items_len;

static int set_up(void **state) {
  (void)state;
  start_queue_init(&queue, MAX);
  for (size_t i = 0; i < sizeof(keys); i++)
    request_queue_init(&groups[i]);
  memset(items, 0, sizeof(items));
  items_len = 0;
  blocked = NULL;
  return 0;
}

static struct start_item *add(char key) {
  struct start_item *item = &items[items_len++];
  item->queue = &groups[strchr(keys, key) - keys];
  start_queue_add(&queue, item);
  return item;
}

static bool ready(void *arg, const struct start_item *item) {
  (void)arg;
  return item != blocked;
}

static struct start_item *next(void) {
  return start_queue_next(&queue, ready, NULL);
}

static void groups_take_turns(void **state) {
  (void)state;
  queue.max = 64;
  struct start_item *a1 = add('a'), *a2 = add('a'), *b1 = add('b');
  assert_ptr_equal(a1->queue, a2->queue);
  assert_ptr_equal(next(), a1);
  assert_ptr_equal(next(), b1);
  assert_ptr_equal(next(), a2);
  assert_null(next());
  assert_true(start_queue_is_empty(&queue));
  assert_int_equal(queue.in_flight, 3);
}

static void a_source_that_is_not_ready_delays_no_other(void **state) {
  (void)state;
  struct start_item *a = add('a'), *b = add('b');
  blocked = a;
  assert_ptr_equal(next(), b);
  assert_null(next());
  blocked = NULL;
  assert_ptr_equal(next(), a);
}

static void one_that_was_put_back_is_the_next(void **state) {
  (void)state;
  struct start_item *a1 = add('a'), *a2 = add('a');
  assert_ptr_equal(next(), a1);
  start_queue_done(&queue, a1);
  start_queue_add_first(&queue, a1);
  assert_ptr_equal(next(), a1);
  start_queue_remove(&queue, a2);
  assert_null(next());
  assert_true(start_queue_is_empty(&queue));
}

static void groups_that_respond_come_first(void **state) {
  (void)state;
  queue.max = 64;
  struct start_item *silent = add('a'), *new = add('b'), *sooner = add('c'),
                    *answered = add('d'), *more = add('e');
  silent->queue->last = START_SILENT;
  answered->queue->last = more->queue->last = START_ANSWERED;
  sooner->deadline = -1;
  assert_ptr_equal(next(), answered);
  assert_ptr_equal(next(), more);
  assert_ptr_equal(next(), sooner);
  assert_ptr_equal(next(), silent); /* the fourth is whichever waits longest */
  assert_ptr_equal(next(), new);
}

static void hung_groups_leave_places(void **state) {
  (void)state;
  struct start_item *b = add('b'), *last = NULL;
  b->queue->last = START_ANSWERED;
  start_queue_remove(&queue, b);
  for (int i = 2; i < 16; i++)
    add(keys[i]);
  add('a');
  int started = 0;
  for (struct start_item *item; (item = next()) != NULL; started++)
    last = item;
  assert_int_equal(started, MAX - MAX / 8);
  start_queue_add(&queue, b);
  assert_ptr_equal(next(), b);
  assert_null(next()); /* all are taken */
  start_queue_done(&queue, last);
  assert_null(next());
  start_queue_done(&queue, b);
  assert_non_null(next());
}

static void a_name_is_looked_up_once_at_a_time(void **state) {
  struct lookups l;
  (void)state;
  lookups_init(&l, 8);
  struct lookup_name *a = lookups_name(&l, "a.example:443", 9);
  assert_ptr_equal(a, lookups_name(&l, "a.example/", 9));
  assert_ptr_not_equal(a, lookups_name(&l, "a.exampl", 8));
  assert_true(lookups_may_start(&l, a, 0));
  lookups_begin(&l, a);
  assert_false(lookups_may_start(&l, a, 0));
  lookups_end(&l, a, LOOKUP_DONE, 0);
  assert_true(lookups_may_start(&l, a, 0));
  assert_true(lookups_next(&l) == CLOCK_NEVER);
  lookups_finish(&l);
}

static void abandoned_lookups_count(void **state) {
  struct lookups l;
  (void)state;
  lookups_init(&l, 8);
  struct lookup_name *a = lookups_name(&l, "a", 1);
  struct lookup_name *b = lookups_name(&l, "b", 1);
  struct lookup_name *c = lookups_name(&l, "c", 1);
  for (int i = 0; i < LOOKUPS_ABANDONED_MAX; i++) {
    assert_true(lookups_may_start(&l, a, i));
    lookups_begin(&l, a);
    lookups_end(&l, a, LOOKUP_ABANDONED, i);
  }
  assert_false(lookups_may_start(&l, a, 10));
  for (int i = 0; i < 2; i++) {
    assert_true(lookups_may_start(&l, b, i));
    lookups_begin(&l, b);
    lookups_end(&l, b, LOOKUP_ABANDONED, 10);
  }
  assert_false(lookups_may_start(&l, b, 10)); /* the reserve is not for it */
  assert_true(lookups_may_start(&l, c, 10));
  assert_true(lookups_next(&l) == LOOKUP_ABANDONED_MS);
  assert_true(lookups_may_start(&l, a, LOOKUP_ABANDONED_MS));
  assert_int_equal(l.abandoned_len, 5);
  lookups_finish(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(groups_take_turns, set_up, NULL),
      cmocka_unit_test_setup_teardown(
          a_source_that_is_not_ready_delays_no_other, set_up, NULL),
      cmocka_unit_test_setup_teardown(one_that_was_put_back_is_the_next, set_up,
                                      NULL),
      cmocka_unit_test_setup_teardown(groups_that_respond_come_first, set_up,
                                      NULL),
      cmocka_unit_test_setup_teardown(hung_groups_leave_places, set_up, NULL),
      cmocka_unit_test(a_name_is_looked_up_once_at_a_time),
      cmocka_unit_test(abandoned_lookups_count),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
