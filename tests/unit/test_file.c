/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What depends on a file's reader; how files change is in
 * test_secret_changes. */

#include "write_file.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/test_file.XXXXXX";
static struct file f;
static struct err e;
static msec_t now = 1000000;

static int begin(void **state) {
  (void)state;
  strcpy(strrchr(path, '.'), ".XXXXXX");
  int fd = mkstemp(path);
  if (fd < 0 || write(fd, "0123456789", 10) != 10)
    return 1;
  close(fd);
  err_clear(&e);
  return !file_init(&f, path, NULL);
}

static int end(void **state) {
  (void)state;
  file_free(&f);
  unlink(path);
  return 0;
}

static enum file_state look(size_t max, const char *expected) {
  struct buf b;
  buf_init(&b, max);
  enum file_state state = file_look(&f, now, &b, ERR_LOCAL, &e);
  if (state == FILE_NEW)
    assert_string_equal(b.data, expected);
  buf_free(&b);
  return state;
}

static void assert_new(size_t max, const char *expected) {
  assert_int_equal(look(max, ""), FILE_CHANGING);
  now = file_next_look(&f, now);
  assert_int_equal(look(max, expected), FILE_NEW);
}

static void a_full_buffer_is_reported_as_too_long(void **state) {
  (void)state;
  assert_new(11, "0123456789");
  f.used = f.seen = false;
  assert_new(10, "0123456789");
  f.used = f.seen = false;
  assert_new(9, "012345678");
}

static void a_change_counts_after_a_second(void **state) {
  (void)state;
  assert_new(100, "0123456789");
  assert_int_equal(look(100, ""), FILE_SAME);
  write_file(path, "new");
  assert_int_equal(look(100, ""), FILE_CHANGING);
  now += FILE_REST - 1;
  assert_int_equal(look(100, ""), FILE_CHANGING);
  now += 1;
  assert_int_equal(look(100, "new"), FILE_NEW);
}

static void a_change_and_back_is_no_change(void **state) {
  (void)state;
  assert_new(100, "0123456789");
  write_file(path, "new");
  assert_int_equal(look(100, ""), FILE_CHANGING);
  write_file(path, "0123456789");
  assert_int_equal(look(100, ""), FILE_SAME);
}

static void it_is_waited_for_for_three_seconds(void **state) {
  (void)state;
  msec_t begun = now;
  for (int i = 0; now < begun + 3000; i++) {
    write_file(path, i % 2 == 0 ? "a" : "b");
    assert_int_equal(look(100, ""), FILE_CHANGING);
    assert_int_equal(file_next_look(&f, now), now + FILE_REST);
    now += FILE_REST;
  }
  write_file(path, "c");
  assert_int_equal(look(100, ""), FILE_CHANGING);
  assert_int_equal(file_next_look(&f, now), CLOCK_NEVER);
  now += FILE_REST;
  assert_int_equal(look(100, "c"), FILE_NEW);
}

static void a_removed_file_has_failed(void **state) {
  (void)state;
  assert_new(100, "0123456789");
  now += 3600 * 1000;
  assert_int_equal(look(100, ""), FILE_SAME);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(look(100, ""), FILE_FAILED);
}

static void it_has_a_longest(void **state) {
  (void)state;
  assert_int_equal(truncate(path, FILE_MAX), 0);
  assert_int_equal(look(100, ""), FILE_CHANGING);
  assert_int_equal(truncate(path, FILE_MAX + 1), 0);
  assert_int_equal(look(100, ""), FILE_FAILED);
  assert_string_equal(e.text, "is longer than 1048576 bytes");
}

/* It says that it is empty. */
static void a_file_without_an_end_is_too_long(void **state) {
  (void)state;
  struct file endless;
  struct buf b;
  buf_init(&b, FILE_MAX + 1);
  assert_true(file_init(&endless, "/proc/self/pagemap", NULL));
  assert_int_equal(file_look(&endless, 0, &b, ERR_TLS, &e), FILE_FAILED);
  file_free(&endless);
  buf_free(&b);
}

static void a_failure_is_of_the_kind_wanted(void **state) {
  (void)state;
  struct buf b;
  struct file none;
  buf_init(&b, 100);
  assert_true(file_init(&none, "/nowhere/file", NULL));
  assert_int_equal(file_look(&none, 0, &b, ERR_AUTH, &e), FILE_FAILED);
  assert_int_equal(e.kind, ERR_AUTH);
  assert_string_equal(e.text, "cannot be opened: No such file or directory");
  file_free(&none);
}

#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      FILE_TEST(a_full_buffer_is_reported_as_too_long),
      FILE_TEST(a_change_counts_after_a_second),
      FILE_TEST(a_change_and_back_is_no_change),
      FILE_TEST(it_is_waited_for_for_three_seconds),
      FILE_TEST(a_removed_file_has_failed),
      FILE_TEST(it_has_a_longest),
      FILE_TEST(a_file_without_an_end_is_too_long),
      FILE_TEST(a_failure_is_of_the_kind_wanted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
