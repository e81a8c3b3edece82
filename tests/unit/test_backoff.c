/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Pauses grow, end at their bound, and are never cut short. */

#include "unit.h"

#include "base/backoff.h"

#include <sys/wait.h>
#include <unistd.h>

static void it_obeys(void **state) {
  (void)state;
  struct backoff b = {0};
  backoff_obey(&b, 500, 1000);
  assert_int_equal(b.until, 1500);
  backoff_obey(&b, 100, 1100); /* a later word is no excuse to come sooner */
  assert_int_equal(b.until, 1500);
  backoff_obey(&b, 0, 2000);
  assert_int_equal(b.until, 2000);
}

/* Half of a pause is certain, the other half is random. */
static void it_doubles_up_to_a_bound(void **state) {
  (void)state;
  static const msec_t longest[] = {100, 200, 400, 800, 1000, 1000};
  struct backoff b = {0};
  msec_t now = 0;
  for (size_t i = 0; i < COUNT(longest); i++) {
    backoff_grow(&b, 100, 1000, now);
    assert_between(b.until - now, longest[i] / 2, longest[i]);
    now += 10000;
  }
  backoff_reset(&b);
  backoff_grow(&b, 100, 1000, now);
  assert_between(b.until - now, 50, 100);
}

static void not_all_come_back_together(void **state) {
  (void)state;
  msec_t first = 0;
  for (int i = 0; i < 100; i++) {
    struct backoff b = {0};
    backoff_grow(&b, 100000, 100000, 0);
    if (i == 0)
      first = b.until;
    else if (b.until != first)
      return;
  }
  fail_msg("all pauses are %ld ms", (long)first);
}

static void an_exact_pause_has_no_random_part(void **state) {
  (void)state;
  static const msec_t pauses[] = {100, 200, 400, 800, 1000, 1000};
  struct backoff b = {0};
  for (size_t i = 0; i < COUNT(pauses); i++) {
    msec_t now = b.until;
    backoff_grow_exactly(&b, 100, 1000, now);
    assert_int_equal(b.until - now, pauses[i]);
    assert_true(backoff_is_active(&b, b.until - 1));
    assert_false(backoff_is_active(&b, b.until));
  }
}

/* Two processes that start together: random() without a seed fails here. */
static void processes_differ(void **state) {
  (void)state;
  msec_t mine[4], theirs[4];
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  for (size_t i = 0; i < COUNT(mine); i++)
    mine[i] = backoff_jitter(INT64_MAX / 2);
  if (child == 0)
    _exit(write(ends[1], mine, sizeof(mine)) != sizeof(mine));
  assert_int_equal(read(ends[0], theirs, sizeof(theirs)), sizeof(theirs));
  assert_int_equal(waitpid(child, NULL, 0), child);
  assert_memory_not_equal(mine, theirs, sizeof(mine));
  close(ends[0]);
  close(ends[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_obeys),
      cmocka_unit_test(it_doubles_up_to_a_bound),
      cmocka_unit_test(not_all_come_back_together),
      cmocka_unit_test(an_exact_pause_has_no_random_part),
      cmocka_unit_test(processes_differ),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
