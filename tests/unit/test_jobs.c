/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table keeps its order, finds an id, and has each once. */

#include "alloc.h"
#include "jobs_fixture.h"

static void add(struct jobs *jobs, const char *text) {
  assert_true(replace_jobs(jobs, JOBS_CONFIGURED, text, 0, NULL));
}

static void it_keeps_the_order(void **state) {
  (void)state;
  struct jobs jobs = {0};
  char id[16], text[16 * 1000] = "";
  for (size_t i = 0, len = 0; i < 1000; i++)
    len += (size_t)sprintf(text + len, "job-%zu\n", i * 7919 % 1000);
  add(&jobs, text);
  assert_int_equal(jobs.len, 1000);
  for (int i = 0; i < 1000; i++) {
    snprintf(id, sizeof(id), "job-%d", i * 7919 % 1000);
    assert_string_equal(jobs.all[i]->id, id);
    assert_ptr_equal(jobs_find(&jobs, id, NULL), jobs.all[i]);
  }
  jobs_free(&jobs);
  assert_int_equal(jobs.len, 0);
}

static void an_id_is_there_once(void **state) {
  (void)state;
  struct jobs jobs = {0};
  add(&jobs, "a first\na second\n");
  assert_int_equal(jobs.len, 1);
  assert_string_equal(jobs.all[0]->name, "first");
  jobs_free(&jobs);
}

/* A table of many jobs, with the ids and the names of the service's length. The
 * tree of libc has a node of 48 bytes for an id and for a name. */
static void a_job_costs_few_bytes(void **state) {
  enum { MANY = 1000, BYTES = 520, NODES = 2 * 48 };
  (void)state;
  static char text[64 * MANY];
  struct jobs jobs = {0};
  for (size_t i = 0, len = 0; i < MANY; i++)
    len += (size_t)sprintf(
        text + len, "8d0e8e36-a618-490d-8a46-%07zxjb502 orders-%04zu\n", i, i);
  alloc_reset();
  add(&jobs, text);
  assert_between(alloc.bytes / MANY + NODES, 300, BYTES);
  jobs_free(&jobs);
}

/* Where to look first is a hint, and may be wrong. */
static void a_hint_does_no_harm(void **state) {
  (void)state;
  struct jobs jobs = {0};
  add(&jobs, "a\nb\n");
  struct job *a = jobs.all[0], *b = jobs.all[1];
  assert_ptr_equal(jobs_find(&jobs, "a", a), a);
  assert_ptr_equal(jobs_find(&jobs, "a", b), a);
  assert_null(jobs_find(&jobs, "c", a));
  assert_null(jobs_find(&jobs, "", NULL));
  jobs_free(&jobs);
}

static void a_new_job_knows_nothing_yet(void **state) {
  (void)state;
  struct jobs jobs = {0};
  add(&jobs, "a orders db; \xC3\xA9\n");
  struct job *job = jobs.all[0];
  assert_string_equal(job->status, "");
  assert_int_equal(job->polls[JOB_PROGRESS].answered, 0);
  assert_false(job->has_error || job->missing);
  assert_null(strpbrk(job->name, " ;\xC3\xA9"));
  jobs_free(&jobs);
}

static bool add_three(void) {
  struct jobs jobs = {0};
  bool ok = replace_jobs(&jobs, JOBS_CONFIGURED, "a\nb\nc\n", 0, NULL);
  jobs_free(&jobs);
  return ok;
}

static void it_survives_failed_allocations(void **state) {
  (void)state;
  alloc_fail_each(add_three);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_keeps_the_order),
      cmocka_unit_test(an_id_is_there_once),
      cmocka_unit_test(a_job_costs_few_bytes),
      cmocka_unit_test(a_hint_does_no_harm),
      cmocka_unit_test(a_new_job_knows_nothing_yet),
      cmocka_unit_test(it_survives_failed_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
