/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The writer: commas and escapes where they belong, and errors that stay. */

#include "alloc.h"

#include "base/json.h"

static struct buf to;
static struct json_writer w;

static void begin(size_t max, struct err *err) {
  buf_init(&to, max);
  json_writer_begin(&w, &to, err);
}

static void assert_written(const char *json) {
  assert_true(json_writer_end(&w));
  assert_string_equal(to.data, json);
  buf_free(&to);
}

static void it_writes_an_object(void **state) {
  (void)state;
  begin(100, NULL);
  json_open(&w);
  json_close(&w);
  assert_written("{}");
}

static void it_puts_commas_where_they_belong(void **state) {
  (void)state;
  begin(1000, NULL);
  json_open(&w);
  json_key(&w, "a");
  json_open_array(&w);
  json_string(&w, "1");
  json_string(&w, "2");
  json_open(&w);
  json_close(&w);
  json_open_array(&w);
  json_close_array(&w);
  json_close_array(&w);
  json_key(&w, "b");
  json_open(&w);
  json_key(&w, "c");
  json_string(&w, "");
  json_close(&w);
  json_key(&w, "d");
  json_string(&w, "x");
  json_close(&w);
  assert_written("{\"a\":[\"1\",\"2\",{},[]],\"b\":{\"c\":\"\"},\"d\":\"x\"}");
}

static void it_writes_whole_numbers(void **state) {
  (void)state;
  begin(100, NULL);
  json_open_array(&w);
  json_whole(&w, 0);
  json_whole(&w, -1);
  json_whole(&w, 9007199254740993);
  json_close_array(&w);
  assert_written("[0,-1,9007199254740993]");
}

static void it_appends(void **state) {
  (void)state;
  buf_init(&to, 100);
  assert_true(buf_adds(&to, "body=", NULL));
  json_writer_begin(&w, &to, NULL);
  json_string(&w, "x");
  assert_written("body=\"x\"");
}

static const struct {
  const char *text, *json;
} rows[] = {
    {"plain ~!/", "\"plain ~!/\""},
    {"\"quoted\" \\", "\"\\\"quoted\\\" \\\\\""},
    {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
    {"\x01\x1F", "\"\\u0001\\u001F\""},
    {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80",
     "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\""},
    {"\"},{\"", "\"\\\"},{\\\"\""},
};

static void it_escapes(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    begin(1000, NULL);
    json_string(&w, rows[i].text);
    assert_written(rows[i].json);

    char both[256] = "{";
    strcat(strcat(both, rows[i].json), ":");
    strcat(strcat(both, rows[i].json), "}");
    begin(1000, NULL);
    json_open(&w);
    json_key(&w, rows[i].text);
    json_string(&w, rows[i].text);
    json_close(&w);
    assert_written(both);
  }
}

/* What is not UTF-8 cannot be JSON: a password in Latin-1, for one. */
static void invalid_utf8_is_rejected(void **state) {
  (void)state;
  static const char *const bad[] = {"M\xFCller", "\xC3"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct err e = ERR_INIT;
    begin(100, &e);
    json_open_array(&w);
    json_string(&w, bad[i]);
    json_close_array(&w);
    assert_false(json_writer_end(&w));
    assert_int_equal(e.kind, ERR_LOCAL);
    assert_null(strstr(e.text, bad[i]));
    buf_free(&to);
  }
}

static void errors_stay(void **state) {
  (void)state;
  struct err e = ERR_INIT;
  begin(10, &e);
  json_open_array(&w);
  json_string(&w, "longer than ten bytes");
  json_string(&w, "a");
  json_close_array(&w);
  assert_false(json_writer_end(&w));
  assert_int_equal(e.kind, ERR_RESPONSE);
  assert_between(to.len, 0, 10);
  buf_free(&to);
}

static bool write_some(void) {
  begin(100000, NULL);
  json_open_array(&w);
  for (int i = 0; i < 100; i++)
    json_string(&w, "the \"same\" again");
  json_close_array(&w);
  bool ok = json_writer_end(&w);
  buf_free(&to);
  return ok;
}

static void no_failure_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(write_some);
}

static void a_secret_is_nowhere_but_in_the_buffer(void **state) {
  (void)state;
  alloc_reset();
  alloc.secret = "secret";
  begin(100000, NULL);
  json_open_array(&w);
  for (int i = 0; i < 100; i++)
    json_string(&w, "my \"secret\"");
  json_close_array(&w);
  assert_true(json_writer_end(&w));
  buf_free(&to);
  assert_int_equal(alloc.spilled, 0);
  assert_int_equal(alloc.live, 0);
}

/* `text` as JSON, without its first `skip` bytes. */
static void write_one(char json[200], const char *text, size_t skip) {
  begin(1000, NULL);
  json_string(&w, text);
  assert_true(json_writer_end(&w));
  assert_between(to.len, skip, 199);
  memcpy(json, to.data + skip, to.len - skip + 1);
  buf_free(&to);
}

/* Short texts, which may be written as they are, and long ones, which yajl
 * writes. */
static void short_and_long_texts_are_written_alike(void **state) {
  (void)state;
  char text[102], alone[200], last[200];
  for (int c = 1; c < 128; c++) {
    memset(text, 'x', 100);
    text[100] = (char)c;
    text[101] = '\0';
    write_one(alone, text + 100, 1);
    write_one(last, text, 1 + 100);
    assert_string_equal(alone, last);
  }
  memset(text, 'x', 100);
  text[100] = '\0';
  for (size_t len = 0; len <= 100; len++) {
    write_one(alone, text + 100 - len, 0);
    assert_int_equal(strlen(alone), len + 2);
    assert_true(alone[0] == '"' && alone[len + 1] == '"' &&
                memcmp(alone + 1, text, len) == 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_writes_an_object),
      cmocka_unit_test(it_puts_commas_where_they_belong),
      cmocka_unit_test(it_writes_whole_numbers),
      cmocka_unit_test(it_appends),
      cmocka_unit_test(it_escapes),
      cmocka_unit_test(short_and_long_texts_are_written_alike),
      cmocka_unit_test(invalid_utf8_is_rejected),
      cmocka_unit_test(errors_stay),
      cmocka_unit_test(no_failure_is_overlooked),
      cmocka_unit_test(a_secret_is_nowhere_but_in_the_buffer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
