/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What is freed is wiped, and a thread that keeps it gets it again. */

#include "alloc.h"

#include "base/memory.h"

#define SECRET "correct horse battery staple"
#define MOST (1024 * 1024)

/* Sizes on both sides of what a list of kept blocks is for. */
static const size_t sizes[] = {1,    127,   128,   129,   192,   193,   1008,
                               5352, 16385, 16448, 16449, 90000, 131136};
#define SIZES (sizeof(sizes) / sizeof(*sizes))

static int set_up(void **state) {
  (void)state;
  alloc_reset();
  alloc.secret = SECRET;
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  memory_keep(0);
  assert_int_equal(alloc.live, 0);
  assert_int_equal(alloc.spilled, 0);
  return 0;
}

static bool is_zero(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (bytes[i] != 0)
      return false;
  return true;
}

/* Two of each size, and then two that are zero. */
static void use_all_sizes(void) {
  for (size_t i = 0; i < SIZES; i++) {
    char *p = memory_new(sizes[i]), *q = memory_new(sizes[i]);
    for (int turn = 0; turn < 2; turn++) {
      memset(p, 'p', sizes[i]);
      memset(q, 'q', sizes[i]);
      memory_free(p);
      memory_free(q);
      p = memory_zeroed(1, sizes[i]);
      q = memory_zeroed(1, sizes[i]);
      assert_true(is_zero(p, sizes[i]) && is_zero(q, sizes[i]));
    }
    memory_free(p);
    memory_free(q);
  }
}

static void a_thread_keeps_nothing_at_first(void **state) {
  (void)state;
  use_all_sizes();
  assert_int_equal(alloc.calls, 6 * SIZES);
  assert_int_equal(alloc.live, 0);
}

static void what_a_thread_keeps_it_gets_again(void **state) {
  (void)state;
  memory_keep(MOST);
  for (size_t i = 0; i < SIZES; i++) {
    void *p = memory_new(sizes[i]);
    memory_free(p);
    assert_ptr_equal(memory_new(sizes[i]), p);
    memory_free(p);
  }
  use_all_sizes();
  alloc.calls = 0;
  for (int i = 0; i < 3; i++)
    use_all_sizes();
  assert_int_equal(alloc.calls, 0);
}

static void it_keeps_no_more_than_it_was_told(void **state) {
  (void)state;
  char *blocks[100];
  memory_keep(MOST);
  for (int i = 0; i < 100; i++)
    blocks[i] = memory_new(16 * 1024);
  for (int i = 0; i < 100; i++)
    memory_free(blocks[i]);
  assert_between(alloc.bytes, MOST / 2, MOST);
  memory_keep(0);
  assert_int_equal(alloc.bytes, 0);
}

static void a_block_too_large_is_not_kept(void **state) {
  (void)state;
  memory_keep(MOST);
  memory_free(memory_new(MOST / 2));
  assert_int_equal(alloc.live, 0);
}

/* alloc.h looks for the secret in what is freed. */
static void freed_memory_is_wiped(void **state) {
  size_t most = *(const size_t *)*state;
  memory_keep(most);
  char *p = memory_copy(SECRET);
  assert_string_equal(p, SECRET);
  p = memory_resized(p, 5000);
  assert_string_equal(p, SECRET);
  p = memory_resized(p, 50000);
  assert_string_equal(p, SECRET);
  assert_ptr_equal(memory_resized(p, 40000), p);
  memory_free(p);
  memory_free(NULL);
  assert_non_null(p = memory_new(50000));
  assert_null(memmem(p, 50000, SECRET, strlen(SECRET)));
  memory_free(p);
}

static void a_failure_leaves_the_block_as_it_was(void **state) {
  (void)state;
  memory_keep(MOST);
  char *p = memory_copy(SECRET);
  alloc.fail_at = alloc.calls + 1;
  assert_null(memory_resized(p, 5000));
  assert_string_equal(p, SECRET);
  for (int i = 0; i < 4; i++) {
    alloc.fail_at = alloc.calls + 1;
    assert_null(i == 0   ? memory_new(5000)
                : i == 1 ? memory_zeroed(1, 5000)
                : i == 2 ? memory_resized(NULL, 5000)
                         : memory_copy(SECRET SECRET SECRET));
  }
  memory_free(p);
}

int main(void) {
  static size_t none = 0, most = MOST;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_thread_keeps_nothing_at_first, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(what_a_thread_keeps_it_gets_again, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(it_keeps_no_more_than_it_was_told, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_block_too_large_is_not_kept, set_up,
                                      tear_down),
      cmocka_unit_test_prestate_setup_teardown(freed_memory_is_wiped, set_up,
                                               tear_down, &none),
      cmocka_unit_test_prestate_setup_teardown(freed_memory_is_wiped, set_up,
                                               tear_down, &most),
      cmocka_unit_test_setup_teardown(a_failure_leaves_the_block_as_it_was,
                                      set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
