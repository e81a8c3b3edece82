/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors */

#include "unit.h"

#include "net/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct trusts trusts;
static char path[] = "/tmp/test_trust.XXXXXX";
static struct err err;
static msec_t now = 1000;

static int begin(void **state) {
  (void)state;
  strcpy(strrchr(path, '.'), ".XXXXXX");
  err_clear(&err);
  close(mkstemp(path));
  return 0;
}

static int end(void **state) {
  (void)state;
  trusts_finish(&trusts);
  unlink(path);
  return 0;
}

static void write_file(const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

static struct trust *acquire(const char *ca, bool is_bundle) {
  const struct trust_files files = {.paths = {ca}, .is_bundle = is_bundle};
  struct trust *trust = NULL;
  while (trust_acquire(&trusts, &files, now, &trust, &err) == TRUST_WAITS) {
    assert_int_equal(trusts_next(&trusts), now + FILE_REST);
    now += FILE_REST;
  }
  assert_int_equal(trusts_next(&trusts), CLOCK_NEVER);
  return trust;
}

static void one_entry_for_each_file(void **state) {
  (void)state;
  struct trust *file = acquire(path, false);
  struct trust *defaults = acquire(NULL, true);
  assert_non_null(file);
  assert_non_null(defaults);
  assert_ptr_not_equal(file, defaults);
  assert_ptr_equal(acquire(path, false), file);
  assert_ptr_equal(acquire(NULL, true), defaults);
  for (int i = 0; i < 2; i++) {
    trust_release(file);
    trust_release(defaults);
  }
  assert_int_equal(trust_cache_time(file, 9), 300);
}

static void a_changed_file_gets_another_entry(void **state) {
  (void)state;
  struct trust *before = acquire(path, false);
  write_file("other");
  struct trust *after = acquire(path, false);
  assert_ptr_not_equal(before, after);
  assert_ptr_not_equal(before->share, after->share);
  assert_int_equal(trust_cache_time(before, now), 300);
  assert_int_equal(trust_cache_time(after, now), 0);
  trust_release(before);
  trust_release(after);
}

/* The system's own may be long, and is never waited for. */
static void the_bundle_is_used_as_it_is(void **state) {
  (void)state;
  msec_t before = now;
  assert_int_equal(truncate(path, FILE_MAX + 1), 0);
  struct trust *bundle = acquire(path, true);
  assert_non_null(bundle);
  trust_release(bundle);
  unlink(path);
  bundle = acquire(path, true);
  assert_non_null(bundle);
  trust_release(bundle);
  assert_int_equal(now, before);
}

static void other_files_cannot_be_used(void **state) {
  static const char *const paths[] = {"/dev/zero", "/tmp", "/nowhere/ca"};
  (void)state;
  for (size_t i = 0; i < COUNT(paths); i++) {
    err_clear(&err);
    assert_null(acquire(paths[i], false));
    assert_non_null(strstr(err.text, "the file of CACert /"));
  }
  unlink(path);
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_null(acquire(path, false));
}

static void a_file_that_never_rests_is_an_error(void **state) {
  (void)state;
  const struct trust_files files = {.paths = {path}};
  struct trust *trust = NULL;
  enum trust_state last = TRUST_WAITS;
  for (int i = 0; i < 10; i++) {
    write_file(i % 2 == 0 ? "a" : "b");
    last = trust_acquire(&trusts, &files, now, &trust, &err);
    now += FILE_REST;
  }
  assert_int_equal(last, TRUST_FAILED);
  assert_non_null(strstr(err.text, "is being written"));
}

/* A reading that ended a second after the change may have begun before it. */
static void nothing_is_kept_from_before_a_change(void **state) {
  static const struct {
    msec_t now;
    long seconds;
  } rows[] = {{5000, 0}, {6999, 0}, {7000, 1}, {105000, 99}, {1000000, 300}};
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++)
    assert_int_equal(
        trust_cache_time(&(struct trust){.since = 5000}, rows[i].now),
        rows[i].seconds);
}

#define TRUST_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TRUST_TEST(one_entry_for_each_file),
      TRUST_TEST(a_changed_file_gets_another_entry),
      TRUST_TEST(the_bundle_is_used_as_it_is),
      TRUST_TEST(other_files_cannot_be_used),
      TRUST_TEST(a_file_that_never_rests_is_an_error),
      cmocka_unit_test(nothing_is_kept_from_before_a_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
