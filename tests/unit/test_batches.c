/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A service that accepts so many ids and rejects some: the requests for all
 * others, and their number. */

#include "unit.h"

#include "poll/batches.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60000

/* A service, and its requests. */
static struct {
  size_t max;              /* ids that it takes in one request */
  bool names_size;         /* and whether its error names this */
  bool (*ill)(size_t ids); /* it rejects a request of so many; NULL: none */
  bool bad[2000];          /* jobs that it rejects, their batch with them */
  int requested[2000];     /* how often a job was in a request of this read */
  bool reported[2000];     /* in this read */
  size_t requests, stop_after; /* of this read; 0: it never stops */
} service;

static struct jobs jobs;
static struct batches batches;
static msec_t now;
static uint32_t cycle;

static void set_up(size_t count, size_t limit) {
  char id[24];
  struct job_list list;
  memset(&service, 0, sizeof(service));
  service.max = count;
  now = 0;
  job_list_init(&list);
  for (size_t i = 0; i < count; i++) {
    snprintf(id, sizeof(id), "%zu", i);
    assert_true(job_list_add(&list, id, "", NULL));
  }
  assert_true(jobs_replace(&jobs, JOBS_CONFIGURED, &list, now, NULL));
  job_list_free(&list);
  batches_init(&batches, &jobs, JOB_PROGRESS, limit);
}

static int tear_down(void **state) {
  (void)state;
  batches_free(&batches);
  jobs_free(&jobs);
  return 0;
}

/* One request; its jobs are counted, and the batch gets the response. */
static void request(const struct batch *batch) {
  size_t at = 0, n = 0;
  bool bad = false;
  size_t places[2000];
  for (struct job *job; (job = batches_each(&batches, batch, &at)) != NULL;) {
    size_t place = (size_t)atoi(job->id);
    bad = bad || service.bad[place];
    service.requested[place]++;
    places[n++] = place;
  }
  service.requests++;
  assert_true(n >= batch->len); /* a job may have been released since */
  bool is_ill = service.ill != NULL && service.ill(n);
  bool rejects = n > service.max || bad || is_ill;
  bool by_size = service.names_size && !bad;
  if (rejects && by_size && batches_too_large(&batches, batch, false)) {
    return;
  } else if (rejects && (!by_size || n == 1)) {
    batches_split(&batches, batch, !is_ill);
  } else if (rejects) {
    batches_failed(&batches);
  } else {
    for (size_t i = 0; i < n; i++) {
      service.reported[places[i]] = true;
      jobs.all[places[i]]->polls[JOB_PROGRESS].rejected = 0;
    }
    batches_accepted(&batches, batch);
  }
}

/* A read; returns its requests. */
static size_t read_all(void) {
  struct batch batch;
  now += MINUTE;
  service.requests = 0;
  memset(service.requested, 0, sizeof(service.requested));
  memset(service.reported, 0, sizeof(service.reported));
  batches_begin(&batches, ++cycle, now);
  while ((service.stop_after == 0 || service.requests < service.stop_after) &&
         batches_next(&batches, &batch))
    request(&batch);
  batches_end(&batches);
  return service.requests;
}

static void assert_good_ones_reported(void) {
  for (size_t i = 0; i < jobs.len; i++)
    if (service.reported[i] == service.bad[i])
      fail_msg("job %zu is %s", i, service.bad[i] ? "reported" : "left out");
}

static void each_job_is_requested_once(void **state) {
  (void)state;
  set_up(1001, 100);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(read_all(), 11);
    assert_good_ones_reported();
    for (size_t k = 0; k < jobs.len; k++)
      assert_int_equal(service.requested[k], 1);
  }
}

static void there_may_be_none(void **state) {
  (void)state;
  set_up(0, 100);
  assert_int_equal(read_all(), 0);
}

/* At most two more requests for each halving, once; then none, but for one
 * question in ten minutes whether it is well again. */
static void bad_jobs_are_quarantined(void **state) {
  (void)state;
  static const size_t bad_counts[] = {1, 2, 10};
  for (size_t i = 0; i < COUNT(bad_counts); i++) {
    size_t bad = bad_counts[i];
    set_up(1000, 100);
    for (size_t k = 0; k < bad; k++)
      service.bad[k * 97 % 1000] = true;
    double max = 10 + (double)bad * 2 * ceil(log2(100));
    assert_true(read_all() <= (size_t)max);
    assert_good_ones_reported();
    size_t probes = 0;
    for (int minute = 0; minute < 60; minute++) {
      size_t requests = read_all();
      assert_between(requests, 10, 11);
      probes += requests - 10;
      assert_good_ones_reported();
    }
    assert_between(probes, 1, 6 * bad);
    tear_down(NULL);
  }
}

static void a_recovered_job_leaves_quarantine(void **state) {
  (void)state;
  set_up(100, 100);
  service.bad[42] = true;
  read_all();
  service.bad[42] = false;
  int minutes = 0;
  while (!service.reported[42] && minutes++ < 11)
    read_all();
  assert_between(minutes, 1, 11);
  assert_int_equal(read_all(), 1);
  assert_good_ones_reported();
}

/* Whatever the error is, the size that works is found in one read and kept. */
static void it_finds_the_size(void **state) {
  (void)state;
  static const size_t sizes[] = {1, 2, 7, 30, 99};
  for (size_t i = 0; i < 2 * COUNT(sizes); i++) {
    set_up(500, 100);
    service.max = sizes[i / 2];
    service.names_size = i % 2 == 0;
    read_all();
    assert_good_ones_reported();
    assert_between(batches.size, (service.max + 1) / 2, service.max);
    size_t requests = (500 + batches.size - 1) / batches.size;
    assert_between(read_all(), requests, requests + 4); /* with a trial */
    assert_good_ones_reported();
    assert_int_equal(read_all(), requests);
    for (size_t k = 0; k < jobs.len; k++)
      assert_int_equal(jobs.all[k]->polls[JOB_PROGRESS].rejected, 0);
    tear_down(NULL);
  }
}

/* Outages */

static bool rejects_all(size_t ids) { return ids > 0; }

static bool rejects_half(size_t ids) {
  static uint32_t random = 1;
  random = random * 1664525 + 1013904223;
  return ids > 0 && random >> 31;
}

static bool ends_within(size_t ids) {
  return ids > 0 && service.requests % 7 != 0;
}

static bool takes_few(size_t ids) { return ids > 7; }

/* Whatever is rejected, however long: three good cycles later all is as it was,
 * and no job was lost. */
static void sizes_are_back_within_three_good_cycles(void **state) {
  (void)state;
  bool (*const illnesses[])(size_t) = {rejects_all, rejects_half, ends_within,
                                       takes_few};
  static const int lengths[] = {1, 3, 20}, counts[] = {1, 99, 101, 250, 1000};
  for (size_t i = 0; i < 2 * COUNT(illnesses) * COUNT(lengths) * COUNT(counts);
       i++) {
    size_t k = i / 2;
    set_up((size_t)counts[k / COUNT(lengths) % COUNT(counts)], 100);
    service.names_size = i % 2 == 0;
    size_t requests = read_all();
    service.ill = illnesses[k / COUNT(lengths) / COUNT(counts)];
    for (int n = 0; n < lengths[k % COUNT(lengths)]; n++)
      read_all();
    service.ill = NULL;
    for (int n = 0; n < 3; n++)
      read_all();
    assert_good_ones_reported();
    assert_int_equal(batches.size, 100);
    assert_int_equal(read_all(), requests);
    tear_down(NULL);
  }
}

/* What is sent while everything is rejected. */
static void an_outage_costs_few_requests(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    set_up(1000, 100);
    service.names_size = i == 0;
    service.ill = rejects_all;
    for (int n = 0; n < 20; n++)
      assert_between(read_all(), 1, 10 + 2 * BATCHES_REJECTED_MAX);
    tear_down(NULL);
  }
}

/* A day later the service takes more; where it does not, it is tried ever more
 * seldom. */
static void it_grows_with_care(void **state) {
  (void)state;
  set_up(500, 100);
  service.max = 10;
  service.names_size = true;
  size_t wasted = 0;
  for (int minute = 0; minute < 24 * 60; minute++) {
    size_t expected = (500 + batches.size - 1) / batches.size;
    wasted += read_all() > expected;
    assert_good_ones_reported();
  }
  assert_between(wasted, 1, 30);
  service.max = 100;
  for (int minute = 0; minute < 5 * 24 * 60 && batches.size < 100; minute++)
    read_all();
  assert_int_equal(batches.size, 100);
}

/* What a read had no time for comes first in the next. */
static void every_job_has_its_turn(void **state) {
  (void)state;
  set_up(1000, 100);
  service.stop_after = 3;
  int reported[1000] = {0};
  for (int i = 0; i < 10; i++) {
    read_all();
    for (size_t k = 0; k < jobs.len; k++)
      reported[k] += service.reported[k];
  }
  for (size_t k = 0; k < jobs.len; k++)
    assert_int_equal(reported[k], 3);
}

static void one_accepted_job_proves_the_size_of_a_hung_batch(void **state) {
  (void)state;
  struct batch large, small;
  set_up(5, 4);
  batches_begin(&batches, ++cycle, now);
  assert_true(batches_next(&batches, &large));
  assert_true(batches_next(&batches, &small));
  assert_int_equal(large.len, 4);
  assert_int_equal(small.len, 1);
  batches_accepted(&batches, &small);
  assert_true(batches_timed_out(&batches, &large));
  assert_true(batches_next(&batches, &small));
  assert_int_equal(small.len, 2);
}

static void a_batch_is_requested_again(void **state) {
  (void)state;
  struct batch batch, again;
  set_up(10, 5);
  batches_begin(&batches, ++cycle, 0);
  assert_true(batches_next(&batches, &batch));
  batches_requeue(&batches, &batch);
  assert_true(batches_next(&batches, &again));
  assert_int_equal(again.first, batch.first);
  assert_int_equal(again.span, batch.span);
  assert_int_equal(again.len, batch.len);
  assert_int_equal(again.cohort, batch.cohort);
  assert_int_equal(again.repeated, batch.repeated);
  batches_end(&batches);
}

static void set_rejected(size_t from, size_t to, uint32_t cohort) {
  for (size_t i = from; i < to; i++)
    jobs.all[i]->polls[JOB_PROGRESS].rejected = cohort;
}

/* Of a quarantined group the first jobs work again, and the others do not. */
static void a_release_stops_at_bad_jobs(void **state) {
  (void)state;
  set_up(300, 10);
  set_rejected(0, 300, 7);
  for (size_t i = 40; i < 300; i++)
    service.bad[i] = true;
  assert_between(read_all(), 8, 24);
  for (size_t i = 0; i < 40; i++)
    assert_true(service.reported[i]);
  size_t requested = 0;
  for (size_t i = 40; i < 300; i++)
    requested += service.requested[i] > 0;
  assert_between(requested, 1, 20);
}

/* A response may have jobs that were not in the request. */
static void a_batch_may_change_while_it_is_in_flight(void **state) {
  (void)state;
  struct batch batch;
  set_up(4, 4);
  set_rejected(0, 3, 1);
  batches_begin(&batches, ++cycle, now);
  assert_true(batches_next(&batches, &batch));
  assert_int_equal(batch.len, 1);

  set_rejected(3, 4, 1);
  assert_null(batches_split(&batches, &batch, true));
  assert_false(batches_too_large(&batches, &batch, false));
  set_rejected(0, 2, 0);
  assert_null(batches_split(&batches, &batch, true));
  assert_true(batches_next(&batches, &batch));
  assert_int_equal(batch.len, 1);
  assert_ptr_equal(batches_split(&batches, &batch, true), jobs.all[0]);
}

/* Also where it waits in a half of a batch, behind jobs that were not requested
 * at all. */
static void a_read_begins_with_the_first_job_that_was_left(void **state) {
  (void)state;
  struct batch batch;
  size_t at = 0;
  set_up(8, 4);
  service.max = 1;
  service.names_size = true;
  service.stop_after = 1;
  read_all();
  batches_begin(&batches, ++cycle, now);
  assert_true(batches_next(&batches, &batch));
  assert_string_equal(batches_each(&batches, &batch, &at)->id, "0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(each_job_is_requested_once, tear_down),
      cmocka_unit_test_teardown(there_may_be_none, tear_down),
      cmocka_unit_test(bad_jobs_are_quarantined),
      cmocka_unit_test_teardown(a_recovered_job_leaves_quarantine, tear_down),
      cmocka_unit_test(it_finds_the_size),
      cmocka_unit_test(sizes_are_back_within_three_good_cycles),
      cmocka_unit_test(an_outage_costs_few_requests),
      cmocka_unit_test_teardown(it_grows_with_care, tear_down),
      cmocka_unit_test_teardown(every_job_has_its_turn, tear_down),
      cmocka_unit_test_teardown(a_release_stops_at_bad_jobs, tear_down),
      cmocka_unit_test_teardown(
          one_accepted_job_proves_the_size_of_a_hung_batch, tear_down),
      cmocka_unit_test_teardown(a_batch_is_requested_again, tear_down),
      cmocka_unit_test_teardown(a_batch_may_change_while_it_is_in_flight,
                                tear_down),
      cmocka_unit_test_teardown(a_read_begins_with_the_first_job_that_was_left,
                                tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
