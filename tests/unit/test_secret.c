/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What is a secret and what is not, given literally or in a file; and what is
 * left of it. No error may hold it, and no block of memory may be freed with
 * it. */

#include "secret_file.h"

/* Given literally */

static void a_literal_is_copied(void **state) {
  (void)state;
  char value[] = OLD;
  assert_true(init_value(value));
  memset(value, 'x', strlen(value));
  assert_true(refresh());
  assert_false(changed);
  assert_value(OLD);
}

static void a_bad_literal_is_rejected(void **state) {
  (void)state;
  static const char *const bad[] = {"",         OLD "\n",   "\t" OLD,
                                    OLD "\x7F", "\x1B" OLD, "\r"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    err_clear(&e);
    assert_false(init_value(bad[i]));
    assert_int_equal(e.kind, ERR_AUTH);
    assert_null(strstr(e.text, OLD));
    secret_free(&s);
  }
}

static void a_literal_has_a_longest(void **state) {
  (void)state;
  char *value = malloc(SECRET_MAX + 2);
  memset(value, 'x', SECRET_MAX + 1);
  value[SECRET_MAX + 1] = '\0';
  assert_false(init_value(value));
  assert_int_equal(e.kind, ERR_AUTH);
  value[SECRET_MAX] = '\0';
  assert_true(init_value(value));
  assert_int_equal(s.value.len, SECRET_MAX);
  free(value);
}

/* What is in a file */

static void one_line_break_is_cut_off(void **state) {
  (void)state;
  static const char *const same[] = {OLD, OLD "\n", OLD "\r\n"};
  for (size_t i = 0; i < COUNT(same); i++) {
    write_file("secret", same[i]);
    assert_true(refresh());
    assert_int_equal(changed, i == 0);
    assert_value(OLD);
  }
}

static void blanks_belong_to_it(void **state) {
  (void)state;
  write_file("secret", " two words \n");
  assert_new_value(" two words ");
}

static void a_bad_file_is_rejected(void **state) {
  (void)state;
  static const struct {
    const char *text, *why;
  } bad[] = {
      {"", "empty"},
      {"\n", "empty"},
      {"\r\n", "empty"},
      {OLD "\n\n", "line break"},
      {"\n" OLD, "line break"},
      {"a\nb", "line break"},
      {"a\tb", "control character"},
      {"a\x7F", "control character"},
  };
  for (size_t i = 0; i < COUNT(bad); i++) {
    write_file("secret", bad[i].text);
    assert_rejected(bad[i].why);
    assert_null(strstr(e.text, OLD));
  }
  write_bytes("secret", "a\0b", 3);
  assert_rejected("control character");
}

static void a_file_has_a_longest(void **state) {
  (void)state;
  char *bytes = malloc(SECRET_MAX + 2);
  memset(bytes, 'x', SECRET_MAX + 1);
  write_bytes("secret", bytes, SECRET_MAX);
  assert_true(refresh());
  assert_int_equal(s.value.len, SECRET_MAX);
  bytes[SECRET_MAX] = '\n';
  write_bytes("secret", bytes, SECRET_MAX + 1);
  assert_true(refresh());
  assert_int_equal(s.value.len, SECRET_MAX);
  bytes[SECRET_MAX] = 'x';
  write_bytes("secret", bytes, SECRET_MAX + 1);
  assert_rejected("longer than");
  free(bytes);
}

/* What is left behind */

static void no_secret_is_left_in_memory(void **state) {
  (void)state;
  alloc_reset();
  alloc.secret = OLD;
  assert_new_value(OLD);
  write_file("secret", NEW);
  assert_new_value(NEW);
  alloc.secret = NEW;
  write_file("secret", NEW "\n" OLD);
  refresh();
  secret_free(&s);
  assert_false(init_value(NEW "\n"));
  assert_true(init_value(NEW));
  secret_free(&s);
  assert_int_equal(alloc.spilled, 0);
}

static bool read_once(void) {
  static char path[] = "secret";
  struct secret own;
  bool ok = secret_init(&own, &(struct secret_config){.path = path}, NULL) &&
            secret_refresh(&own, 0, NULL) == FILE_CHANGING &&
            secret_refresh(&own, FILE_REST, NULL) == FILE_NEW;
  secret_free(&own);
  return ok;
}

static bool take_literally(void) {
  static char value[] = OLD;
  struct secret own;
  bool ok = secret_init(&own, &(struct secret_config){.value = value}, NULL);
  secret_free(&own);
  return ok;
}

static void no_failure_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(read_once);
  alloc_fail_each(take_literally);
}

/* Memory that is short once must not cost the new value for good. */
static void it_is_read_again_after_a_failure(void **state) {
  (void)state;
  alloc_reset();
  alloc.fail_at = 1;
  assert_false(refresh());
  assert_int_equal(e.kind, ERR_LOCAL);
  assert_new_value(OLD);
  write_file("secret", NEW "\n");
  alloc_reset();
  alloc.fail_at = 1;
  refresh();
  assert_new_value(NEW);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ANY_TEST(a_literal_is_copied),
      ANY_TEST(a_bad_literal_is_rejected),
      ANY_TEST(a_literal_has_a_longest),
      FILE_TEST(one_line_break_is_cut_off),
      FILE_TEST(blanks_belong_to_it),
      FILE_TEST(a_bad_file_is_rejected),
      FILE_TEST(a_file_has_a_longest),
      FILE_TEST(no_secret_is_left_in_memory),
      FILE_TEST(no_failure_is_overlooked),
      FILE_TEST(it_is_read_again_after_a_failure),
  };
  return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
