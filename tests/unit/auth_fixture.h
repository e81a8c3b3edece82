/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Credentials over days, against services that a test plays and a clock that it
 * moves.
 *
 * To be included by one file of a program. */

#ifndef DRS_TESTS_AUTH_FIXTURE_H
#define DRS_TESTS_AUTH_FIXTURE_H

#include "fake_http.h"

#include "auth/auth.h"

#include <stdio.h>
#include <time.h>

#define MINUTE (60 * 1000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct auths auths;
static struct credential_config credentials[10];
static struct auth *opened[10];
static size_t opened_len;
static msec_t born; /* of the clock */
static struct err why;

/* The clocks: the wall's goes with the other. */
static inline time_t wall_now(void) {
  return 1600000000 + (time_t)((fake_now - born) / 1000);
}

static inline int set_up(void **state) {
  (void)state;
  born = fake_now = 1000000;
  fake_started = 0;
  err_clear(&why);
  return 0;
}

static inline int tear_down(void **state) {
  (void)state;
  for (size_t i = 0; i < opened_len; i++)
    auth_close(opened[i]);
  opened_len = 0;
  assert_true(LIST_EMPTY(&auths.all));
  assert_true(LIST_EMPTY(&auths.accounts));
  assert_int_equal(fake_calls_len, 0);
  return 0;
}

static inline struct auth *open_auth(struct credential_config c,
                                     const char *project) {
  credentials[opened_len] = c;
  struct auth_options o = {.credential = &credentials[opened_len],
                           .project_id = project,
                           .timeout = 5000};
  struct auth *a = auth_open(&auths, &o, NULL);
  assert_non_null(a);
  return opened[opened_len++] = a;
}

static inline struct credential_config login(struct secret_config password) {
  return (struct credential_config){.type = CREDENTIAL_PASSWORD,
                                    .identity_endpoint =
                                        literal("https://iam/v3"),
                                    .domain_name = literal("d"),
                                    .user = literal("u"),
                                    .password = password};
}

static inline struct auth *open_login(const char *project) {
  struct secret_config password = {.value = literal("correct horse")};
  return open_auth(login(password), project);
}

static inline struct auth *open_key(const char *project) {
  struct credential_config c = {.type = CREDENTIAL_ACCESS_KEY,
                                .access_key = literal("AK"),
                                .secret_key.value = literal("SK")};
  return open_auth(c, project);
}

static inline struct auth *open_agency(void) {
  struct credential_config c = {.type = CREDENTIAL_AGENCY,
                                .metadata_endpoint =
                                    literal("http://metadata")};
  return open_auth(c, "p");
}

static inline enum auth_state prepare_now(struct auth *a) {
  err_clear(&why);
  return auth_prepare(a, NULL, fake_now, &why);
}

/* As a cycle does it, which waits for a file that was changed. */
static inline enum auth_state prepare(struct auth *a) {
  enum auth_state state;
  while ((state = prepare_now(a)) == AUTH_BUSY && a->look_at != CLOCK_NEVER)
    fake_now = a->look_at;
  return state;
}

/* A reply's `captured` and its end, "2020-09-13T12:26:40Z". */
static inline void respond_login(const char *token, msec_t life) {
  char body[100], end[40];
  time_t ends = wall_now() + (time_t)(life / 1000);
  strftime(end, sizeof(end), "%Y-%m-%dT%H:%M:%S.000000Z", gmtime(&ends));
  snprintf(body, sizeof(body), "{\"token\":{\"expires_at\":\"%s\"}}", end);
  fake_response(fake_calls[0],
                (struct http_response){201, -1, wall_now(), token}, body);
}

static inline void reject_login(long status, msec_t retry_after) {
  fake_response(fake_calls[0],
                (struct http_response){status, retry_after, wall_now(), NULL},
                "{\"error\":{\"code\":401,\"message\":\"no entry\"}}");
}

/* Applies to a request; returns its headers as lines, for the caller to free.
 */
static inline char *apply(struct auth *a, unsigned *serial) {
  static char origin[] = "https://drs", no_path[] = "";
  static const struct http_endpoint endpoint = {origin, no_path};
  struct http_request req = {
      .method = "POST", .endpoint = &endpoint, .path = "/v3/p/x", .query = "y"};
  assert_true(auth_apply(a, "p", &req, serial, NULL));
  char *lines = fake_lines(&req);
  http_request_finish(&req);
  return lines;
}

static inline void assert_applies(struct auth *a, const char *wanted) {
  unsigned serial;
  char *headers = apply(a, &serial);
  if (strstr(headers, wanted) == NULL)
    fail_msg("no %s in:\n%s", wanted, headers);
  free(headers);
  auth_done(a, &(struct auth_report){AUTH_INCONCLUSIVE, serial, NULL, -1},
            fake_now);
}

/* A request that gets a response. */
static inline void use(struct auth *a, enum auth_result result) {
  struct err words = ERR_INIT;
  unsigned serial;
  err_set(&words, ERR_AUTH, "HTTP 401");
  free(apply(a, &serial));
  auth_done(a, &(struct auth_report){result, serial, &words, -1}, fake_now);
}

#define AUTH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
