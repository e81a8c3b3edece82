/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Jobs come and go with their sources, and are remembered meanwhile; no two on
 * a host have one name. */

#include "alloc.h"

#include "poll/jobs.h"

#include <stdio.h>

#define SYNC (2 * JOBS_LISTED)

static struct name_registry hosts;
static struct jobs jobs, others; /* of two projects on one host */
static struct job_list_faults faults;
static struct jobs_repeated repeated;
static struct err e;

static int begin(void **state) {
  (void)state;
  err_clear(&e);
  jobs = others = (struct jobs){.host = name_registry_get(&hosts, NULL)};
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
  struct job_list list;
  err_clear(&e);
  job_list_init(&list);
  bool ok = job_list_parse(&list, text, strlen(text), &faults, &e) &&
            jobs_replace(to, source, &list, &repeated, &e);
  job_list_free(&list);
  return ok;
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
  assert_int_equal(jobs_add(&jobs, "a", "a"), JOBS_ADDED);
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
  assert_int_equal(jobs_add(&jobs, "a", "chosen"), JOBS_ADDED);
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
  assert_true(replace(JOBS_FILE, "a two\nb one\n"));
  assert_jobs("a=two b=one");
  assert_true(replace(JOBS_FILE, "a one\nb two\n")); /* swapped */
  assert_jobs("a=one b=two");
}

static void a_name_is_made_safe_and_cut(void **state) {
  (void)state;
  char text[300] = "b ";
  memset(text + 2, 'x', 200);
  replace(JOBS_FILE, "a orders db;\xC3\xA9/1\n");
  assert_jobs("a=orders_db___1");
  assert_true(replace(JOBS_FILE, text));
  assert_int_equal(strlen(find("b")->name), 127);
}

static void the_later_of_two_names_is_left_out(void **state) {
  (void)state;
  assert_false(replace(JOBS_FILE, "a one\nb o;e\nc o_e\nd b\ne\n"));
  assert_jobs("a=one b=o_e d=b e");
  assert_non_null(strstr(e.text, "c is left out: its name \"o_e\""));
  assert_true(replace(JOBS_FILE, "a one\nc o_e\n"));
  assert_jobs("a=one c=o_e");
}

/* One that wants the name of another is left out, though it was there. */
static void a_new_name_may_be_reserved(void **state) {
  (void)state;
  replace(JOBS_FILE, "a one\nb two\n");
  assert_false(replace(JOBS_FILE, "a one\nb one\n"));
  assert_jobs("a=one");
  assert_true(replace(JOBS_FILE, "a one\nb two\n"));
  assert_jobs("a=one b=two");
}

static void a_discovered_job_goes_by_its_id(void **state) {
  (void)state;
  assert_true(replace(JOBS_LISTED, "a same\nb same\nc other\n"));
  assert_jobs("a=same b c=other");
  assert_true(replace(JOBS_LISTED, "a same\nb same\nc other\n"));
  assert_jobs("a=same b c=other");
  assert_true(replace(JOBS_LISTED, "b same\n"));
  assert_jobs("b=same");
}

static void even_the_id_may_be_reserved(void **state) {
  (void)state;
  replace(JOBS_FILE, "a same\nb c\n");
  assert_false(replace(JOBS_LISTED, "c same\nd\n"));
  assert_jobs("a=same b=c d");
  assert_non_null(strstr(e.text, "c is left out"));
}

static void a_repeated_id_of_a_file_is_reported(void **state) {
  (void)state;
  assert_true(replace(JOBS_FILE, "a one\nb\na two\na\n"));
  assert_int_equal(repeated.count, 2);
  assert_string_equal(repeated.first, "a");
  assert_jobs("a=one b");
  assert_true(replace(JOBS_LISTED, "c one-c\nd\nc two-c\n"));
  assert_jobs("a=one b c=one-c d");
}

/* Two projects */

static void projects_share_the_names_of_a_host(void **state) {
  (void)state;
  assert_true(replace(JOBS_FILE, "a one\n"));
  assert_false(replace_in(&others, JOBS_FILE, "b one\nc two\n"));
  assert_table(&others, "c=two");
  assert_true(replace(JOBS_FILE, "a three\n"));
  assert_true(replace_in(&others, JOBS_FILE, "b one\nc two\n"));
  assert_table(&others, "c=two b=one");
  assert_jobs("a=three");
}

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

/* What is configured gets its names when the whole block is known. */
static void configured_names_are_reserved_at_once_or_not_at_all(void **state) {
  (void)state;
  struct host_names *host = jobs.host;
  jobs = others = (struct jobs){0};
  jobs_add(&jobs, "a", "one");
  jobs_add(&others, "b", "two");
  jobs_add(&others, "c", "one");
  assert_true(jobs_take_names(&jobs, host, &e));
  assert_false(jobs_take_names(&others, host, &e));
  assert_non_null(strstr(e.text, "\"one\""));
  jobs_free(&others);
  assert_true(replace(JOBS_FILE, "b two\n"));
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
      JOBS_TEST(the_later_of_two_names_is_left_out),
      JOBS_TEST(a_new_name_may_be_reserved),
      JOBS_TEST(a_discovered_job_goes_by_its_id),
      JOBS_TEST(even_the_id_may_be_reserved),
      JOBS_TEST(a_repeated_id_of_a_file_is_reported),
      JOBS_TEST(projects_share_the_names_of_a_host),
      JOBS_TEST(another_host_has_its_own),
      JOBS_TEST(a_table_that_goes_gives_its_names_back),
      JOBS_TEST(configured_names_are_reserved_at_once_or_not_at_all),
      JOBS_TEST(it_survives_failed_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
