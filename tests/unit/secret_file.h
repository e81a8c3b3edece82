/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A secret in a file `secret`, in a directory of its own, and what is asked of
 * it after each change of the file. */

#ifndef DRS_TESTS_SECRET_FILE_H
#define DRS_TESTS_SECRET_FILE_H

#include "alloc.h"
#include "write_file.h"

#include "base/secret.h"

#include <stdio.h>

#define OLD "old-secret-5f2c91"
#define NEW "new-secret-a07b33" /* as long as the old one */

static struct secret s;
static struct err e;
static bool changed;
static msec_t now = 1000000; /* moves only where a file is waited for */

/* The directory, the files and the secret under test */

static char directory[] = "/tmp/test_secret.XXXXXX";

static inline int enter_directory(void **state) {
  (void)state;
  return mkdtemp(directory) == NULL || chdir(directory) != 0;
}

static inline int leave_directory(void **state) {
  (void)state;
  return chdir("/") != 0 || rmdir(directory) != 0;
}

static inline bool init_file(const char *path) {
  return secret_init(&s, &(struct secret_config){.path = literal(path)}, &e);
}

static inline bool init_value(const char *value) {
  return secret_init(&s, &(struct secret_config){.value = literal(value)}, &e);
}

static inline enum file_state look(void) {
  err_clear(&e);
  enum file_state state = secret_refresh(&s, now, &e);
  changed = state == FILE_NEW;
  return state;
}

/* As a cycle does it, which waits for a file that was changed. */
static inline bool refresh(void) {
  enum file_state state;
  while ((state = look()) == FILE_CHANGING) {
    now = file_next_look(&s.file, now);
    assert_int_not_equal(now, CLOCK_NEVER);
  }
  return state != FILE_FAILED;
}

static inline void assert_value(const char *value) {
  assert_string_equal(s.value.data, value);
  assert_int_equal(s.value.len, strlen(value));
}

static inline void assert_new_value(const char *value) {
  if (!refresh())
    fail_msg("not taken: %s", e.text);
  assert_true(changed);
  assert_value(value);
  assert_true(refresh());
  assert_false(changed);
}

static inline void assert_rejected(const char *why) {
  assert_false(refresh());
  assert_false(changed);
  assert_int_equal(e.kind, ERR_AUTH);
  if (strstr(e.text, why) == NULL)
    fail_msg("\"%s\" does not have \"%s\"", e.text, why);
}

static inline int begin(void **state) {
  (void)state;
  alarm(60); /* nothing here waits, but a FIFO may make it */
  err_clear(&e);
  return 0;
}

static inline int end(void **state) {
  (void)state;
  secret_free(&s);
  unlink("link");
  rmdir("secret");
  unlink("secret");
  return 0;
}

/* From `secret`, which holds the old value. */
static inline int begin_with_file(void **state) {
  write_file("secret", OLD "\n");
  if (!init_file("secret"))
    return 1;
  return begin(state);
}

#define ANY_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
#define FILE_TEST(test)                                                        \
  cmocka_unit_test_setup_teardown(test, begin_with_file, end)

#endif
