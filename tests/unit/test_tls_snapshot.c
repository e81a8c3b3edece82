/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors */

#include "write_file.h"

#include "net/easy_options.h"
#include "net/tls_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tls_snapshots tls_snapshots;
static char path[] = "/tmp/test_tls_snapshot.XXXXXX";
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
  tls_snapshots_finish(&tls_snapshots);
  unlink(path);
  return 0;
}

static struct tls_snapshot *acquire(const char *ca, bool is_bundle) {
  const struct tls_snapshot_files files = {.paths = {ca},
                                           .is_bundle = is_bundle};
  struct tls_snapshot *tls_snapshot = NULL;
  while (
      !tls_snapshot_acquire(&tls_snapshots, &files, now, &tls_snapshot, &err)) {
    assert_int_equal(tls_snapshots_next(&tls_snapshots), now + FILE_REST);
    now += FILE_REST;
  }
  assert_int_equal(tls_snapshots_next(&tls_snapshots), CLOCK_NEVER);
  return tls_snapshot;
}

static void one_entry_for_each_file(void **state) {
  (void)state;
  struct tls_snapshot *file = acquire(path, false);
  struct tls_snapshot *defaults = acquire(NULL, true);
  assert_non_null(file);
  assert_non_null(defaults);
  assert_ptr_not_equal(file, defaults);
  assert_ptr_equal(acquire(path, false), file);
  assert_ptr_equal(acquire(NULL, true), defaults);
  for (int i = 0; i < 2; i++) {
    tls_snapshot_release(file);
    tls_snapshot_release(defaults);
  }
  assert_int_equal(tls_snapshot_cache_time(file, 9), 300);
}

static void a_changed_file_gets_another_entry(void **state) {
  (void)state;
  struct tls_snapshot *before = acquire(path, false);
  write_file(path, "other");
  if (easy_options_accept_blobs()) { /* the old bytes serve until it rests */
    tls_snapshot_release(acquire(path, false));
    now += FILE_REST;
  }
  struct tls_snapshot *after = acquire(path, false);
  assert_ptr_not_equal(before, after);
  assert_ptr_not_equal(before->share, after->share);
  assert_int_equal(tls_snapshot_cache_time(before, now), 300);
  assert_int_equal(tls_snapshot_cache_time(after, now), 0);
  tls_snapshot_release(before);
  tls_snapshot_release(after);
}

/* The system's own may be long, and is never waited for. */
static void the_bundle_is_used_as_it_is(void **state) {
  (void)state;
  msec_t before = now;
  assert_int_equal(truncate(path, FILE_MAX + 1), 0);
  struct tls_snapshot *bundle = acquire(path, true);
  assert_non_null(bundle);
  tls_snapshot_release(bundle);
  unlink(path);
  bundle = acquire(path, true);
  assert_non_null(bundle);
  tls_snapshot_release(bundle);
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
  const struct tls_snapshot_files files = {.paths = {path}};
  struct tls_snapshot *tls_snapshot = NULL;
  bool last = false;
  for (int i = 0; i < 10; i++) {
    write_file(path, i % 2 == 0 ? "a" : "b");
    last =
        tls_snapshot_acquire(&tls_snapshots, &files, now, &tls_snapshot, &err);
    now += FILE_REST;
  }
  assert_true(last);
  assert_null(tls_snapshot);
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
    assert_int_equal(tls_snapshot_cache_time(
                         &(struct tls_snapshot){.since = 5000}, rows[i].now),
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
