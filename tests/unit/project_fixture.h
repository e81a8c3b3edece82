/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A project over the network and the clock of fake_http.h. The program sets the
 * members of `config`, calls make_fixture, and has tear_down_fixture called
 * after each test.
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

static inline uint64_t errors(enum err_kind kind) {
  return project_counts(project)->errors[kind];
}

static inline void set_access_key(void) {
  static char access_key[] = "ak", secret_key[] = "sk";
  config.credential =
      (struct credential_config){.type = CREDENTIAL_ACCESS_KEY,
                                 .access_key = access_key,
                                 .secret_key.value = secret_key};
}

/* A file that has a token; others are written over it. */
static inline void write_token(const char *path, const char *token) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(token, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

#define PROJECT_TEST(test) cmocka_unit_test_teardown(test, tear_down_fixture)

#endif
