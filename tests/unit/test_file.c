/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What depends on a file's reader; how files change is in
 * test_secret_changes. */

#include "frozen_clock.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/test_file.XXXXXX";
static struct file f;
static struct err e;

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

static void assert_read(size_t max, const char *expected) {
  struct buf b;
  buf_init(&b, max);
  assert_true(file_read(&f, &b, ERR_LOCAL, &e));
  assert_string_equal(b.data, expected);
  buf_free(&b);
}

static void a_full_buffer_is_reported_as_too_long(void **state) {
  (void)state;
  assert_read(11, "0123456789");
  assert_read(10, "0123456789");
  assert_read(9, "012345678");
}

static void it_is_appended(void **state) {
  (void)state;
  struct buf b;
  buf_init(&b, 100);
  assert_true(buf_adds(&b, "a", NULL) && file_read(&f, &b, ERR_LOCAL, &e));
  assert_string_equal(b.data, "a0123456789");
  buf_free(&b);
}

static void an_unread_file_has_changed(void **state) {
  (void)state;
  assert_true(file_has_changed(&f));
}

static void a_removed_file_has_changed(void **state) {
  (void)state;
  assert_read(100, "0123456789");
  f.settled = true;
  assert_false(file_has_changed(&f));
  assert_int_equal(unlink(path), 0);
  assert_true(file_has_changed(&f));
}

/* Seconds from now, and whether that is fresh. */
static const struct {
  int age;
  bool fresh;
} ages[] = {{0, true}, {2, false}, {86400, false}, {-86400, false}};

static void it_is_fresh_for_a_second(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(ages); i++) {
    set_age(path, ages[i].age);
    assert_read(100, "0123456789");
    assert_int_equal(file_is_fresh(&f), ages[i].fresh);
  }
}

static void a_failure_is_of_the_kind_wanted(void **state) {
  (void)state;
  struct buf b;
  struct file none;
  buf_init(&b, 100);
  assert_true(file_init(&none, "/nowhere/file", NULL));
  assert_false(file_read(&none, &b, ERR_AUTH, &e));
  assert_int_equal(e.kind, ERR_AUTH);
  assert_string_equal(e.text, "cannot be opened: No such file or directory");
  file_free(&none);
}

#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      FILE_TEST(a_full_buffer_is_reported_as_too_long),
      FILE_TEST(it_is_appended),
      FILE_TEST(an_unread_file_has_changed),
      FILE_TEST(a_removed_file_has_changed),
      FILE_TEST(it_is_fresh_for_a_second),
      FILE_TEST(a_failure_is_of_the_kind_wanted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
