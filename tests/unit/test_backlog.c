/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors */

#include "alloc.h"

#include "base/memory.h"
#include "net/backlog.h"

#include <string.h>

static struct backlog backlog;
static struct backlog_queue first, second;
static const char bytes[BACKLOG_PART_MAX + 1];

static int set_up(void **state) {
  (void)state;
  backlog_init(&backlog);
  backlog_queue_init(&first);
  backlog_queue_init(&second);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  backlog_drop(&backlog, &first);
  backlog_drop(&backlog, &second);
  assert_null(backlog_first(&backlog));
  assert_int_equal(backlog.in_use, 0);
  return 0;
}

static bool add(struct backlog_queue *q, const char *text) {
  return backlog_add(&backlog, q, text, strlen(text), 0);
}

static bool add_whole(struct backlog_queue *q) {
  return backlog_add(&backlog, q, bytes, BACKLOG_PART_MAX, 0);
}

static void take(struct backlog_queue *q, const char *start, size_t len) {
  struct backlog_part *part = backlog_take(&backlog, q);
  assert_non_null(part);
  assert_int_equal(part->len, len);
  assert_memory_equal(part->bytes, start, strlen(start));
  backlog_give_back(&backlog, part);
}

static void bytes_of_a_response_keep_their_order(void **state) {
  (void)state;
  assert_true(add(&first, "{\"a\":") && add(&second, "{}") &&
              add(&first, "1}"));
  assert_true(add_whole(&first) && add(&first, "end"));
  take(&first, "{\"a\":1}", 7);
  take(&first, "", BACKLOG_PART_MAX);
  take(&first, "end", 3);
  assert_true(backlog_queue_is_empty(&first));
  assert_null(backlog_take(&backlog, &first));
  take(&second, "{}", 2);
}

static void the_response_that_waits_longest_is_first(void **state) {
  (void)state;
  assert_null(backlog_first(&backlog));
  assert_true(add_whole(&second) && add(&first, "1") && add(&second, "2"));
  assert_ptr_equal(backlog_first(&backlog), &second);
  take(&second, "", BACKLOG_PART_MAX);
  assert_ptr_equal(backlog_first(&backlog), &second);
  take(&second, "2", 1);
  assert_ptr_equal(backlog_first(&backlog), &first);
}

static void all_responses_share_one_bound(void **state) {
  (void)state;
  assert_false(backlog_add(&backlog, &first, bytes, BACKLOG_PART_MAX + 1, 0));
  for (int i = 0; i < BACKLOG_PARTS_MAX - 1; i++)
    assert_true(add_whole(&first));
  assert_true(add(&second, "2"));
  assert_false(add_whole(&first));
  assert_true(add(&second, "3")); /* in a part that it has */
  take(&first, "", BACKLOG_PART_MAX);
  assert_true(add_whole(&first));
}

static void bytes_wait_for_others_that_come_with_them(void **state) {
  (void)state;
  msec_t now = 1000, end = now + BACKLOG_WAIT_MAX_MS;
  assert_true(backlog_due(&backlog) == CLOCK_NEVER);
  for (; now + BACKLOG_QUIET_MS < end; now++) {
    assert_true(backlog_add(&backlog, &first, "1", 1, now));
    assert_int_equal(backlog_due(&backlog), now + BACKLOG_QUIET_MS);
  }
  assert_true(backlog_add(&backlog, &second, "2", 1, now + 1));
  assert_int_equal(backlog_due(&backlog), end);
  backlog_drop(&backlog, &first);
  assert_int_equal(backlog_due(&backlog), end);
  backlog_drop(&backlog, &second);
  assert_true(backlog_due(&backlog) == CLOCK_NEVER);
  assert_true(backlog_add(&backlog, &first, "1", 1, now));
  assert_int_equal(backlog_due(&backlog), now + BACKLOG_QUIET_MS);
}

static void a_backlog_that_fills_up_does_not_wait(void **state) {
  (void)state;
  for (int i = 0; i < BACKLOG_PARTS_MAX / 2; i++)
    assert_true(backlog_due(&backlog) > 0 && add_whole(&first));
  assert_int_equal(backlog_due(&backlog), 0);
}

static void parts_are_used_again(void **state) {
  (void)state;
  memory_keep(2 * BACKLOG_PARTS_MAX * sizeof(struct backlog_part));
  for (int i = 0; i < BACKLOG_PARTS_MAX; i++)
    assert_true(add_whole(&first));
  backlog_drop(&backlog, &first);
  alloc_reset();
  for (int i = 0; i < BACKLOG_PARTS_MAX; i++)
    assert_true(add_whole(&second));
  assert_int_equal(alloc.calls, 0);
  backlog_drop(&backlog, &second);
  memory_keep(0);
}

static void bytes_are_wiped(void **state) {
  (void)state;
  alloc_reset();
  alloc.secret = "secret";
  assert_true(add(&first, "secret"));
  backlog_drop(&backlog, &first);
  assert_int_equal(alloc.live, 0);
  assert_int_equal(alloc.spilled, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(bytes_of_a_response_keep_their_order,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_response_that_waits_longest_is_first,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(all_responses_share_one_bound, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(bytes_wait_for_others_that_come_with_them,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_backlog_that_fills_up_does_not_wait,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(parts_are_used_again, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bytes_are_wiped, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
