/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Texts from outside that quote a secret in use. */

#include "unit.h"

#include "base/secret.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define PASSWORD "a \"pass\\word\" of 1\xE2\x82\xAC"
#define TOKEN "MIIabcdefghijklmnopqrstuvwxyz0123456789-and-so-on-for-kilobytes"

static struct secret s;

static void use(const char *value) {
  assert_true(secret_init(&s, NULL, NULL));
  assert_true(secret_set(&s, value, NULL));
}

static void assert_redacted(const char *text, const char *expected) {
  char copy[512];
  strcpy(copy, text);
  secret_redact(copy);
  assert_string_equal(copy, expected);
}

static int tear_down(void **state) {
  (void)state;
  secret_free(&s);
  assert_redacted("a " PASSWORD, "a " PASSWORD); /* no longer in use */
  return 0;
}

static void it_is_replaced_wherever_it_stands(void **state) {
  (void)state;
  use("s3cret");
  assert_redacted("s3cret", "***");
  assert_redacted("not s3cret, s3cret!", "not ***, ***!");
  assert_redacted("s3crets3cret", "******");
  assert_redacted("S3CRET s3cre s 3cret", "S3CRET s3cre s 3cret");
  assert_redacted("", "");
}

static void its_escapes_are_known(void **state) {
  (void)state;
  use(PASSWORD);
  static const char *const forms[] = {
      PASSWORD,
      "a \\\"pass\\\\word\\\" of 1\xE2\x82\xAC",
      "a \\u0022pass\\u005Cword\\u0022 of 1\\u20AC",
      "a \\u0022pass\\u005cword\\\" of 1\\u20ac",
      "a%20%22pass%5Cword%22%20of%201%E2%82%AC",
      "a+%22pass%5cword%22+of+1%e2%82%ac",
      "a &quot;pass\\word&quot; of 1\xE2\x82\xAC",
      "a &#34;pass\\word&#34; of 1\xE2\x82\xAC",
  };
  for (size_t i = 0; i < COUNT(forms); i++) {
    char text[256], expected[256];
    strcat(strcat(strcpy(text, "got ("), forms[i]), ")");
    strcpy(expected, "got (***)");
    assert_redacted(text, expected);
  }
}

/* An emoji is two escapes of JSON. */
static void surrogates_are_one_character(void **state) {
  (void)state;
  use("key\xF0\x9F\x94\x91s");
  assert_redacted("<key\\ud83d\\udd11s>", "<***>");
  assert_redacted("<key\\ud83dx>", "<key\\ud83dx>");
}

static void base64_is_known_at_each_offset(void **state) {
  (void)state;
  use("correct horse battery");
  assert_redacted("Basic Y29ycmVjdCBob3JzZSBiYXR0ZXJ5.", "Basic ***.");
  /* "u:correct horse battery", "us:...", "use:..." */
  assert_redacted("Basic dTpjb3JyZWN0IGhvcnNlIGJhdHRlcnk=.", "Basic dTpj***.");
  assert_redacted("Basic dXM6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5.", "Basic dXM6***.");
  assert_redacted("Basic dXNlOmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==.",
                  "Basic dXNlOmNv***.");
}

static void the_start_of_a_long_one_is_known(void **state) {
  (void)state;
  use(TOKEN);
  assert_redacted("token MIIabcdefghi... is bad", "token ***... is bad");
  assert_redacted("token MIIabcdefgh... is bad", "token MIIabcdefgh... is bad");
}

/* Whatever cut it, and however little is left. */
static void the_end_of_a_text_may_be_a_cut(void **state) {
  (void)state;
  use(TOKEN);
  assert_redacted("token MIIabcdefgh", "token ***");
  assert_redacted("token MIIa", "token ***");
  assert_redacted("token MII", "token MII");
  assert_true(secret_set(&s, PASSWORD, NULL));
  assert_redacted("as a \\\"pas", "as ***");
  assert_true(secret_set(&s, "correct horse battery", NULL));
  assert_redacted("Basic Y29ycmVjd", "Basic ***");
}

/* err_set makes a text printable before it is redacted. */
static void bytes_that_are_not_text_may_be_replaced(void **state) {
  (void)state;
  use("p\xE4ssw\xF6rd");
  assert_redacted("got p\xE4ssw\xF6rd.", "got ***.");
  assert_redacted("got p?ssw?rd.", "got ***.");
  assert_true(secret_set(&s, "\xC2\x85key", NULL));
  assert_redacted("got ??key.", "got ***.");
  assert_redacted("got ?key.", "got ?key.");
}

static size_t compared; /* secrets with places of a text */

size_t __real_redact_match(const char *text, const char *secret, size_t len);
bool __real_redact_may_match(const char *text, const char *secret, size_t len);
size_t __wrap_redact_match(const char *text, const char *secret, size_t len);
bool __wrap_redact_may_match(const char *text, const char *secret, size_t len);

size_t __wrap_redact_match(const char *text, const char *secret, size_t len) {
  compared++;
  return __real_redact_match(text, secret, len);
}

bool __wrap_redact_may_match(const char *text, const char *secret, size_t len) {
  compared++;
  return __real_redact_may_match(text, secret, len);
}

/* Without an index each place of the text would meet each of them. */
static void a_text_meets_few_of_many_secrets(void **state) {
  (void)state;
  enum { MANY = 2000 };
  static struct secret many[MANY];
  char text[] = "binlog.000001:12345678/3E11FA47-71CA-11E1-9E33:1-5";
  use("unrelated");
  for (int i = 0; i < MANY; i++) {
    char value[64];
    snprintf(value, sizeof(value), "%c%c%09d-of-this-project", 'a' + i % 26,
             'A' + i / 26 % 26, i * 7919 % 1000000007);
    assert_true(secret_init(&many[i], NULL, NULL));
    assert_true(secret_set(&many[i], value, NULL));
  }
  compared = 0;
  secret_redact(text);
  assert_between(compared, 1, MANY);
  for (int i = 0; i < MANY; i++)
    secret_free(&many[i]);
}

static void short_ones_are_left(void **state) {
  (void)state;
  use("abc");
  assert_redacted("abc", "abc");
  assert_true(secret_set(&s, "abcd", NULL));
  assert_redacted("abc abcd", "abc ***");
}

static void a_replaced_value_is_no_secret(void **state) {
  (void)state;
  use("value-1");
  assert_true(secret_set(&s, "value-2", NULL));
  assert_redacted("value-1 value-2", "value-1 ***");
  secret_clear(&s);
  assert_redacted("value-2", "value-2");
}

static void the_longest_match_counts(void **state) {
  (void)state;
  struct secret longer;
  use("password");
  assert_true(secret_init(&longer, NULL, NULL));
  assert_true(secret_set(&longer, "password-of-prod", NULL));
  assert_redacted("password-of-prod password", "*** ***");
  secret_free(&longer);
}

static void signatures_are_replaced(void **state) {
  (void)state;
  use("unrelated");
  assert_redacted("Access=AK, Signature=0123abcd, x", "Access=AK, ***, x");
  assert_redacted("0123456789abcdef0123456789abcdef"
                  "0123456789abcdef0123456789abcdef",
                  "***");
  assert_redacted("project 054ba152d480d55b2f5dc0069e7ddef0",
                  "project 054ba152d480d55b2f5dc0069e7ddef0");
}

/* A thread redacts while another one renews a token. */
static void *redact_often(void *arg) {
  (void)arg;
  for (int i = 0; i < 2000; i++) {
    char text[] = "the-same-token and the-other-token";
    secret_redact(text);
  }
  return NULL;
}

static void it_may_change_meanwhile(void **state) {
  (void)state;
  pthread_t thread;
  use("the-same-token");
  assert_int_equal(pthread_create(&thread, NULL, redact_often, NULL), 0);
  for (int i = 0; i < 2000; i++)
    assert_true(
        secret_set(&s, i % 2 ? "the-same-token" : "the-other-token", NULL));
  assert_int_equal(pthread_join(thread, NULL), 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(it_is_replaced_wherever_it_stands),
      TEST(its_escapes_are_known),
      TEST(surrogates_are_one_character),
      TEST(base64_is_known_at_each_offset),
      TEST(the_start_of_a_long_one_is_known),
      TEST(the_end_of_a_text_may_be_a_cut),
      TEST(bytes_that_are_not_text_may_be_replaced),
      TEST(a_text_meets_few_of_many_secrets),
      TEST(short_ones_are_left),
      TEST(a_replaced_value_is_no_secret),
      TEST(the_longest_match_counts),
      TEST(signatures_are_replaced),
      TEST(it_may_change_meanwhile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
