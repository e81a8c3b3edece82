/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Credentials over days, against services that a test plays and a clock that
 * it moves: how often they are requested, shared, and paused. */

#include "alloc.h"
#include "fake_http.h"

#include "auth/auth.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
static time_t wall_now(void) {
  return 1600000000 + (time_t)((fake_now - born) / 1000);
}

static int set_up(void **state) {
  (void)state;
  born = fake_now = 1000000;
  fake_started = 0;
  err_clear(&why);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  for (size_t i = 0; i < opened_len; i++)
    auth_close(&auths, opened[i]);
  opened_len = 0;
  assert_null(auths.all);
  assert_null(auths.accounts);
  assert_int_equal(fake_calls_len, 0);
  return 0;
}

static struct auth *open_auth(struct credential_config c, const char *project) {
  credentials[opened_len] = c;
  struct auth_options o = {.credential = &credentials[opened_len],
                           .project_id = project,
                           .timeout = 5000};
  struct auth *a = auth_open(&auths, &o, NULL);
  assert_non_null(a);
  return opened[opened_len++] = a;
}

static struct credential_config login(struct secret_config password) {
  return (struct credential_config){.type = CREDENTIAL_PASSWORD,
                                    .identity_endpoint =
                                        literal("https://iam/v3"),
                                    .domain_name = literal("d"),
                                    .user = literal("u"),
                                    .password = password};
}

static struct auth *open_login(const char *project) {
  struct secret_config password = {.value = literal("correct horse")};
  return open_auth(login(password), project);
}

static struct auth *open_key(const char *project) {
  struct credential_config c = {.type = CREDENTIAL_ACCESS_KEY,
                                .access_key = literal("AK"),
                                .secret_key.value = literal("SK")};
  return open_auth(c, project);
}

static struct auth *open_agency(void) {
  struct credential_config c = {.type = CREDENTIAL_AGENCY,
                                .metadata_endpoint =
                                    literal("http://metadata")};
  return open_auth(c, "p");
}

static enum auth_state prepare_now(struct auth *a) {
  err_clear(&why);
  return auth_prepare(a, NULL, fake_now, &why);
}

/* As a cycle does it, which waits for a file that was changed. */
static enum auth_state prepare(struct auth *a) {
  enum auth_state state;
  while ((state = prepare_now(a)) == AUTH_BUSY && a->look_at != CLOCK_NEVER)
    fake_now = a->look_at;
  return state;
}

/* A reply's `captured` and its end, "2020-09-13T12:26:40Z". */
static void respond_login(const char *token, msec_t life) {
  char body[100], end[40];
  time_t ends = wall_now() + (time_t)(life / 1000);
  strftime(end, sizeof(end), "%Y-%m-%dT%H:%M:%S.000000Z", gmtime(&ends));
  snprintf(body, sizeof(body), "{\"token\":{\"expires_at\":\"%s\"}}", end);
  fake_response(fake_calls[0],
                (struct http_response){201, -1, wall_now(), token}, body);
}

static void reject_login(long status, msec_t retry_after) {
  fake_response(fake_calls[0],
                (struct http_response){status, retry_after, wall_now(), NULL},
                "{\"error\":{\"code\":401,\"message\":\"no entry\"}}");
}

/* Applies to a request; returns its headers as lines, for the caller to free.
 */
static char *apply(struct auth *a, unsigned *serial) {
  static char origin[] = "https://drs", no_path[] = "";
  static const struct http_endpoint endpoint = {origin, no_path};
  struct http_request req = {
      .method = "POST", .endpoint = &endpoint, .path = "/v3/p/x", .query = "y"};
  assert_true(auth_apply(a, "p", &req, serial, NULL));
  char *lines = fake_lines(&req);
  http_request_finish(&req);
  return lines;
}

static void assert_applies(struct auth *a, const char *wanted) {
  unsigned serial;
  char *headers = apply(a, &serial);
  if (strstr(headers, wanted) == NULL)
    fail_msg("no %s in:\n%s", wanted, headers);
  free(headers);
  auth_done(a, &(struct auth_report){AUTH_INCONCLUSIVE, serial, NULL, -1},
            fake_now);
}

/* A request that gets a response. */
static void use(struct auth *a, enum auth_result result) {
  struct err words = ERR_INIT;
  unsigned serial;
  err_set(&words, ERR_AUTH, "HTTP 401");
  free(apply(a, &serial));
  auth_done(a, &(struct auth_report){result, serial, &words, -1}, fake_now);
}

/* Logins */

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

static void an_hour_of_a_wrong_password_is_six_tries(void **state) {
  (void)state;
  struct auth *a = open_login("p"), *b = open_login("q");
  assert_ptr_not_equal(a, b);
  for (; fake_now < born + HOUR; fake_now += 10000) {
    prepare(a);
    prepare(b);
    assert_between(fake_calls_len, 0, 1);
    if (fake_calls_len > 0)
      reject_login(401, -1);
    assert_int_equal(prepare(a), AUTH_REFUSED);
    assert_int_equal(prepare(b), AUTH_REFUSED);
    assert_non_null(strstr(why.text, "no entry"));
  }
  assert_int_equal(fake_started, 6);
}

static void write_secret(const char *path, const char *secret) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(secret, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

/* A login with the password of a new file. */
static struct auth *open_with_file(char *path) {
  close(mkstemp(path));
  return open_auth(login((struct secret_config){.path = path}), "p");
}

/* The same, whose first password was rejected. */
static struct auth *open_rejected(char *path, const char *password) {
  struct auth *a = open_with_file(path);
  write_secret(path, password);
  prepare(a);
  reject_login(401, -1);
  return a;
}

static void a_new_password_ends_the_pause(void **state) {
  (void)state;
  char path[] = "/tmp/test_auth.XXXXXX";
  struct auth *a = open_rejected(path, "wrong");
  assert_int_equal(prepare(a), AUTH_REFUSED);
  write_secret(path, "right");
  assert_int_equal(prepare(a), AUTH_BUSY);
  assert_non_null(strstr(fake_calls[0]->body, "\"password\":\"right\""));
  respond_login("token", DAY);
  assert_int_equal(prepare(a), AUTH_READY);
  assert_null(a->exposure);
  chmod(path, 0644);
  use(a, AUTH_ACCEPTED);
  use(a, AUTH_REJECTED);
  prepare(a);
  assert_non_null(strstr(a->exposure->text, path));
  unlink(path);
}

static void an_incomplete_file_is_not_tried(void **state) {
  (void)state;
  char path[] = "/tmp/test_auth.XXXXXX";
  struct auth *a = open_rejected(path, "wrong");
  static const char *const parts[] = {"r", "ri", "rig", "righ", "right1"};
  for (size_t i = 0; i < COUNT(parts); i++) {
    write_secret(path, parts[i]);
    prepare_now(a);
    fake_now += FILE_REST - 1;
  }
  assert_int_equal(prepare_now(a), AUTH_REFUSED);
  assert_non_null(strstr(why.text, "no entry"));
  assert_int_equal(fake_started, 1);
  write_secret(path, "right");
  assert_int_equal(prepare_now(a), AUTH_REFUSED);
  fake_now += FILE_REST;
  assert_int_equal(prepare_now(a), AUTH_BUSY);
  assert_int_equal(fake_started, 2);
  unlink(path);
}

static void a_value_that_was_rejected_ends_no_pause(void **state) {
  (void)state;
  char path[] = "/tmp/test_auth.XXXXXX";
  struct auth *a = open_rejected(path, "wrong-1");
  write_secret(path, "wrong-2");
  prepare(a);
  reject_login(401, -1);
  for (int i = 0; i < 10; i++) {
    write_secret(path, i % 2 == 0 ? "wrong-1" : "wrong-2");
    assert_int_equal(prepare(a), AUTH_REFUSED);
  }
  assert_int_equal(fake_started, 2);
  unlink(path);
}

/* A new wrong password at each step, and a login whenever one is allowed. */
static void write_wrong_passwords(msec_t span, msec_t step) {
  char path[] = "/tmp/test_auth.XXXXXX", password[32];
  struct auth *a = open_with_file(path);
  for (; fake_now < born + span; fake_now += step) {
    snprintf(password, sizeof(password), "wrong-%ld", (long)fake_now);
    write_secret(path, password);
    if (prepare(a) == AUTH_BUSY)
      reject_login(401, -1);
  }
  unlink(path);
}

/* A script that writes a wrong password every ten seconds locks nobody out. */
static void an_hour_of_new_wrong_passwords_is_six_tries(void **state) {
  (void)state;
  write_wrong_passwords(HOUR, 10000);
  assert_between(fake_started, 5, 6);
}

/* A pause ends for a new value, but not for every one. */
static void new_wrong_passwords_in_a_minute_are_four_tries(void **state) {
  (void)state;
  write_wrong_passwords(MINUTE, 5000);
  assert_int_equal(fake_started, 4);
}

/* Spellings of one service, with a password each. */
static struct auth *open_spelling(int i, const char *password) {
  static const char *const urls[] = {
      "https://iam/v3",        "https://IAM/v3",  "https://iam:443/v3",
      "HTTPS://iam/v3/",       "https://iam./v3", "https://iam:00443/v3",
      "https://iam/prefix/v3", "https://iam:/v3", "http://iam:443/v3",
      "https://iam/v3"};
  static const char *const names[] = {"user", "User", "USER ", "uSER"};
  struct credential_config c =
      login((struct secret_config){.value = literal(password)});
  c.identity_endpoint = literal(urls[i % 10]);
  c.user = literal(names[i % 4]);
  c.domain_name = literal(i % 3 == 0 ? "domain" : "Domain");
  return open_auth(c, "p");
}

static void a_user_has_one_pause_whatever_the_password(void **state) {
  (void)state;
  struct auth *a[10];
  char passwords[10][10];
  for (int i = 0; i < 10; i++) {
    snprintf(passwords[i], sizeof(passwords[i]), "wrong-%d", i);
    a[i] = open_spelling(i, passwords[i]);
  }
  for (; fake_now < born + HOUR; fake_now += 10000)
    for (int i = 0; i < 10; i++) {
      if (prepare(a[i]) == AUTH_BUSY)
        reject_login(401, -1);
      assert_int_equal(prepare(a[i]), AUTH_REFUSED);
      assert_non_null(strstr(why.text, "no entry"));
    }
  assert_int_equal(fake_started, 6);
}

/* A value that was never tried goes before those that were rejected. */
static void the_right_password_gets_its_turn(void **state) {
  (void)state;
  struct auth *wrong = open_spelling(0, "wrong"), *right;
  prepare(wrong);
  reject_login(401, -1);
  right = open_spelling(1, "right");
  assert_int_equal(prepare(right), AUTH_REFUSED);
  fake_now += MINUTE;
  assert_int_equal(prepare(wrong), AUTH_REFUSED);
  assert_int_equal(prepare(right), AUTH_BUSY);
  respond_login("token", MINUTE);
  for (; fake_now < born + HOUR; fake_now += 10000) {
    if (prepare(wrong) == AUTH_BUSY)
      reject_login(401, -1);
    prepare(right);
    if (fake_calls_len > 0)
      respond_login("token", MINUTE);
    assert_int_equal(prepare(right), AUTH_READY);
  }
}

static void projects_share_a_login(void **state) {
  (void)state;
  struct auth *a = open_login("p");
  for (int i = 1; i < 10; i++)
    assert_ptr_equal(open_login("p"), a);
  for (int i = 0; i < 10; i++)
    prepare(a);
  assert_int_equal(fake_started, 1);
}

/* One after another: if the password is wrong, one try shows it. */
static void a_user_logs_in_once_at_a_time(void **state) {
  (void)state;
  struct auth *a[10];
  char project[10][8];
  for (int i = 0; i < 10; i++) {
    snprintf(project[i], sizeof(project[i]), "%d", i);
    a[i] = open_login(project[i]);
  }
  for (int done = 0; done < 10; done++) {
    for (int i = 0; i < 10; i++)
      assert_int_equal(prepare(a[i]), i < done ? AUTH_READY : AUTH_BUSY);
    assert_int_equal(fake_calls_len, 1);
    respond_login("token", DAY);
  }
  assert_int_equal(fake_started, 10);
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
    fake_response(fake_calls[0],
                  (struct http_response){statuses[i], -1, -1, NULL},
                  "<html>no</html>");
    assert_int_equal(prepare(a), AUTH_REFUSED);
    assert_int_equal(why.kind, ERR_HTTP);
    fake_now += 1000 << i;
  }
  prepare(a);
  reject_login(400, -1); /* in the identity service's own words */
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_int_equal(why.kind, ERR_AUTH);
}

static void a_login_is_sent_once(void **state) {
  (void)state;
  prepare(open_login("p"));
  assert_true(fake_calls[0]->no_retry);
  assert_int_equal(fake_started, 1);
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

/* Access keys */

static void a_new_key_is_tried_once_at_a_time(void **state) {
  (void)state;
  struct auth *a = open_key("p");
  unsigned serial;
  assert_ptr_equal(open_key("q"), a);
  assert_int_equal(prepare(a), AUTH_READY);
  free(apply(a, &serial));
  assert_int_equal(prepare(a), AUTH_BUSY);
  auth_done(a, &(struct auth_report){AUTH_ACCEPTED, serial, NULL, -1},
            fake_now);
  free(apply(a, &serial));
  assert_int_equal(prepare(a), AUTH_READY);
  auth_done(a, &(struct auth_report){AUTH_INCONCLUSIVE, serial, NULL, -1},
            fake_now);
}

static void an_hour_of_a_wrong_key_is_six_tries(void **state) {
  (void)state;
  struct auth *a = open_key("p");
  int tries = 0;
  for (; fake_now < born + HOUR; fake_now += 10000) {
    if (prepare(a) == AUTH_READY) {
      use(a, AUTH_REJECTED);
      tries++;
    }
    assert_int_equal(prepare(a), AUTH_REFUSED);
  }
  assert_int_equal(tries, 6);
  assert_non_null(strstr(why.text, "access key was rejected (HTTP 401"));
}

static struct auth *open_keys(const char *secret_key) {
  struct credential_config c = {.type = CREDENTIAL_ACCESS_KEY,
                                .access_key = literal("AK"),
                                .secret_key.value = literal(secret_key)};
  return open_auth(c, "p");
}

static void an_access_key_has_one_pause_whatever_the_secret(void **state) {
  (void)state;
  struct auth *a[10];
  char secrets[10][10];
  int tries = 0, first_minute = 0;
  for (int i = 0; i < 10; i++) {
    snprintf(secrets[i], sizeof(secrets[i]), "wrong-%d", i);
    a[i] = open_keys(secrets[i]);
  }
  for (; fake_now < born + HOUR; fake_now += 10000) {
    for (int i = 0; i < 10; i++)
      if (prepare(a[i]) == AUTH_READY) {
        use(a[i], AUTH_REJECTED);
        tries++;
      }
    first_minute = fake_now < born + MINUTE ? tries : first_minute;
  }
  assert_int_equal(first_minute, 1);
  assert_int_equal(tries, 6);
}

static void one_secret_of_an_access_key_is_tried_at_a_time(void **state) {
  (void)state;
  struct auth *a = open_keys("one"), *b = open_keys("two");
  unsigned serial;
  prepare(a);
  free(apply(a, &serial));
  assert_int_equal(prepare(b), AUTH_BUSY);
  auth_done(a, &(struct auth_report){AUTH_INCONCLUSIVE, serial, NULL, -1},
            fake_now);
  assert_int_equal(prepare(b), AUTH_READY);
}

/* Eight in flight with a key that is withdrawn: one rejection. After the pause
 * it is a key that is not accepted yet. */
static void rejections_of_one_key_are_one(void **state) {
  (void)state;
  struct auth *a = open_key("p");
  struct auth_report rejected = {AUTH_REJECTED, 0, &why, -1};
  prepare(a);
  use(a, AUTH_ACCEPTED);
  for (int i = 0; i < 8; i++)
    free(apply(a, &rejected.serial));
  for (int i = 0; i < 8; i++)
    auth_done(a, &rejected, fake_now);
  assert_int_equal(prepare(a), AUTH_REFUSED);
  fake_now += MINUTE;
  assert_int_equal(prepare(a), AUTH_READY);
  free(apply(a, &rejected.serial));
  assert_int_equal(prepare(a), AUTH_BUSY);
  rejected.result = AUTH_ACCEPTED;
  auth_done(a, &rejected, fake_now);
  assert_int_equal(prepare(a), AUTH_READY);
}

static void an_accepted_key_pays_for_no_other(void **state) {
  (void)state;
  struct auth *right = open_keys("right"), *wrong = open_keys("wrong");
  prepare(right);
  use(right, AUTH_ACCEPTED);
  prepare(wrong);
  use(wrong, AUTH_REJECTED);
  assert_int_equal(prepare(wrong), AUTH_REFUSED);
  assert_int_equal(prepare(right), AUTH_READY);
  struct credential_config c = {.type = CREDENTIAL_ACCESS_KEY,
                                .access_key = literal("AK"),
                                .secret_key.value = literal("right"),
                                .security_token.value = literal("T")};
  assert_int_equal(prepare(open_auth(c, "p")), AUTH_READY);
}

static void a_wrong_clock_is_named(void **state) {
  (void)state;
  static const struct {
    long ahead; /* seconds, of our clock */
    const char *text;
  } rows[] = {{1000, "16 minutes ahead of"},
              {-3600, "60 minutes behind"},
              {890, "access key was rejected"},
              {-890, "access key was rejected"}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct auth *a = open_key("p");
    struct auth_report o = {AUTH_REJECTED, 0, &why, time(NULL) - rows[i].ahead};
    prepare(a);
    free(apply(a, &o.serial));
    auth_done(a, &o, fake_now);
    prepare(a);
    if (strstr(why.text, rows[i].text) == NULL)
      fail_msg("\"%s\" does not have \"%s\"", why.text, rows[i].text);
    tear_down(NULL);
  }
}

static void a_signature_has_its_headers(void **state) {
  (void)state;
  struct auth *a = open_key("p");
  assert_applies(a, "Authorization: SDK-HMAC-SHA256 Access=AK, "
                    "SignedHeaders=host;x-project-id;x-sdk-date, Signature=");
  assert_applies(a, "Host: drs\n");
  assert_applies(a, "X-Project-Id: p\n");
}

/* What proxies may rewrite, such as Accept, is not signed. */
static void the_vendors_headers_are_signed(void **state) {
  (void)state;
  static char origin[] = "https://drs", prefix[] = "/prefix";
  static const struct http_endpoint endpoint = {origin, prefix};
  struct http_request req = {
      .method = "GET", .endpoint = &endpoint, .path = "/v3/p"};
  struct auth *a = open_key("p");
  struct auth_report over = {AUTH_INCONCLUSIVE, 0, NULL, -1};
  assert_true(http_request_add_header(&req, "Content-Type", "a/b", NULL));
  assert_true(http_request_add_header(&req, "Accept", "a/b", NULL));
  assert_true(http_request_add_header(&req, "X-Language", "en-us", NULL));
  assert_true(auth_apply(a, "p", &req, &over.serial, NULL));
  char *lines = fake_lines(&req);
  assert_non_null(strstr(lines, "SignedHeaders=content-type;host;x-language;"
                                "x-project-id;x-sdk-date, "));
  free(lines);
  http_request_finish(&req);
  auth_done(a, &over, fake_now);
}

/* An agency */

static void respond_session(long status, const char *text) {
  fake_response(fake_calls[0], (struct http_response){status, -1, -1, NULL},
                text);
}

static void respond_keys(const char *access, msec_t life) {
  char body[200], end[40];
  time_t ends = wall_now() + (time_t)(life / 1000);
  strftime(end, sizeof(end), "%Y-%m-%dT%H:%M:%S.000000Z", gmtime(&ends));
  snprintf(body, sizeof(body),
           "{\"credential\":{\"access\":\"%s\",\"secret\":\"S\","
           "\"securitytoken\":\"T\",\"expires_at\":\"%s\"}}",
           access, end);
  fake_response(fake_calls[0],
                (struct http_response){200, -1, wall_now(), NULL}, body);
}

static void get_keys(struct auth *a, const char *access, msec_t life) {
  prepare(a);
  respond_session(200, "session");
  prepare(a);
  respond_keys(access, life);
}

static void an_agency_gives_keys(void **state) {
  (void)state;
  struct auth *a = open_agency();
  assert_int_equal(prepare(a), AUTH_BUSY);
  assert_string_equal(fake_calls[0]->url,
                      "http://metadata/meta-data/latest/api/token");
  respond_session(200, "session");
  assert_int_equal(prepare(a), AUTH_BUSY);
  assert_string_equal(fake_calls[0]->url,
                      "http://metadata/openstack/latest/securitykey");
  assert_string_equal(fake_calls[0]->headers, "X-Metadata-Token: session\n");
  respond_keys("AK1", 6 * HOUR);
  assert_int_equal(prepare(a), AUTH_READY);
  assert_applies(a, "Access=AK1, ");
  assert_applies(a, "X-Security-Token: T\n");
}

static void a_session_need_not_be_offered(void **state) {
  (void)state;
  static const long statuses[] = {404, 405, 503};
  for (size_t i = 0; i < COUNT(statuses); i++) {
    struct auth *a = open_agency();
    prepare(a);
    respond_session(statuses[i], "not here");
    assert_int_equal(prepare(a), AUTH_BUSY);
    assert_string_equal(fake_calls[0]->headers, "");
    respond_keys("AK1", HOUR);
    assert_int_equal(prepare(a), AUTH_READY);
    tear_down(NULL);
  }
}

static void its_keys_are_renewed_in_time(void **state) {
  (void)state;
  struct auth *a = open_agency();
  get_keys(a, "AK1", 6 * HOUR);
  for (; fake_started == 2; fake_now += MINUTE)
    assert_int_equal(prepare(a), AUTH_READY);
  msec_t left = born + 6 * HOUR - (fake_now - MINUTE);
  assert_between(left, 9 * MINUTE, 40 * MINUTE);
  respond_session(200, "session");
  assert_int_equal(prepare(a), AUTH_READY);
  assert_applies(a, "Access=AK1, ");
  respond_keys("AK2", 6 * HOUR);
  prepare(a);
  assert_applies(a, "Access=AK2, ");
  assert_int_equal(fake_started, 4);
}

static void a_missing_agency_is_named(void **state) {
  (void)state;
  struct auth *a = open_agency();
  prepare(a);
  respond_session(200, "session");
  prepare(a);
  fake_response(fake_calls[0], (struct http_response){401, -1, -1, NULL},
                "Please configure Cloud Service Agency first");
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_non_null(strstr(why.text, "this server has no agency"));
}

static void a_missing_metadata_service_is_named(void **state) {
  (void)state;
  struct auth *a = open_agency();
  prepare(a);
  fake_fail(fake_calls[0], "no route");
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_non_null(strstr(why.text, "metadata service: no route"));
  fake_now += 1000;
  assert_int_equal(prepare(a), AUTH_BUSY);
  respond_session(404, "");
  prepare(a);
  fake_response(fake_calls[0], (struct http_response){200, -1, -1, NULL}, "{}");
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_non_null(strstr(why.text, "no keys"));
}

static void keys_that_served_are_renewed_at_once(void **state) {
  (void)state;
  struct auth *a = open_agency();
  get_keys(a, "AK1", HOUR);
  prepare(a);
  use(a, AUTH_ACCEPTED);
  use(a, AUTH_REJECTED);
  assert_int_equal(prepare(a), AUTH_BUSY);
  get_keys(a, "AK2", HOUR);
  prepare(a);
  use(a, AUTH_REJECTED);
  assert_int_equal(prepare(a), AUTH_REFUSED);
}

static bool ended_with_session; /* and not with keys */

/* Requests in this time, where each cycle comes right after the last. */
static size_t requests_in(struct auth *a, msec_t time, msec_t ends) {
  size_t before = fake_started;
  for (msec_t end = fake_now + time; fake_now < end; fake_now += 10) {
    if (prepare(a) != AUTH_BUSY && fake_calls_len == 0)
      continue;
    ended_with_session = strstr(fake_calls[0]->url, "securitykey") == NULL;
    if (ended_with_session)
      respond_session(200, "session");
    else
      respond_keys("AK", ends - fake_now);
  }
  return fake_started - before;
}

static void keys_that_have_expired_cost_few_requests(void **state) {
  (void)state;
  struct auth *a = open_agency();
  assert_int_equal(requests_in(a, 400, 0), 2);
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_non_null(strstr(why.text, "keys that have expired"));
  assert_between(requests_in(a, HOUR, 0), 20, 60);
}

/* Their successors come two seconds after their end. */
static void
keys_that_end_before_their_successors_cost_few_requests(void **state) {
  (void)state;
  struct auth *a = open_agency();
  assert_between(requests_in(a, 20000, fake_now + 20000), 2, 40);
  assert_between(requests_in(a, 2000, fake_now), 2, 10);
  /* Pauses are random: the session for the next keys may be there. */
  size_t first = ended_with_session;
  assert_between(first + requests_in(a, 10000, fake_now + HOUR), 2, 4);
  assert_int_equal(prepare(a), AUTH_READY);
}

static void a_session_token_cannot_add_a_header(void **state) {
  (void)state;
  static const char *const tokens[] = {"session\r\nX-Evil: 1", "s\n", "\x01"};
  for (size_t i = 0; i < COUNT(tokens); i++) {
    struct auth *a = open_agency();
    prepare(a);
    respond_session(200, tokens[i]);
    assert_int_equal(prepare(a), AUTH_REFUSED);
    assert_non_null(strstr(why.text, "control character"));
    assert_int_equal(fake_calls_len, 0);
    tear_down(NULL);
  }
}

/* Memory */

static struct credential_config credential;

static bool open_and_close(void) {
  static const struct auth_options o = {.credential = &credential,
                                        .project_id = "p"};
  struct auth *a = auth_open(&auths, &o, NULL);
  if (a == NULL) {
    assert_null(auths.all);
    assert_null(auths.accounts);
    return false;
  }
  auth_close(&auths, a);
  return true;
}

static void nothing_is_kept_where_memory_is_short(void **state) {
  (void)state;
  const struct credential_config all[] = {
      {.type = CREDENTIAL_TOKEN, .token.value = literal("token")},
      {.type = CREDENTIAL_TOKEN, .token.path = literal("/token")},
      login((struct secret_config){.value = literal("password")}),
      {.type = CREDENTIAL_ACCESS_KEY,
       .access_key = literal("AK"),
       .secret_key.value = literal("SK"),
       .security_token.value = literal("T")},
      {.type = CREDENTIAL_AGENCY, .metadata_endpoint = literal("http://m")}};
  for (size_t i = 0; i < COUNT(all); i++) {
    credential = all[i];
    alloc_fail_each(open_and_close);
  }
}

/* ("ab", "c") is not ("a", "bc"), and neither has a NULL. */
static void keys_of_shared_credentials_do_not_collide(void **state) {
  (void)state;
  static const char *const parts[][2] = {
      {"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"abc", NULL}, {NULL, "abc"},
      {"-", NULL}, {NULL, "-"}, {"+", ""},   {"", "+"}};
  struct buf keys[COUNT(parts)];
  for (size_t i = 0; i < COUNT(parts); i++) {
    buf_init(&keys[i], REGISTRY_KEY_MAX);
    assert_true(registry_key_add(&keys[i], parts[i][0], NULL));
    assert_true(registry_key_add(&keys[i], parts[i][1], NULL));
    for (size_t j = 0; j < i; j++)
      assert_false(keys[i].len == keys[j].len &&
                   memcmp(keys[i].data, keys[j].data, keys[i].len) == 0);
  }
  for (size_t i = 0; i < COUNT(parts); i++)
    buf_free(&keys[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_token_lasts_its_day),
      TEST(it_is_renewed_before_its_end),
      TEST(a_token_that_served_is_renewed_at_once),
      TEST(a_token_that_never_served_is_not_followed_by_another),
      TEST(rejections_of_an_old_token_prove_nothing),
      TEST(rejections_of_one_token_are_one),
      TEST(an_hour_of_a_wrong_password_is_six_tries),
      TEST(a_new_password_ends_the_pause),
      TEST(an_incomplete_file_is_not_tried),
      TEST(a_value_that_was_rejected_ends_no_pause),
      TEST(an_hour_of_new_wrong_passwords_is_six_tries),
      TEST(new_wrong_passwords_in_a_minute_are_four_tries),
      TEST(a_user_has_one_pause_whatever_the_password),
      TEST(the_right_password_gets_its_turn),
      TEST(projects_share_a_login),
      TEST(a_user_logs_in_once_at_a_time),
      TEST(an_unavailable_identity_service_is_retried),
      TEST(other_statuses_reject_nothing),
      TEST(a_login_is_sent_once),
      TEST(its_illness_costs_no_read_while_the_token_lives),
      TEST(a_response_without_a_token_is_an_error),
      TEST(a_response_without_a_token_accepts_no_password),
      TEST(a_token_may_have_32_kilobytes),
      TEST(a_new_key_is_tried_once_at_a_time),
      TEST(an_hour_of_a_wrong_key_is_six_tries),
      TEST(an_access_key_has_one_pause_whatever_the_secret),
      TEST(one_secret_of_an_access_key_is_tried_at_a_time),
      TEST(rejections_of_one_key_are_one),
      TEST(an_accepted_key_pays_for_no_other),
      TEST(a_wrong_clock_is_named),
      TEST(a_signature_has_its_headers),
      TEST(the_vendors_headers_are_signed),
      TEST(an_agency_gives_keys),
      TEST(a_session_need_not_be_offered),
      TEST(its_keys_are_renewed_in_time),
      TEST(a_missing_agency_is_named),
      TEST(a_missing_metadata_service_is_named),
      TEST(keys_that_served_are_renewed_at_once),
      TEST(keys_that_have_expired_cost_few_requests),
      TEST(keys_that_end_before_their_successors_cost_few_requests),
      TEST(a_session_token_cannot_add_a_header),
      TEST(nothing_is_kept_where_memory_is_short),
      TEST(keys_of_shared_credentials_do_not_collide),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
