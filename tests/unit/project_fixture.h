/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A project over the network and the clock of fake_http.h. The program calls
 * configure_fixture, sets members of `config`, calls make_fixture, and has
 * tear_down_fixture called after each test.
 *
 * To be included by one file of a program. */

#ifndef DRS_TESTS_PROJECT_FIXTURE_H
#define DRS_TESTS_PROJECT_FIXTURE_H

#include "fake_http.h"

#include "config_fixture.h"
#include "poll/project.h"

/* Milliseconds of a cycle. */
#define BUDGET 10000

static struct auths auths;
static struct project_config config;
static struct project *project;

/* With jobs "0", "1", ... */
static inline void configure_fixture(int jobs) {
  config = config_fixture();
  assert_true(config_fixture_add_jobs(&config, jobs));
}

static inline void make_fixture(const struct project_events *events) {
  const struct project_env env = {.auths = &auths};
  fake_started = fake_cancelled = fake_refused = 0;
  fake_now = 1000000;
  project = project_new(&config, &env, events, NULL, NULL);
  assert_non_null(project);
}

static inline int tear_down_fixture(void **state) {
  (void)state;
  project_free(project);
  project = NULL;
  config_fixture_free(&config);
  assert_int_equal(fake_calls_len, 0);
  return 0;
}

static inline msec_t step(void) { return project_step(project, fake_now); }

static inline void start(void) { project_start(project, fake_now, BUDGET); }

static inline uint64_t errors(enum err_kind kind) {
  return project_counts(project)->errors[kind];
}

/* Responds to a batch: an item with these members for each of its jobs. */
static inline void respond_with_items(struct http_transfer *call,
                                      const char *members) {
  struct buf body;
  const char *id = strchr(call->body, '[') + 1, *end;
  buf_init(&body, 1 << 20);
  assert_true(buf_adds(&body, "{\"results\":[", NULL));
  for (; *id == '"'; id = *end == ',' ? end + 1 : end) {
    end = strchr(id + 1, '"') + 1;
    assert_true(buf_addf(&body, NULL, "%s{\"job_id\":%.*s,%s}",
                         id[-1] == '[' ? "" : ",", (int)(end - id), id,
                         members));
  }
  assert_true(buf_adds(&body, "]}", NULL));
  fake_status(call, 202, body.data);
  buf_free(&body);
}

/* Events that a test does not look at. */

static inline void ignore_start(void *arg) { (void)arg; }

static inline void ignore_change(void *arg, const struct change *change) {
  (void)arg, (void)change;
}

static inline void ignore_result(void *arg,
                                 const struct project_result *result) {
  (void)arg, (void)result;
}

static inline void set_access_key(void) {
  static char access_key[] = "ak", secret_key[] = "sk";
  config.credential =
      (struct credential_config){.type = CREDENTIAL_ACCESS_KEY,
                                 .access_key = access_key,
                                 .secret_key.value = secret_key};
}

#define PROJECT_TEST(test) cmocka_unit_test_teardown(test, tear_down_fixture)

#endif
