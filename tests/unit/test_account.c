/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What protects an account from a lockout: six tries an hour, whatever is
 * configured, written into a file, or shared. */

#include "auth_fixture.h"
#include "write_file.h"

#include <sys/stat.h>

/* A password */

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

/* A password in a file */

/* A login with the password of a new file. */
static struct auth *open_with_file(char *path) {
  close(mkstemp(path));
  return open_auth(login((struct secret_config){.path = path}), "p");
}

/* The same, whose first password was rejected. */
static struct auth *open_rejected(char *path, const char *password) {
  struct auth *a = open_with_file(path);
  write_file(path, password);
  prepare(a);
  reject_login(401, -1);
  return a;
}

static void a_new_password_ends_the_pause(void **state) {
  (void)state;
  char path[] = "/tmp/test_account.XXXXXX";
  struct auth *a = open_rejected(path, "wrong");
  assert_int_equal(prepare(a), AUTH_REFUSED);
  write_file(path, "right");
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
  char path[] = "/tmp/test_account.XXXXXX";
  struct auth *a = open_rejected(path, "wrong");
  static const char *const parts[] = {"r", "ri", "rig", "righ", "right1"};
  for (size_t i = 0; i < COUNT(parts); i++) {
    write_file(path, parts[i]);
    prepare_now(a);
    fake_now += FILE_REST - 1;
  }
  assert_int_equal(prepare_now(a), AUTH_REFUSED);
  assert_non_null(strstr(why.text, "no entry"));
  assert_int_equal(fake_started, 1);
  write_file(path, "right");
  assert_int_equal(prepare_now(a), AUTH_REFUSED);
  fake_now += FILE_REST;
  assert_int_equal(prepare_now(a), AUTH_BUSY);
  assert_int_equal(fake_started, 2);
  unlink(path);
}

static void a_value_that_was_rejected_ends_no_pause(void **state) {
  (void)state;
  char path[] = "/tmp/test_account.XXXXXX";
  struct auth *a = open_rejected(path, "wrong-1");
  write_file(path, "wrong-2");
  prepare(a);
  reject_login(401, -1);
  for (int i = 0; i < 10; i++) {
    write_file(path, i % 2 == 0 ? "wrong-1" : "wrong-2");
    assert_int_equal(prepare(a), AUTH_REFUSED);
  }
  assert_int_equal(fake_started, 2);
  unlink(path);
}

/* A new wrong password at each step, and a login whenever one is allowed. */
static void write_wrong_passwords(msec_t span, msec_t step) {
  char path[] = "/tmp/test_account.XXXXXX", password[32];
  struct auth *a = open_with_file(path);
  for (; fake_now < born + span; fake_now += step) {
    snprintf(password, sizeof(password), "wrong-%ld", (long)fake_now);
    write_file(path, password);
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

/* Several passwords of a user */

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

/* An access key */

static struct auth *open_keys(const char *secret_key) {
  struct credential_config c = {.type = CREDENTIAL_ACCESS_KEY,
                                .access_key = literal("AK"),
                                .secret_key.value = literal(secret_key)};
  return open_auth(c, "p");
}

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

int main(void) {
  const struct CMUnitTest tests[] = {
      AUTH_TEST(an_hour_of_a_wrong_password_is_six_tries),
      AUTH_TEST(a_user_logs_in_once_at_a_time),
      AUTH_TEST(a_new_password_ends_the_pause),
      AUTH_TEST(an_incomplete_file_is_not_tried),
      AUTH_TEST(a_value_that_was_rejected_ends_no_pause),
      AUTH_TEST(an_hour_of_new_wrong_passwords_is_six_tries),
      AUTH_TEST(new_wrong_passwords_in_a_minute_are_four_tries),
      AUTH_TEST(a_user_has_one_pause_whatever_the_password),
      AUTH_TEST(the_right_password_gets_its_turn),
      AUTH_TEST(a_new_key_is_tried_once_at_a_time),
      AUTH_TEST(an_hour_of_a_wrong_key_is_six_tries),
      AUTH_TEST(an_access_key_has_one_pause_whatever_the_secret),
      AUTH_TEST(one_secret_of_an_access_key_is_tried_at_a_time),
      AUTH_TEST(rejections_of_one_key_are_one),
      AUTH_TEST(an_accepted_key_pays_for_no_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
