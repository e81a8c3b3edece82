/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Logins with a password: the life of their token, and what is no token. */

#include "auth_fixture.h"

/* The life of a token */

static void a_token_lasts_its_day(void **state) {
  (void)state;
  struct auth *a = open_login("p");
  assert_int_equal(prepare(a), AUTH_BUSY);
  respond_login("token-1", DAY);
  for (; fake_now < born + DAY - 10 * MINUTE; fake_now += MINUTE)
    assert_int_equal(prepare(a), AUTH_READY);
  assert_int_equal(fake_started, 1);
  assert_int_equal(a->requests, 1);
  assert_applies(a, "X-Auth-Token: token-1\n");
}

/* No read has to wait: the old one serves until the new one is there. */
static void it_is_renewed_before_its_end(void **state) {
  (void)state;
  struct auth *a = open_login("p");
  prepare(a);
  respond_login("token-1", DAY);
  for (; fake_started == 1; fake_now += MINUTE)
    assert_int_equal(prepare(a), AUTH_READY);
  assert_between(fake_now - born, DAY - 10 * MINUTE, DAY - 3 * MINUTE);
  assert_int_equal(prepare(a), AUTH_READY);
  assert_applies(a, "token-1\n");
  respond_login("token-2", DAY);
  assert_int_equal(prepare(a), AUTH_READY);
  assert_applies(a, "token-2\n");
  assert_int_equal(fake_started, 2);
}

static void a_token_that_served_is_renewed_at_once(void **state) {
  (void)state;
  struct auth *a = open_login("p");
  prepare(a);
  respond_login("token-1", DAY);
  use(a, AUTH_ACCEPTED);
  use(a, AUTH_REJECTED);
  assert_int_equal(prepare(a), AUTH_BUSY);
  respond_login("token-2", DAY);
  assert_int_equal(prepare(a), AUTH_READY);
}

/* Logging in may not help then, and once an interval would be a storm. */
static void a_token_that_never_served_is_not_followed_by_another(void **state) {
  (void)state;
  struct auth *a = open_login("p");
  for (; fake_now < born + HOUR; fake_now += MINUTE) {
    if (prepare(a) == AUTH_BUSY)
      respond_login("token", DAY);
    if (prepare(a) == AUTH_READY)
      use(a, AUTH_REJECTED);
    assert_int_equal(prepare(a), AUTH_REFUSED);
    assert_non_null(strstr(why.text, "HTTP 401"));
  }
  assert_between(fake_started, 6, 16); /* of 60 reads */
}

static void rejections_of_an_old_token_prove_nothing(void **state) {
  (void)state;
  struct auth *a = open_login("p");
  unsigned serials[2];
  prepare(a);
  respond_login("token-1", DAY);
  use(a, AUTH_ACCEPTED);
  free(apply(a, &serials[0]));
  free(apply(a, &serials[1]));
  struct auth_report rejected = {AUTH_REJECTED, serials[0], &why, -1};
  auth_done(a, &rejected, fake_now);
  prepare(a);
  respond_login("token-2", DAY);
  auth_done(a, &rejected, fake_now); /* of the same token, but late */
  assert_int_equal(prepare(a), AUTH_READY);
  assert_int_equal(fake_started, 2);
}

/* Of eight in flight with a new token, all rejected, one counts. */
static void rejections_of_one_token_are_one(void **state) {
  (void)state;
  struct auth *a = open_login("p");
  struct auth_report rejected = {AUTH_REJECTED, 0, &why, -1};
  prepare(a);
  respond_login("token-1", DAY);
  for (int i = 0; i < 8; i++)
    free(apply(a, &rejected.serial));
  for (int i = 0; i < 8; i++)
    auth_done(a, &rejected, fake_now);
  assert_int_equal(prepare(a), AUTH_REFUSED);
  fake_now += 1000;
  assert_int_equal(prepare(a), AUTH_BUSY);
}

/* The identity service */

static void a_login_is_sent_once(void **state) {
  (void)state;
  prepare(open_login("p"));
  assert_true(fake_calls[0]->no_retry);
  assert_int_equal(fake_started, 1);
}

/* Neither is a rejection. */
static void an_unavailable_identity_service_is_retried(void **state) {
  (void)state;
  struct auth *a = open_login("p");
  prepare(a);
  fake_fail(fake_calls[0], "connection refused");
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_int_equal(why.kind, ERR_HTTP);
  fake_now += 1000;
  assert_int_equal(prepare(a), AUTH_BUSY);
  reject_login(503, -1);
  assert_int_equal(prepare(a), AUTH_REFUSED);
  fake_now += 2000;
  assert_int_equal(prepare(a), AUTH_BUSY);
  reject_login(429, 7000);
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_int_equal(why.kind, ERR_THROTTLED);
  fake_now += 6999;
  assert_int_equal(prepare(a), AUTH_REFUSED);
  fake_now += 1;
  assert_int_equal(prepare(a), AUTH_BUSY);
  respond_login("token", DAY);
  assert_int_equal(prepare(a), AUTH_READY);
}

/* Something stands in the identity service's place for a while. */
static void other_statuses_reject_nothing(void **state) {
  (void)state;
  static const long statuses[] = {400, 404, 405, 407, 408, 421, 425, 500, 302};
  struct auth *a = open_login("p");
  for (size_t i = 0; i < COUNT(statuses); i++) {
    assert_int_equal(prepare(a), AUTH_BUSY);
    fake_status(fake_calls[0], statuses[i], "<html>no</html>");
    assert_int_equal(prepare(a), AUTH_REFUSED);
    assert_int_equal(why.kind, ERR_HTTP);
    fake_now += 1000 << i;
  }
  prepare(a);
  reject_login(400, -1); /* in the identity service's own words */
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_int_equal(why.kind, ERR_AUTH);
}

static void its_illness_costs_no_read_while_the_token_lives(void **state) {
  (void)state;
  struct auth *a = open_login("p");
  prepare(a);
  respond_login("token-1", DAY);
  for (; fake_now < born + DAY; fake_now += MINUTE) {
    assert_int_equal(prepare(a), AUTH_READY);
    if (fake_calls_len > 0)
      fake_fail(fake_calls[0], "connection refused");
  }
  assert_int_not_equal(prepare(a), AUTH_READY);
  assert_between(fake_started, 3, 12);
}

/* Responses */

static void a_response_without_a_token_is_an_error(void **state) {
  (void)state;
  static const char *const tokens[] = {NULL, "", "a b", "\x01", "\xC3\xA9"};
  for (size_t i = 0; i < COUNT(tokens); i++) {
    struct auth *a = open_login("p");
    prepare(a);
    respond_login(tokens[i], DAY);
    assert_int_equal(prepare(a), AUTH_REFUSED);
    assert_int_equal(why.kind, ERR_RESPONSE);
    tear_down(NULL);
  }
}

/* A portal that responds to everything ends no pause. */
static void a_response_without_a_token_accepts_no_password(void **state) {
  (void)state;
  struct auth *a = open_login("p");
  prepare(a);
  reject_login(401, -1);
  fake_now += MINUTE;
  prepare(a);
  respond_login(NULL, DAY);
  fake_now += MINUTE;
  prepare(a);
  reject_login(401, -1);
  fake_now += MINUTE;
  assert_int_equal(prepare(a), AUTH_REFUSED); /* the second pause is longer */
  assert_int_equal(fake_started, 3);
}

static void a_token_may_have_32_kilobytes(void **state) {
  (void)state;
  char *token = calloc(1, SECRET_MAX + 2);
  assert_non_null(token);
  memset(token, 'x', SECRET_MAX);
  struct auth *a = open_login("p");
  prepare(a);
  respond_login(token, DAY);
  assert_int_equal(prepare(a), AUTH_READY);
  assert_applies(a, token);
  tear_down(NULL);
  token[SECRET_MAX] = 'x';
  a = open_login("p");
  prepare(a);
  respond_login(token, DAY);
  assert_int_equal(prepare(a), AUTH_REFUSED);
  free(token);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      AUTH_TEST(a_token_lasts_its_day),
      AUTH_TEST(it_is_renewed_before_its_end),
      AUTH_TEST(a_token_that_served_is_renewed_at_once),
      AUTH_TEST(a_token_that_never_served_is_not_followed_by_another),
      AUTH_TEST(rejections_of_an_old_token_prove_nothing),
      AUTH_TEST(rejections_of_one_token_are_one),
      AUTH_TEST(a_login_is_sent_once),
      AUTH_TEST(an_unavailable_identity_service_is_retried),
      AUTH_TEST(other_statuses_reject_nothing),
      AUTH_TEST(its_illness_costs_no_read_while_the_token_lives),
      AUTH_TEST(a_response_without_a_token_is_an_error),
      AUTH_TEST(a_response_without_a_token_accepts_no_password),
      AUTH_TEST(a_token_may_have_32_kilobytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
