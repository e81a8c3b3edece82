/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Bodies that contain credentials, each read whole and at every chunk
 * size. */

#include "alloc.h"

#include "auth/messages.h"

#include <stdio.h>

#define CHUNK_MAX 31

/* The login */

static const struct identity_login login = {.domain = "OTC-EU-DE-000",
                                            .user = "monitor",
                                            .password = "pass \"word\" \\ /",
                                            .project_id = "054ba152d480d55b"};

static void a_login_has_the_form_of_keystone(void **state) {
  (void)state;
  struct buf body;
  buf_init(&body, 1000);
  assert_true(messages_login(&body, &login, NULL));
  assert_string_equal(
      body.data,
      "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":"
      "{\"user\":{\"name\":\"monitor\","
      "\"password\":\"pass \\\"word\\\" \\\\ /\","
      "\"domain\":{\"name\":\"OTC-EU-DE-000\"}}}},"
      "\"scope\":{\"project\":{\"id\":\"054ba152d480d55b\"}}}}");
  buf_free(&body);
}

static bool write_a_login(void) {
  struct buf body;
  buf_init(&body, 1000);
  bool ok = messages_login(&body, &login, NULL);
  buf_free(&body);
  return ok;
}

static void no_failure_of_a_login_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(write_a_login);
}

static void a_login_leaves_no_password(void **state) {
  (void)state;
  alloc_reset();
  alloc.secret = "word";
  assert_true(write_a_login());
  assert_int_equal(alloc.spilled, 0);
  assert_int_equal(alloc.live, 0);
}

static void a_login_has_to_fit(void **state) {
  (void)state;
  struct err e = ERR_INIT;
  struct buf body;
  buf_init(&body, 100);
  assert_false(messages_login(&body, &login, &e));
  assert_int_equal(e.kind, ERR_RESPONSE);
  buf_free(&body);
}

/* Responses: each as a line of text. */

static void print(char line[1024], const struct messages_response *r) {
  char expires[32] = "-";
  if (r->has_expires_at)
    snprintf(expires, sizeof(expires), "%lld", (long long)r->expires_at);
  snprintf(line, 1024, "%s access=%s secret=%s token=%s code=%s message=%s",
           expires, r->access.data, r->secret.data, r->security_token.data,
           r->code, r->message);
}

static const struct messages_response *read_in_chunks(struct messages_reader *r,
                                                      const char *text,
                                                      size_t chunk,
                                                      struct err *err) {
  size_t len = strlen(text);
  bool ok = true;
  for (size_t at = 0; ok && at < len; at += chunk)
    ok = messages_feed(r, text + at, len - at < chunk ? len - at : chunk, err);
  return messages_finish(r, err);
}

static void assert_output(const char *text, size_t chunk,
                          const char *expected) {
  char line[1024];
  struct err e = ERR_INIT;
  struct messages_reader *r = messages_reader_new();
  assert_non_null(r);
  print(line, read_in_chunks(r, text, chunk, &e));
  if (err_is_set(&e)) {
    assert_int_equal(e.kind, ERR_RESPONSE);
    strcat(line, " error");
  }
  messages_reader_free(r);
  if (strcmp(line, expected) != 0)
    fail_msg("%s in chunks of %zu:\n%s\n-- expected:\n%s", text, chunk, line,
             expected);
}

#define NOTHING "- access= secret= token= code= message="

static const struct {
  const char *text, *output;
} rows[] = {
    /* Keystone's own, shortened */
    {"{\"token\": {\"methods\": [\"password\"], \"user\": {\"domain\": {\"id\":"
     " \"default\", \"name\": \"Default\"}, \"id\": \"3ec3164f75\", \"name\": "
     "\"monitor\", \"password_expires_at\": null}, \"audit_ids\": [\"x\"], "
     "\"expires_at\": \"2015-11-09T01:42:57.527363Z\", \"issued_at\": "
     "\"2015-11-09T00:42:57.527404Z\", \"roles\": [{\"expires_at\": "
     "\"2001-01-01T00:00:00Z\"}], \"is_domain\": false}}",
     "1447033377 access= secret= token= code= message="},
    {"{\"token\":{\"user\":{\"expires_at\":\"2001-01-01T00:00:00Z\"},"
     "\"expires_at\":\"2015-11-09T01:42:57Z\",\"catalog\":[]},\"x\":1}",
     "1447033377 access= secret= token= code= message="},
    {"{\"token\":{\"expires_at\":null}}", NOTHING},
    {"{\"token\":{\"expires_at\":\"never\"}}", NOTHING},
    {"{\"token\":{\"expires_at\":1447033377}}", NOTHING},
    {"{\"token\":{\"expires_at\":{\"expires_at\":\"2015-11-09T01:42:57Z\"}}}",
     NOTHING},
    {"{\"token\":[{\"expires_at\":\"2015-11-09T01:42:57Z\"}]}", NOTHING},
    {"{\"token\":\"x\",\"expires_at\":\"2015-11-09T01:42:57Z\"}", NOTHING},
    {"{\"x\":{\"token\":{\"expires_at\":\"2015-11-09T01:42:57Z\"}}}", NOTHING},
    {"[{\"token\":{\"expires_at\":\"2015-11-09T01:42:57Z\"}}]", NOTHING},
    /* the keys of an agency */
    {"{\"credential\":{\"expires_at\":\"2020-01-08T03:50:07.574000Z\","
     "\"access\":\"AK1\",\"secret\":\"SK/+2\",\"securitytoken\":\"gQpj==\"}}",
     "1578455407 access=AK1 secret=SK/+2 token=gQpj== code= message="},
    {"{\"credential\":{\"access\":\"AK1\"},\"access\":\"AK2\",\"x\":{"
     "\"secret\":"
     "\"SK2\"}}",
     "- access=AK1 secret= token= code= message="},
    {"{\"credential\":{\"access\":null,\"secret\":\"\",\"securitytoken\":[]}}",
     NOTHING},
    {"{\"credential\":{\"access\":\"AK1\",\"access\":\"AK2\"}}",
     "- access=AK2 secret= token= code= message="},
    {"{\"token\":{\"access\":\"AK1\"},\"error\":{\"secret\":\"SK1\"}}",
     NOTHING},
    /* rejections */
    {"{\"error\":{\"code\":401,\"message\":\"The request you have made "
     "requires "
     "authentication.\",\"title\":\"Unauthorized\"}}",
     "- access= secret= token= code=401 message=The request you have made "
     "requires authentication."},
    {"{\"error_msg\":\"Too many.\",\"error_code\":\"IAM.0012\"}",
     "- access= secret= token= code=IAM.0012 message=Too many."},
    {"{\"code\":\"APIG.0308\",\"message\":\"Too many.\"}",
     "- access= secret= token= code=APIG.0308 message=Too many."},
    {"{\"error\":\"x\",\"error_code\":null,\"error_msg\":true,\"code\":\"\"}",
     NOTHING},
    {"{\"x\":{\"y\":{}},\"token\":[],\"error_code\":\"late\"}",
     "- access= secret= token= code=late message="},
    {"{\"error_code\":\"first\",\"error\":{\"code\":\"second\"}}",
     "- access= secret= token= code=first message="},
    {"{\"error_code\":\"a\\nb\\u20ac\"}",
     "- access= secret= token= code=a\nb\xE2\x82\xAC message="},
    /* others */
    {"{}", NOTHING},
    {"null", NOTHING},
    {"Please configure Cloud Service Agency first", NOTHING " error"},
    {"", NOTHING " error"},
    {"{\"error_code\":\"a\"", "- access= secret= token= code=a message= error"},
    {"{\"error_code\":\"a\"}}",
     "- access= secret= token= code=a message= error"},
    /* what cannot go into a header */
    {"{\"credential\":{\"access\":\"AK1\",\"secret\":\"SK\\r\\nX: y\"}}",
     "- access=AK1 secret= token= code= message= error"},
    {"{\"credential\":{\"securitytoken\":\"a b\",\"access\":\"AK1\"}}",
     NOTHING " error"},
    {"{\"credential\":{\"access\":\"AK\\u0000\"}}", NOTHING " error"},
    {"{\"credential\":{\"access\":\"AK\xC3\xA4\"}}", NOTHING " error"},
    {"{\"credential\":{\"access\":\"AK\\u007f\"}}", NOTHING " error"},
};

static void a_response_is_decoded(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    assert_output(rows[i].text, strlen(rows[i].text) + 1, rows[i].output);
    for (size_t chunk = 1; chunk <= CHUNK_MAX; chunk++)
      assert_output(rows[i].text, chunk, rows[i].output);
  }
}

static void long_texts_are_cut(void **state) {
  (void)state;
  char text[1024], word[512];
  memset(word, 'x', sizeof(word) - 1);
  word[sizeof(word) - 1] = '\0';
  snprintf(text, sizeof(text), "{\"code\":\"%.256s\",\"message\":\"%s\"}", word,
           word);
  struct err e = ERR_INIT;
  struct messages_reader *r = messages_reader_new();
  const struct messages_response *response = read_in_chunks(r, text, 7, &e);
  assert_false(err_is_set(&e));
  assert_int_equal(strlen(response->code), MESSAGES_TEXT_MAX - 1);
  assert_int_equal(strlen(response->message), MESSAGES_TEXT_MAX - 1);
  messages_reader_free(r);
}

/* An agency's response with a key of so many bytes. */
static bool read_a_key(int len) {
  struct err e = ERR_INIT;
  struct messages_reader *r = messages_reader_new();
  bool ok = messages_feed(r, "{\"credential\":{\"secret\":\"", 25, NULL);
  for (int i = 0; ok && i < len; i++)
    ok = messages_feed(r, "x", 1, NULL);
  ok = ok && messages_feed(r, "\"}}", 3, NULL);
  ok = messages_finish(r, &e)->secret.len == (size_t)len && ok;
  ok = ok && !err_is_set(&e);
  messages_reader_free(r);
  return ok;
}

static void a_key_has_a_longest(void **state) {
  (void)state;
  assert_true(read_a_key(MESSAGES_SECRET_MAX));
  assert_false(read_a_key(MESSAGES_SECRET_MAX + 1));
}

static void an_error_stays_and_does_not_quote(void **state) {
  (void)state;
  static const char text[] = "{\"credential\":{\"secret\":\"hun ter2\"}}";
  struct err first = ERR_INIT, second = ERR_INIT;
  struct messages_reader *r = messages_reader_new();
  messages_feed(r, text, sizeof(text) - 1, NULL);
  messages_finish(r, &first);
  assert_false(messages_feed(r, "{", 1, &second));
  assert_string_equal(first.text, "secret has more than visible ASCII");
  assert_string_equal(second.text, first.text);
  messages_reader_free(r);
}

/* Memory */

#define KEYS                                                                   \
  "{\"credential\":{\"access\":\"AK-5f2c91\",\"secret\":\"SK-5f2c91\","        \
  "\"securitytoken\":\"gQ-5f2c91-of-more-than-sixty-four-bytes-so-that-the-"   \
  "buffer-has-to-grow-on-its-way\"}}"

static bool read_keys(void) {
  struct messages_reader *r = messages_reader_new();
  if (r == NULL)
    return false;
  struct err e = ERR_INIT;
  read_in_chunks(r, KEYS, 5, &e);
  messages_reader_free(r);
  return !err_is_set(&e);
}

static void no_failure_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(read_keys);
}

static void read_bytes_are_wiped(void **state) {
  (void)state;
  alloc_reset();
  alloc.secret = "-5f2c91";
  assert_true(read_keys());
  assert_int_equal(alloc.spilled, 0);
  assert_int_equal(alloc.live, 0);
}

/* Time */

static const struct {
  const char *text;
  time_t time;
} times[] = {
    {"2015-11-09T01:42:57.527363Z", 1447033377},
    {"2015-11-09T01:42:57Z", 1447033377},
    {"2015-11-09T01:42:57.5Z", 1447033377},
    {"2020-01-08T03:50:07.574000Z", 1578455407},
    {"2024-02-29T23:59:59.999999999Z", 1709251199},
    {"1970-01-01T00:00:00Z", 0},
    {"2038-01-19T03:14:07Z", INT32_MAX},
};

static const char *const not_times[] = {
    "",
    "Z",
    "never",
    "2015-11-09",
    "2015-11-09T01:42:57",
    "2015-11-09T01:42:57.527363",
    "2015-11-09T01:42:57+01:00",
    "2015-11-09T01:42:57Zulu",
    "2015-11-09T01:42:57.x1Z",
    "2015-11-09 01:42:57Z",
    "2015-11-09T01:42Z",
    "2015-13-09T01:42:57Z",
    "2015-11-32T01:42:57Z",
    "2015-11-09T25:42:57Z",
    "1447033377",
    "2015-11-09T01:42:57.5273635273635273635273635Z",
};

/* In a time zone that is not UTC. */
static void a_time_is_utc(void **state) {
  (void)state;
  setenv("TZ", "America/New_York", 1);
  tzset();
  for (size_t i = 0; i < COUNT(times); i++) {
    time_t t = -1;
    assert_true(messages_time(times[i].text, strlen(times[i].text), &t));
    assert_int_equal(t, times[i].time);
  }
}

static void a_time_may_be_beyond_32_bits(void **state) {
  (void)state;
  const char *text = "2100-01-01T00:00:00Z";
  int64_t expected = 4102444800;
  time_t t = -1;
  if (sizeof(t) < sizeof(expected))
    skip();
  assert_true(messages_time(text, strlen(text), &t));
  assert_true(t == expected);
}

static void others_are_no_times(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(not_times); i++) {
    time_t t = -1;
    if (messages_time(not_times[i], strlen(not_times[i]), &t))
      fail_msg("%s is %lld", not_times[i], (long long)t);
    assert_int_equal(t, -1);
  }
  time_t t;
  assert_false(messages_time("2015-11-09T01:42:57Z\0", 21, &t));
  assert_false(messages_time("2015-11-09T01:42:57Z", 19, &t));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_login_has_the_form_of_keystone),
      cmocka_unit_test(no_failure_of_a_login_is_overlooked),
      cmocka_unit_test(a_login_leaves_no_password),
      cmocka_unit_test(a_login_has_to_fit),
      cmocka_unit_test(a_response_is_decoded),
      cmocka_unit_test(long_texts_are_cut),
      cmocka_unit_test(a_key_has_a_longest),
      cmocka_unit_test(an_error_stays_and_does_not_quote),
      cmocka_unit_test(no_failure_is_overlooked),
      cmocka_unit_test(read_bytes_are_wiped),
      cmocka_unit_test(a_time_is_utc),
      cmocka_unit_test(a_time_may_be_beyond_32_bits),
      cmocka_unit_test(others_are_no_times),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
