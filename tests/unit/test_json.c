/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The reader: its callbacks as a line, with a '!' at the end for an error, for
 * each text whole, in chunks of every size, and cut at every byte. */

#include "alloc.h"
#include "json_text.h"

#include <yajl/yajl_parse.h>

#define CHUNK_MAX 31

/* Each chunk is a block of its own, so that a look beyond it is seen. */
static bool feed_copy(struct json_reader *r, const char *bytes, size_t len,
                      struct err *err) {
  char *copy = __real_malloc(len);
  memcpy(copy, bytes, len);
  bool ok = json_feed(r, copy, len, err);
  __real_free(copy);
  return ok;
}

static bool feed_in_chunks(struct json_reader *r, const char *bytes, size_t len,
                           size_t chunk, struct err *err) {
  bool ok = true;
  for (size_t at = 0; ok && at < len; at += chunk)
    ok = feed_copy(r, bytes + at, len - at < chunk ? len - at : chunk, err);
  return ok;
}

static void end_and_compare(struct json_reader *r, bool ok, struct err *err,
                            const char *expected, const char *input) {
  ok = ok && json_finish(r, err);
  assert_int_equal(ok, !err_is_set(err));
  if (!ok) {
    assert_int_equal(err->kind, ERR_RESPONSE);
    print("!", 1);
  }
  json_reader_free(r);
  if (strcmp(output, expected) != 0)
    fail_msg("%s: output %s, not %s", input, output, expected);
}

static void assert_output(const char *bytes, size_t len, size_t chunk,
                          const char *expected) {
  struct err e = ERR_INIT;
  struct json_reader *r = start();
  assert_non_null(r);
  bool ok = feed_in_chunks(r, bytes, len, chunk, &e);
  end_and_compare(r, ok, &e, expected, bytes);
}

/* Small pieces are gathered. Blanks before the text make the first piece so
 * large that yajl gets it by itself. */
static void assert_output_cut_at(const char *bytes, size_t len, size_t at,
                                 const char *expected) {
  enum { BLANKS = 1024 };
  char piece[BLANKS + 2048];
  struct err e = ERR_INIT;
  struct json_reader *r = start();
  assert_between(at, 0, sizeof(piece) - BLANKS);
  memset(piece, ' ', BLANKS);
  memcpy(piece + BLANKS, bytes, at);
  bool ok = feed_copy(r, piece, BLANKS + at, &e) &&
            feed_copy(r, bytes + at, len - at, &e);
  end_and_compare(r, ok, &e, expected, bytes);
}

static void assert_reads(const char *bytes, size_t len, const char *expected) {
  assert_output(bytes, len, len + 1, expected);
  for (size_t chunk = 1; chunk <= CHUNK_MAX; chunk++)
    assert_output(bytes, len, chunk, expected);
  for (size_t at = 0; at <= len; at++)
    assert_output_cut_at(bytes, len, at, expected);
}

static const struct {
  const char *json, *output;
} rows[] = {
    {"{}", "{)"},
    {"[]", "[)"},
    {" \t\r\n{ \"a\" : 1 , \"b\":[true,false,null]}\n",
     "{a:#1b:[truefalsenull))"},
    {"[[{\"a\":{\"\":\"\"}}],[]]", "[[{a:{:\"\")))[))"},
    {"\"alone\"", "\"alone\""},
    {"17 ", "#17"},
    {"17", "#17"},
    {"null", "null"},
    /* repeated keys are printed as they come */
    {"{\"a\":1,\"a\":2}", "{a:#1a:#2)"},
    /* strings */
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\"\\/\\x08\\x0C\\x0A\\x0D\\x09\""},
    {"\"\\u0041\\u00e9\\u20AC\"", "\"A\\xC3\\xA9\\xE2\\x82\\xAC\""},
    {"\"\\ud83d\\ude00\"", "\"\\xF0\\x9F\\x98\\x80\""},
    {"\"\\ud83d\"", "\"?\""},
    {"\"a\\u0000b\"", "\"a\\x00b\""},
    {"{\"k\\u0000\\u0041\":1}", "{k\\x00A:#1)"},
    {"\"\xC3\xA9\"", "\"\\xC3\\xA9\""},
    /* not UTF-8, and yet printed: it must not cost the rest */
    {"[\"\xFF\xC3\",1]", "[\"\\xFF\\xC3\"#1)"},
    {"\"\x7F\"", "\"\\x7F\""},
    {"[\"a\nb\"]", "[!"},
    {"[\"a\\x\"]", "[!"},
    {"[\"\\u12G4\"]", "[!"},
    {"['a']", "[!"},
    /* numbers are handed on as they are */
    {"[-0,1.50,-2e+10,3E-4,1e999]", "[#-0#1.50#-2e+10#3E-4#1e999)"},
    {"[123456789012345678901234567890]", "[#123456789012345678901234567890)"},
    {"[01]", "[#0!"},
    {"[1.]", "[!"},
    {"[.5]", "[!"},
    {"[+1]", "[!"},
    {"[-]", "[!"},
    {"[1e]", "[!"},
    {"[0x10]", "[#0!"},
    {"[NaN]", "[!"},
    {"[Infinity]", "[!"},
    /* words */
    {"[nul]", "[!"},
    {"[nulll]", "[null!"},
    {"[True]", "[!"},
    /* structure */
    {"[1,]", "[#1!"},
    {"[,1]", "[!"},
    {"[1 2]", "[#1!"},
    {"{\"a\" 1}", "{a:!"},
    {"{\"a\":1,}", "{a:#1!"},
    {"{a:1}", "{!"},
    {"{1:1}", "{!"},
    {"{\"a\"}", "{a:!"},
    {"[}", "[!"},
    {"{]", "{!"},
    {"]", "!"},
    {"[1/*c*/]", "[#1!"},
    {"// c\n[]", "!"},
    {"<html></html>", "!"},
    {"\xEF\xBB\xBF{}", "!"},
    {"{}x", "{)!"},
    {"{}{}", "{)!"},
    {"{},", "{)!"},
    {"1 2", "#1!"},
    {"", "!"},
    {" \n\t ", "!"},
};

static void each_token_is_emitted(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++)
    assert_reads(rows[i].json, strlen(rows[i].json), rows[i].output);
}

static void a_nul_is_not_json(void **state) {
  (void)state;
  assert_reads("[1\0]", 4, "[#1!");
  assert_reads("[]\0", 3, "[)!");
}

/* Cut anywhere it is an error, and what was complete has been printed. */
static void a_cut_is_an_error(void **state) {
  (void)state;
  static const char json[] =
      "{\"a\":[1.5,\"\\u20ac\\n\",true],\"b\":{\"c\":null}}";
  static const char all[] = "{a:[#1.5\"\\xE2\\x82\\xAC\\x0A\"true)b:{c:null))";
  assert_reads(json, sizeof(json) - 1, all);
  for (size_t len = 0; len < sizeof(json) - 1; len++)
    for (size_t chunk = 1; chunk <= CHUNK_MAX; chunk++) {
      struct err e = ERR_INIT;
      struct json_reader *r = start();
      assert_false(feed_in_chunks(r, json, len, chunk, &e) &&
                   json_finish(r, &e));
      json_reader_free(r);
      assert_memory_equal(output, all, strlen(output));
    }
}

static void nest(char *json, size_t depth, const char *open,
                 const char *close) {
  json[0] = '\0';
  for (size_t i = 0; i < depth; i++)
    strcat(json, open);
  for (size_t i = 0; i < depth; i++)
    strcat(json, close);
}

static void depth_is_bounded(void **state) {
  (void)state;
  char json[1024], expected[256];
  nest(json, JSON_DEPTH_MAX, "[", "]");
  nest(expected, JSON_DEPTH_MAX, "[", ")");
  assert_reads(json, strlen(json), expected);
  nest(json, JSON_DEPTH_MAX + 1, "[", "]");
  nest(expected, JSON_DEPTH_MAX, "[", "");
  strcat(expected, "!");
  assert_reads(json, strlen(json), expected);

  /* siblings do not add up */
  strcpy(json, "[");
  strcpy(expected, "[");
  for (int i = 0; i < 100; i++) {
    strcat(json, i > 0 ? ",[]" : "[]");
    strcat(expected, "[)");
  }
  strcat(json, "]");
  strcat(expected, ")");
  assert_reads(json, strlen(json), expected);
}

static int count_scalar(void *arg, enum json_kind kind, const char *text,
                        size_t len) {
  (void)kind, (void)text;
  *(size_t *)arg += len;
  return 1;
}

/* Feeds a string or number of so many bytes, in pieces; the output. */
static size_t read_long(char c, size_t len, struct err *err) {
  const struct json_events counting = {count_scalar, on_key, on_open, on_close};
  char piece[1024];
  size_t seen = 0;
  struct json_reader *r = json_reader_new(&counting, &seen);
  memset(piece, c, sizeof(piece));
  bool ok = json_feed(r, c == 'x' ? "[\"" : "[", c == 'x' ? 2 : 1, err);
  for (size_t at = 0; ok && at < len; at += sizeof(piece))
    ok = json_feed(r, piece, sizeof(piece), err);
  ok = ok && json_feed(r, c == 'x' ? "\"]" : "]", c == 'x' ? 2 : 1, err) &&
       json_finish(r, err);
  json_reader_free(r);
  assert_int_equal(ok, !err_is_set(err));
  return seen;
}

static void a_token_is_bounded(void **state) {
  (void)state;
  for (const char *c = "x1"; *c != '\0'; c++) {
    struct err none = ERR_INIT, err = ERR_INIT;
    assert_int_equal(read_long(*c, JSON_TOKEN_MAX, &none), JSON_TOKEN_MAX);
    alloc_reset();
    assert_int_equal(read_long(*c, 16 << 20, &err), 0);
    assert_int_equal(err.kind, ERR_RESPONSE);
    assert_between(alloc.peak, 1, 4 * JSON_TOKEN_MAX);
  }
}

/* Work. yajl scans a token that is cut from its start again with each piece:
 * the bytes that it scans are counted, not the time. */

static struct {
  yajl_handle yajl;
  size_t calls, scanned;
  size_t unfinished; /* bytes since the last callback */
  size_t output_at;  /* offset of the last callback in this call's bytes */
} work;

yajl_status __real_yajl_parse(yajl_handle yajl, const unsigned char *bytes,
                              size_t len);
yajl_status __wrap_yajl_parse(yajl_handle yajl, const unsigned char *bytes,
                              size_t len);

yajl_status __wrap_yajl_parse(yajl_handle yajl, const unsigned char *bytes,
                              size_t len) {
  work.yajl = yajl;
  work.calls++;
  work.scanned += work.unfinished + len;
  work.output_at = SIZE_MAX;
  yajl_status status = __real_yajl_parse(yajl, bytes, len);
  if (work.output_at == SIZE_MAX)
    work.unfinished += len;
  else
    work.unfinished = len - work.output_at;
  return status;
}

static int note_token(void) {
  work.output_at = yajl_get_bytes_consumed(work.yajl);
  return 1;
}

static int note_scalar(void *arg, enum json_kind kind, const char *text,
                       size_t len) {
  (void)arg, (void)kind, (void)text, (void)len;
  return note_token();
}

static int note_key(void *arg, const char *text, size_t len) {
  (void)arg, (void)text, (void)len;
  return note_token();
}

static int note_open(void *arg, bool is_array) {
  (void)arg, (void)is_array;
  return note_token();
}

static int note_close(void *arg) {
  (void)arg;
  return note_token();
}

/* An array of strings of so many bytes each. */
static size_t make_strings(char *json, size_t size, size_t string) {
  size_t len = 0;
  json[len++] = '[';
  while (len + string + 4 < size) {
    json[len++] = '"';
    memset(json + len, 'x', string);
    len += string;
    json[len++] = '"';
    json[len++] = ',';
  }
  json[len++] = '0';
  json[len++] = ']';
  return len;
}

static void work_is_linear_however_the_input_is_cut(void **state) {
  (void)state;
  static const size_t strings[] = {0, 1, 20, 255, 511, 512, 2000, 30000, 60000};
  static const size_t chunks[] = {1, 2, 7, 100, 511, 512, 513, 1400, 5000};
  const struct json_events noting = {note_scalar, note_key, note_open,
                                     note_close};
  static char json[256 * 1024];
  for (size_t i = 0; i < COUNT(strings) * COUNT(chunks); i++) {
    size_t string = strings[i / COUNT(chunks)];
    size_t chunk = chunks[i % COUNT(chunks)];
    size_t len = make_strings(json, sizeof(json), string);
    struct json_reader *r = json_reader_new(&noting, NULL);
    memset(&work, 0, sizeof(work));
    assert_true(feed_in_chunks(r, json, len, chunk, NULL) &&
                json_finish(r, NULL));
    json_reader_free(r);
    if (work.scanned < len || work.scanned > 3 * len ||
        work.calls > 1 + len / 256)
      fail_msg("%zu bytes with strings of %zu in chunks of %zu: %zu scanned "
               "in %zu calls",
               len, string, chunk, work.scanned, work.calls);
  }
}

static void after_an_error_nothing_is_emitted(void **state) {
  (void)state;
  char deep[JSON_DEPTH_MAX + 2];
  memset(deep, '[', sizeof(deep) - 1);
  deep[sizeof(deep) - 1] = '\0';
  const char *const bad[] = {"[1,}", deep};
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct json_reader *r = start();
    json_feed(r, bad[i], strlen(bad[i]), NULL);
    assert_false(json_finish(r, NULL));
    size_t len = strlen(output);
    assert_false(json_feed(r, "2]", 2, NULL));
    assert_false(json_finish(r, NULL));
    assert_int_equal(strlen(output), len);
    json_reader_free(r);
  }
}

static void an_empty_chunk_is_nothing(void **state) {
  (void)state;
  struct json_reader *r = start();
  assert_true(json_feed(r, "", 0, NULL));
  assert_true(json_feed(r, "[1", 2, NULL));
  assert_true(json_feed(r, "", 0, NULL));
  assert_true(json_feed(r, "2]", 2, NULL));
  assert_true(json_finish(r, NULL));
  assert_string_equal(output, "[#12)");
  json_reader_free(r);
}

static void an_error_does_not_quote(void **state) {
  (void)state;
  static const char *const bad[] = {"{\"password\":\"hunter2\" hunter2}",
                                    "hunter2", "[\"hunter2\n\"]",
                                    "{\"hunter2\":"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct err e = ERR_INIT;
    struct json_reader *r = start();
    assert_false(feed_in_chunks(r, bad[i], strlen(bad[i]), 3, &e) &&
                 json_finish(r, &e));
    json_reader_free(r);
    assert_true(strlen(e.text) > 0);
    assert_null(strstr(e.text, "hunter2"));
  }
}

/* Memory */

/* Escapes and chunks make yajl hold copies of its own, which grow. */
static bool read_much(void) {
  char json[8192] = "{\"token\":\"";
  struct json_reader *r = start();
  if (r == NULL)
    return false;
  for (int i = 0; i < 400; i++)
    strcat(json, "secret \\n\\u20ac");
  strcat(json, "\",\"deep\":");
  nest(json + strlen(json), JSON_DEPTH_MAX - 1, "[", "]");
  strcat(json, "}");
  bool ok =
      feed_in_chunks(r, json, strlen(json), 7, NULL) && json_finish(r, NULL);
  json_reader_free(r);
  return ok;
}

static void no_failure_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(read_much);
}

static void memory_is_the_error_where_it_is_short(void **state) {
  (void)state;
  struct err e = ERR_INIT;
  alloc_reset();
  struct json_reader *r = start();
  assert_true(json_feed(r, "[\"secr", 6, &e));
  alloc_reset();
  alloc.fail_at = 1;
  while (json_feed(r, "etsecretsecret", 14, &e))
    assert_int_equal(alloc.calls, 0);
  assert_int_equal(e.kind, ERR_LOCAL);
  assert_false(json_feed(r, "\"]", 2, NULL));
  json_reader_free(r);
}

static void its_bytes_are_wiped(void **state) {
  (void)state;
  alloc_reset();
  alloc.secret = "secret ";
  assert_true(read_much());
  assert_int_equal(alloc.spilled, 0);
  struct json_reader *r = start();
  assert_true(json_feed(r, "[\"the \\n secret ", 16, NULL));
  assert_true(json_feed(r, "is", 2, NULL));
  json_reader_free(r);
  assert_int_equal(alloc.spilled, 0);
  assert_int_equal(alloc.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_token_is_emitted),
      cmocka_unit_test(a_nul_is_not_json),
      cmocka_unit_test(a_cut_is_an_error),
      cmocka_unit_test(depth_is_bounded),
      cmocka_unit_test(a_token_is_bounded),
      cmocka_unit_test(work_is_linear_however_the_input_is_cut),
      cmocka_unit_test(after_an_error_nothing_is_emitted),
      cmocka_unit_test(an_empty_chunk_is_nothing),
      cmocka_unit_test(an_error_does_not_quote),
      cmocka_unit_test(no_failure_is_overlooked),
      cmocka_unit_test(memory_is_the_error_where_it_is_short),
      cmocka_unit_test(its_bytes_are_wiped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
