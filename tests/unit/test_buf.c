/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The buffer keeps to its bound and leaves nothing of what it held. */

#include "alloc.h"

#include "base/buf.h"

#define SECRET "correct horse battery staple"

static void it_grows_and_is_terminated(void **state) {
  (void)state;
  struct buf b;
  struct err e = ERR_INIT;
  buf_init(&b, 1000);
  assert_string_equal(b.data, "");
  for (size_t i = 0; i < 1000; i++) {
    assert_true(buf_add(&b, &"0123456789"[i % 10], 1, &e));
    assert_int_equal(b.len, i + 1);
    assert_int_equal(strlen(b.data), i + 1);
  }
  assert_memory_equal(b.data + 990, "0123456789", 11);
  buf_free(&b);
}

static void all_ways_append(void **state) {
  (void)state;
  struct buf b;
  buf_init(&b, 100);
  assert_true(buf_add(&b, "a\0b", 3, NULL));
  assert_true(buf_adds(&b, "cd", NULL));
  assert_true(buf_addf(&b, NULL, "%d-%s", 7, "e"));
  assert_true(buf_add(&b, "", 0, NULL));
  assert_true(buf_adds(&b, "", NULL));
  assert_int_equal(b.len, 8);
  assert_memory_equal(b.data, "a\0bcd7-e", 9);
  buf_free(&b);
}

static void it_keeps_to_its_bound(void **state) {
  (void)state;
  struct buf b;
  struct err e = ERR_INIT;
  buf_init(&b, 5);
  assert_true(buf_adds(&b, "12345", &e));
  assert_true(buf_add(&b, "", 0, &e));
  assert_false(buf_adds(&b, "6", &e));
  assert_int_equal(e.kind, ERR_RESPONSE);
  assert_string_equal(e.text, "more than 5 bytes");
  err_clear(&e);
  assert_false(buf_addf(&b, &e, "%s", "6"));
  assert_int_equal(e.kind, ERR_RESPONSE);
  err_clear(&e);
  assert_false(buf_add(&b, "x", SIZE_MAX, &e));
  assert_string_equal(b.data, "12345");
  buf_reset(&b);
  assert_true(buf_adds(&b, "abc", NULL));
  assert_string_equal(b.data, "abc");
  buf_free(&b);
}

static void nothing_fits_in_none(void **state) {
  (void)state;
  struct buf b;
  buf_init(&b, 0);
  assert_true(buf_adds(&b, "", NULL));
  assert_false(buf_adds(&b, "x", NULL));
  buf_free(&b);
}

static void it_can_be_used_again(void **state) {
  (void)state;
  struct buf b;
  buf_init(&b, 100);
  buf_reset(&b);
  buf_free(&b);
  assert_true(buf_adds(&b, "x", NULL));
  buf_free(&b);
  assert_string_equal(b.data, "");
  assert_int_equal(b.len, 0);
  assert_int_equal(b.max, 100);
  assert_true(buf_adds(&b, "y", NULL));
  buf_free(&b);
  buf_free(&b);
}

static void a_reset_wipes(void **state) {
  (void)state;
  struct buf b;
  buf_init(&b, 1000);
  assert_true(buf_adds(&b, SECRET, NULL));
  size_t size = b.size;
  char *data = b.data;
  buf_reset(&b);
  assert_ptr_equal(b.data, data);
  assert_int_equal(b.len, 0);
  for (size_t i = 0; i < size; i++)
    assert_int_equal(data[i], 0);
  buf_free(&b);
}

/* At the end, and in each block that it grew out of. */
static void no_block_is_freed_with_a_secret(void **state) {
  (void)state;
  struct buf b;
  alloc_reset();
  alloc.secret = SECRET;
  buf_init(&b, 100000);
  for (int i = 0; i < 1000; i++)
    assert_true(buf_adds(&b, SECRET " ", NULL));
  assert_between(alloc.calls, 3, 100);
  buf_free(&b);
  assert_int_equal(alloc.spilled, 0);
  assert_int_equal(alloc.live, 0);
}

/* The test above can fail: this is what it would see. */
static void a_spill_is_seen(void **state) {
  (void)state;
  struct buf b;
  alloc_reset();
  alloc.secret = SECRET;
  buf_init(&b, 100);
  assert_true(buf_adds(&b, "my " SECRET, NULL));
  free(b.data);
  assert_int_equal(alloc.spilled, 1);
  alloc_reset();
}

static void a_failure_leaves_it_as_it_was(void **state) {
  (void)state;
  char more[200];
  struct buf b;
  struct err e = ERR_INIT;
  memset(more, 'x', sizeof(more));
  buf_init(&b, 1000);
  assert_true(buf_adds(&b, "abc", NULL));
  alloc_reset();
  alloc.fail_at = 1;
  assert_false(buf_add(&b, more, sizeof(more), &e));
  assert_int_equal(e.kind, ERR_LOCAL);
  assert_string_equal(e.text, "out of memory");
  assert_string_equal(b.data, "abc");
  assert_true(buf_add(&b, more, sizeof(more), NULL));
  assert_int_equal(b.len, 203);
  buf_free(&b);
}

static bool fill(void) {
  struct buf b;
  bool ok = true;
  buf_init(&b, 10000);
  for (int i = 0; ok && i < 100; i++)
    ok = buf_addf(&b, NULL, "%0*d", 100, i);
  buf_free(&b);
  return ok;
}

static void no_failure_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(fill);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_grows_and_is_terminated),
      cmocka_unit_test(all_ways_append),
      cmocka_unit_test(it_keeps_to_its_bound),
      cmocka_unit_test(nothing_fits_in_none),
      cmocka_unit_test(it_can_be_used_again),
      cmocka_unit_test(a_reset_wipes),
      cmocka_unit_test(no_block_is_freed_with_a_secret),
      cmocka_unit_test(a_spill_is_seen),
      cmocka_unit_test(a_failure_leaves_it_as_it_was),
      cmocka_unit_test(no_failure_is_overlooked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
