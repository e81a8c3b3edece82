/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Jobs come and go with their sources, and are remembered meanwhile; no two on
 * a host have one name. */

#include "alloc.h"
#include "jobs_fixture.h"

#include <stdio.h>

#define SYNC (2 * JOBS_LISTED)

static struct name_registry hosts;
static struct jobs jobs, others; /* of two projects on one host */
static msec_t now;
static char warnings[4096];
static struct err e;

static void on_warning(void *arg, unsigned source, const struct err *warning) {
  (void)arg;
  size_t len = strlen(warnings);
  snprintf(warnings + len, sizeof(warnings) - len, "%u: %s\n", source,
           warning->text);
}

static int begin(void **state) {
  (void)state;
  err_clear(&e);
  now = 1;
  *warnings = '\0';
  jobs = others = (struct jobs){.host = name_registry_get(&hosts, NULL),
                                .warn = on_warning};
  others.number = 1;
  return 0;
}

static int end(void **state) {
  (void)state;
  jobs_free(&jobs);
  jobs_free(&others);
  name_registry_free(&hosts);
  return 0;
}

static bool replace_in(struct jobs *to, unsigned source, const char *text) {
  err_clear(&e);
  return replace_jobs(to, source, text, now, &e);
}

static bool replace(unsigned source, const char *text) {
  return replace_in(&jobs, source, text);
}

/* The table as "id=name id=name"; without '=' the name is the id. */
static void assert_table(const struct jobs *table, const char *expected) {
  char seen[1024] = "";
  for (size_t i = 0; i < table->len; i++) {
    const struct job *job = table->all[i];
    size_t len = strlen(seen);
    bool named = strcmp(job->name, job->id) != 0;
    snprintf(seen + len, sizeof(seen) - len, "%s%s%s%s", i > 0 ? " " : "",
             job->id, named ? "=" : "", named ? job->name : "");
    assert_ptr_equal(jobs_find(table, job->id, NULL), job);
    assert_int_equal(job->marks, 0);
  }
  assert_string_equal(seen, expected);
}

static void assert_jobs(const char *expected) { assert_table(&jobs, expected); }

static struct job *find(const char *id) {
  struct job *job = jobs_find(&jobs, id, NULL);
  assert_non_null(job);
  return job;
}

/* Sources */

static void a_source_is_replaced(void **state) {
  (void)state;
  assert_true(replace(JOBS_FILE, "a\nb\nc\n"));
  assert_jobs("a b c");
  assert_true(replace(JOBS_FILE, "d\nc\na\n"));
  assert_jobs("a c d");
  assert_null(jobs_find(&jobs, "b", NULL));
  assert_true(replace(JOBS_FILE, ""));
  assert_jobs("");
  assert_true(replace(JOBS_FILE, "b\n"));
  assert_jobs("b");
}

static void kept_jobs_are_remembered(void **state) {
  (void)state;
  char was[JOBS_STATUS_MAX];
  replace(JOBS_FILE, "a\nb\nc\n");
  struct job *c = find("c");
  assert_true(jobs_set_status(c, "PAUSING", was));
  c->has_error = c->missing = true;
  c->polls[JOB_PROGRESS] = (struct job_poll){.answered = 5, .rejected = 6};
  assert_true(replace(JOBS_FILE, "c\nd\n"));
  assert_ptr_equal(find("c"), c);
  assert_true(replace(JOBS_FILE, "d\nc another-name\n"));
  assert_ptr_equal(find("c"), c);
  assert_string_equal(c->status, "PAUSING");
  assert_true(c->has_error && c->missing);
  assert_int_equal(c->polls[JOB_PROGRESS].answered, 5);
  assert_int_equal(c->polls[JOB_PROGRESS].rejected, 6);
}

static void a_returning_job_is_new(void **state) {
  (void)state;
  replace(JOBS_FILE, "a\n");
  find("a")->polls[JOB_PROGRESS].rejected = 1;
  replace(JOBS_FILE, "");
  replace(JOBS_FILE, "a\n");
  assert_int_equal(find("a")->polls[JOB_PROGRESS].rejected, 0);
}

static void it_leaves_with_its_last_source(void **state) {
  (void)state;
  replace(JOBS_CONFIGURED, "a\n");
  replace(JOBS_FILE, "a\nb\nc\n");
  replace(JOBS_LISTED, "c\nd\n");
  replace(SYNC, "e\n");
  assert_jobs("a b c d e");
  replace(JOBS_FILE, "");
  assert_jobs("a c d e");
  replace(SYNC, "");
  assert_jobs("a c d");
  replace(JOBS_LISTED, "");
  assert_jobs("a");
}

/* Names */

static void the_first_source_names_it(void **state) {
  (void)state;
  replace(JOBS_CONFIGURED, "a chosen\n");
  replace(JOBS_LISTED, "a seen\nb seen-b\n");
  assert_jobs("a=chosen b=seen-b");
  replace(JOBS_FILE, "a written\nb written-b\n");
  assert_jobs("a=chosen b=written-b");
  replace(JOBS_LISTED, "a seen\nb seen-b\n");
  assert_jobs("a=chosen b=written-b");
  replace(JOBS_FILE, "");
  replace(JOBS_LISTED, "a seen\nb seen-b\n");
  assert_jobs("a=chosen b=seen-b");
}

static void a_name_changes_with_its_source(void **state) {
  (void)state;
  replace(JOBS_FILE, "a one\nb\n");
  assert_true(replace(JOBS_FILE, "a\nb two\n"));
  assert_jobs("a b=two");
  assert_string_equal(warnings, "");
}

static void a_name_is_made_safe_and_cut(void **state) {
  (void)state;
  char text[300] = "b ";
  memset(text + 2, 'x', 200);
  replace(JOBS_FILE, "a orders db;\xC3\xA9/1\n");
  assert_jobs("a=orders_db___1");
  assert_true(replace(JOBS_FILE, text));
  assert_int_equal(strlen(find("b")->name), 127);
  text[0] = 'c';
  assert_true(replace(JOBS_FILE, text)); /* NAME is cut for the id */
  assert_int_equal(strlen(find("c")->name), 127);
  assert_string_equal(find("c")->name + 124, "x-c");
}

static void a_name_that_nobody_can_read_is_the_id(void **state) {
  (void)state;
  replace(JOBS_LISTED,
          "a \xE8\xAE\xA2\xE5\x8D\x95\nb \xE8\xB4\xA6\xE5\x8D\x95\n"
          "c ..\nd .\ne -_.\nf 0\n");
  assert_jobs("a b c d e f=0");
  assert_non_null(strstr(warnings, "4: job a is polled by its id: its name "
                                   "has no ASCII letter or digit\n"));
  *warnings = '\0';
  replace(JOBS_LISTED, "a \xE8\xAE\xA2\xE5\x8D\x95\nf 0\n");
  assert_string_equal(warnings, "");
}

/* Of two given ones the first has it, now and later. */
static void the_second_given_one_has_its_id(void **state) {
  (void)state;
  assert_true(replace(JOBS_FILE, "123456789 one\nb o;e\nabcdefghi o_e\nd\n"));
  assert_jobs("123456789=one b=o_e abcdefghi=o_e-abcdefgh d");
  assert_string_equal(
      warnings, "2: job abcdefghi is polled as \"o_e-abcdefgh\": the name "
                "\"o_e\" is that of job b\n");
}

static void ids_may_begin_alike(void **state) {
  (void)state;
  replace(JOBS_FILE, "a n\n12345678-1 n\n12345678-2 n\n");
  assert_jobs("a=n 12345678-1=n-12345678 12345678-2=n-12345678-2");
}

/* One project, or two that poll the same jobs. */
static void one_id_may_be_in_two_projects(void **state) {
  (void)state;
  struct jobs third = others;
  third.number = 2;
  replace(JOBS_FILE, "a\nb n\n");
  replace_in(&others, JOBS_FILE, "a\nb n\n");
  replace_in(&third, JOBS_LISTED, "a\nb n\n");
  assert_jobs("a b=n");
  assert_table(&others, "a=a-a b=n-b");
  assert_table(&third, "a=a-a-2 b=n-b-2");
  jobs_free(&third);
}

static void a_job_keeps_its_name(void **state) {
  (void)state;
  replace(JOBS_FILE, "a n\nb n\n");
  replace(JOBS_FILE, "b n\na n\n");
  assert_jobs("a=n b=n-b");
  replace(JOBS_FILE, "b n\n");
  assert_jobs("b=n-b");
  now += NAME_RESERVED_MS;
  replace(JOBS_FILE, "b n\nc n\n");
  assert_jobs("b=n-b c=n");
}

static void a_name_is_reserved_for_a_day(void **state) {
  (void)state;
  replace(JOBS_FILE, "a n\n");
  replace(JOBS_FILE, "");
  now += NAME_RESERVED_MS - 1;
  replace(JOBS_FILE, "b n\n");
  replace_in(&others, JOBS_LISTED, "c n\n");
  assert_jobs("b=n-b");
  assert_table(&others, "c=n-c");
  assert_non_null(strstr(warnings, "the name \"n\" was another job's within "
                                   "the last day\n"));
  replace(JOBS_FILE, "a n\n");
  assert_jobs("a=n");
  replace(JOBS_FILE, "");
  now += NAME_RESERVED_MS;
  replace(JOBS_FILE, "b n\n");
  assert_jobs("b=n");
}

static void reserved_names_are_bounded(void **state) {
  (void)state;
  char text[32];
  for (int i = 0; i <= NAME_RESERVED_MAX; i++) {
    snprintf(text, sizeof(text), "i%d n%d\n", i, i);
    replace(JOBS_FILE, text);
  }
  replace(JOBS_FILE, "");
  replace(JOBS_FILE, "a n0\nb n1\nc n9999\n");
  assert_jobs("a=n0 b=n1-b c=n9999-c");
}

static void jobs_that_swap_names_do_not_swap_series(void **state) {
  (void)state;
  for (unsigned source = JOBS_FILE; source <= JOBS_LISTED; source *= 2) {
    replace(source, "a one\nb two\n");
    replace(source, "a two\nb one\n");
    assert_jobs("a=two-a b=one-b");
    replace(source, "a one\nb two\n");
    assert_jobs("a=one b=two");
    replace(source, "");
  }
}

static void a_given_name_wins_over_a_listed_one(void **state) {
  (void)state;
  replace(JOBS_LISTED, "a n\nb m\n");
  replace_in(&others, JOBS_LISTED, "c k\n");
  replace_in(&others, JOBS_FILE, "d n\n");
  replace(JOBS_FILE, "e k\n");
  assert_jobs("a=n-a b=m e=k");
  assert_table(&others, "c=k-c d=n");
  assert_non_null(
      strstr(warnings,
             "4: job a is polled as \"n-a\": the name \"n\" is that of job d"));
  replace(JOBS_LISTED, "b m\n"); /* also over one that is reserved */
  replace(SYNC, "");
  replace(JOBS_LISTED, "");
  replace_in(&others, JOBS_FILE, "d n\nf m\n");
  assert_table(&others, "c=k-c d=n f=m");
}

/* Its series was the operator's, whoever lists the job by then. */
static void a_given_name_stays_reserved(void **state) {
  (void)state;
  replace(JOBS_FILE, "a n\n");
  replace(JOBS_LISTED, "a m\n");
  replace(JOBS_FILE, "b k\n");
  replace(JOBS_LISTED, "a m\n"); /* it has left the file by then */
  replace(JOBS_FILE, "b n\n");
  assert_jobs("a=m b=n-b");
}

static void nobody_has_the_id_of_another_as_name(void **state) {
  (void)state;
  replace(JOBS_LISTED, "x a\n");
  replace_in(&others, JOBS_FILE, "y b\n");
  replace(JOBS_FILE, "a\nb\n");
  assert_jobs("x=a-x a b");
  assert_table(&others, "y=b-y");
}

static void all_tasks_of_one_name_have_their_ids(void **state) {
  (void)state;
  replace(JOBS_LISTED, "a same\nb s;me\nc s_me\nd other\n");
  assert_jobs("a=same b=s_me-b c=s_me-c d=other");
  replace(SYNC, "e same\n"); /* of another kind of list */
  assert_jobs("a=same-a b=s_me-b c=s_me-c d=other e=same-e");
  replace(SYNC, "");
  replace(JOBS_LISTED, "a same\nb s;me\nf s_me\n");
  assert_jobs("a=same-a b=s_me-b f=s_me-f");
  replace(JOBS_LISTED, "b s;me\n");
  assert_jobs("b=s_me-b");
}

static void of_two_projects_the_first_has_a_listed_name(void **state) {
  (void)state;
  replace_in(&others, JOBS_LISTED, "b n\n");
  assert_table(&others, "b=n");
  replace(JOBS_LISTED, "a n\n");
  assert_jobs("a=n");
  assert_table(&others, "b=n-b");
  replace_in(&others, JOBS_LISTED, "b n\nc n\n");
  assert_table(&others, "b=n-b c=n-c");
  replace(JOBS_LISTED, "");
  replace_in(&others, JOBS_LISTED, "b n\n");
  assert_table(&others, "b=n-b");
}

static void many_warnings_have_a_sum(void **state) {
  (void)state;
  replace(JOBS_LISTED, "a n\nb n\nc n\nd n\ne n\nf n\ng n\nh n\ni n\nj n\n");
  assert_non_null(strstr(warnings, "4: 2 more warnings of names like these\n"));
}

static void names_that_graphite_folds_are_told_once(void **state) {
  (void)state;
  replace(JOBS_FILE, "a orders.db\nb orders_db\nc orders-db\n");
  assert_jobs("a=orders.db b=orders_db c=orders-db");
  assert_string_equal(
      warnings, "2: the jobs \"orders.db\" and \"orders_db\" are one series in "
                "Graphite, where write_graphite replaces dots as it does by "
                "default\n");
  replace(JOBS_FILE, "a orders.db\n");
  replace(JOBS_FILE, "a orders.db\nb orders_db\n");
  assert_int_equal(strlen(strchr(warnings, '\n')), 1);
  replace_in(&others, JOBS_LISTED, "d x.y_z\ne x_y.z\n");
  assert_non_null(strstr(warnings, "\"x.y_z\" and \"x_y.z\""));
}

static void a_repeated_id_of_a_file_is_reported(void **state) {
  (void)state;
  assert_true(replace(JOBS_FILE, "a one\nb\na two\na\n"));
  assert_int_equal(jobs.repeated.count, 2);
  assert_string_equal(jobs.repeated.first, "a");
  assert_jobs("a=one b");
  assert_true(replace(JOBS_LISTED, "c one-c\nd\nc two-c\n"));
  assert_jobs("a=one b c=one-c d");
}

/* Two projects */

static void another_host_has_its_own(void **state) {
  (void)state;
  others.host = name_registry_get(&hosts, "elsewhere");
  assert_ptr_not_equal(others.host, jobs.host);
  assert_ptr_equal(others.host, name_registry_get(&hosts, "elsewhere"));
  assert_true(replace(JOBS_FILE, "a one\n"));
  assert_true(replace_in(&others, JOBS_FILE, "a one\n"));
}

static void a_table_that_goes_gives_its_names_back(void **state) {
  (void)state;
  assert_true(replace(JOBS_FILE, "a one\nb\n"));
  jobs_free(&jobs);
  assert_true(replace_in(&others, JOBS_FILE, "c one\nd b\n"));
}

/* Memory */

static bool replace_twice(void) {
  struct name_registry own = {0};
  struct jobs table = {.host = name_registry_get(&own, "elsewhere")};
  bool ok = table.host != NULL &&
            replace_in(&table, JOBS_FILE, "a one\nb two\nc\n") &&
            replace_in(&table, JOBS_LISTED, "d\ne five\n") &&
            replace_in(&table, JOBS_FILE, "b one\nc two\nf\n");
  for (size_t i = 0; i < table.len; i++)
    assert_non_null(table.all[i]->name);
  jobs_free(&table);
  name_registry_free(&own);
  return ok;
}

static void it_survives_failed_allocations(void **state) {
  (void)state;
  alloc_fail_each(replace_twice);
}

#define JOBS_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      JOBS_TEST(a_source_is_replaced),
      JOBS_TEST(kept_jobs_are_remembered),
      JOBS_TEST(a_returning_job_is_new),
      JOBS_TEST(it_leaves_with_its_last_source),
      JOBS_TEST(the_first_source_names_it),
      JOBS_TEST(a_name_changes_with_its_source),
      JOBS_TEST(a_name_is_made_safe_and_cut),
      JOBS_TEST(a_name_that_nobody_can_read_is_the_id),
      JOBS_TEST(the_second_given_one_has_its_id),
      JOBS_TEST(ids_may_begin_alike),
      JOBS_TEST(one_id_may_be_in_two_projects),
      JOBS_TEST(a_job_keeps_its_name),
      JOBS_TEST(a_name_is_reserved_for_a_day),
      JOBS_TEST(reserved_names_are_bounded),
      JOBS_TEST(jobs_that_swap_names_do_not_swap_series),
      JOBS_TEST(a_given_name_wins_over_a_listed_one),
      JOBS_TEST(a_given_name_stays_reserved),
      JOBS_TEST(nobody_has_the_id_of_another_as_name),
      JOBS_TEST(all_tasks_of_one_name_have_their_ids),
      JOBS_TEST(of_two_projects_the_first_has_a_listed_name),
      JOBS_TEST(many_warnings_have_a_sum),
      JOBS_TEST(names_that_graphite_folds_are_told_once),
      JOBS_TEST(a_repeated_id_of_a_file_is_reported),
      JOBS_TEST(another_host_has_its_own),
      JOBS_TEST(a_table_that_goes_gives_its_names_back),
      JOBS_TEST(it_survives_failed_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
