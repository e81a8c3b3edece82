/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * When the file of jobs is read, which lines count, and what is reported. */

#include "alloc.h"
#include "write_file.h"

#include "poll/jobs_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char folder[] = "/tmp/test_jobsfile.XXXXXX";
static struct name_registry hosts;
static struct jobs jobs;
static struct jobs_file f;
static msec_t now = 1000000;

static int enter(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave(void **state) {
  (void)state;
  return chdir("/") != 0 || rmdir(folder) != 0;
}

static int begin(void **state) {
  (void)state;
  jobs = (struct jobs){.host = name_registry_get(&hosts, NULL)};
  return !jobs_file_init(&f, "jobs", NULL);
}

static int end(void **state) {
  (void)state;
  jobs_free(&jobs);
  jobs_file_finish(&f);
  name_registry_free(&hosts);
  unlink("jobs");
  return 0;
}

static void assert_jobs(const char *expected) {
  char seen[256] = "";
  for (size_t i = 0; i < jobs.len; i++)
    snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s%s",
             i > 0 ? " " : "", jobs.all[i]->id);
  assert_string_equal(seen, expected);
}

/* As a cycle does it, which waits for a file that was changed. */
static void refresh(const char *expected) {
  msec_t again = jobs_file_refresh(&f, &jobs, now);
  if (again != CLOCK_NEVER) {
    now = again;
    assert_int_equal(jobs_file_refresh(&f, &jobs, now), CLOCK_NEVER);
  }
  assert_jobs(expected);
}

static void assert_changed(const char *expected) {
  const struct err *change = jobs_file_change(&f);
  assert_non_null(change);
  if (strstr(change->text, expected) == NULL)
    fail_msg("\"%s\" does not have \"%s\"", change->text, expected);
  assert_int_equal(err_is_set(change), *expected != '\0');
  assert_null(jobs_file_change(&f));
}

static void without_a_file_all_is_known(void **state) {
  (void)state;
  struct jobs_file none;
  assert_true(jobs_file_init(&none, NULL, NULL));
  assert_true(jobs_file_is_known(&none));
  assert_int_equal(jobs_file_refresh(&none, &jobs, now), CLOCK_NEVER);
  assert_null(jobs_file_change(&none));
  jobs_file_finish(&none);
}

static void a_change_has_to_rest(void **state) {
  (void)state;
  write_file("jobs", "a\nb\n");
  assert_int_equal(jobs_file_refresh(&f, &jobs, now), now + FILE_REST);
  assert_false(jobs_file_is_known(&f));
  refresh("a b");
  assert_true(jobs_file_is_known(&f));
  write_file("jobs", "a\n");
  assert_int_equal(jobs_file_refresh(&f, &jobs, now), now + FILE_REST);
  assert_jobs("a b");
  write_file("jobs", "a\nc\n");
  refresh("a c");
  assert_null(jobs_file_change(&f));
}

static void a_file_that_does_not_rest_is_reported(void **state) {
  (void)state;
  write_file("jobs", "a\n");
  refresh("a");
  char text[8] = "a\nb0\n";
  for (msec_t again = 0; again != CLOCK_NEVER; now = again) {
    text[3]++;
    write_file("jobs", text);
    again = jobs_file_refresh(&f, &jobs, now);
    if (again == CLOCK_NEVER)
      break;
    assert_null(jobs_file_change(&f));
  }
  assert_changed("the file of jobs jobs: is being written");
  assert_jobs("a");
  write_file("jobs", "a\n"); /* as it was */
  for (int i = 0; i < 3; i++, now += 1000)
    jobs_file_refresh(&f, &jobs, now);
  assert_changed("");
  assert_jobs("a");
}

static void an_empty_file_is_known(void **state) {
  (void)state;
  write_file("jobs", "");
  refresh("");
  assert_true(jobs_file_is_known(&f));
}

static void a_file_that_is_gone_keeps_its_jobs(void **state) {
  (void)state;
  write_file("jobs", "a\n");
  refresh("a");
  unlink("jobs");
  refresh("a");
  assert_changed("the file of jobs jobs: cannot be opened: No such file");
  refresh("a");
  assert_null(jobs_file_change(&f));
  write_file("jobs", "b\n");
  refresh("b");
  assert_changed("");
}

static void each_other_bad_line_is_reported(void **state) {
  (void)state;
  write_file("jobs", "a\n/\n");
  refresh("a");
  assert_changed("line 2");
  refresh("a");
  assert_null(jobs_file_change(&f));
  write_file("jobs", "/\na\n");
  refresh("a");
  assert_changed("line 1");
  write_file("jobs", "a\n");
  refresh("a");
  assert_changed("");
}

static void it_has_a_longest(void **state) {
  (void)state;
  write_file("jobs", "a\n");
  assert_int_equal(truncate("jobs", FILE_MAX + 1), 0);
  refresh("");
  assert_changed("is longer than 1048576 bytes");
  assert_false(jobs_file_is_known(&f));
}

static void an_old_file_is_not_read_again(void **state) {
  (void)state;
  write_file("jobs", "a\n");
  refresh("a");
  now += 3600 * 1000;
  alloc_reset();
  refresh("a");
  assert_int_equal(alloc.calls, 0);
}

static bool refresh_once(void) {
  struct name_registry own = {0};
  struct jobs table = {.host = name_registry_get(&own, NULL)};
  struct jobs_file file = {0};
  bool ok = table.host != NULL && jobs_file_init(&file, "jobs", NULL);
  if (ok) {
    jobs_file_refresh(&file, &table, 0);
    jobs_file_refresh(&file, &table, FILE_REST);
    ok = !err_is_set(&file.err) && table.len == 2;
  }
  jobs_file_finish(&file);
  jobs_free(&table);
  name_registry_free(&own);
  return ok;
}

static void it_survives_failed_allocations(void **state) {
  (void)state;
  write_file("jobs", "a one\nb\n");
  alloc_fail_each(refresh_once);
}

#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      FILE_TEST(without_a_file_all_is_known),
      FILE_TEST(a_change_has_to_rest),
      FILE_TEST(a_file_that_does_not_rest_is_reported),
      FILE_TEST(an_empty_file_is_known),
      FILE_TEST(a_file_that_is_gone_keeps_its_jobs),
      FILE_TEST(each_other_bad_line_is_reported),
      FILE_TEST(it_has_a_longest),
      FILE_TEST(an_old_file_is_not_read_again),
      FILE_TEST(it_survives_failed_allocations),
  };
  return cmocka_run_group_tests(tests, enter, leave);
}
