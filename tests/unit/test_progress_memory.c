/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The progress decoder and memory: responses too large to be files, memory
 * that does not grow with the response, and failing allocations. */

#include "alloc.h"

#include "api/call.h"
#include "api/progress.h"
#include "base/name.h"

#include <stdio.h>

static struct progress last;
static size_t items;

static void keep(void *arg, const struct job_item *item) {
  (void)arg;
  last = *(const struct progress *)item;
  items++;
}

static struct progress decoded;
static struct job_response response = {.fn = keep, .item = &decoded.base};

static struct json_decoder *start(void) {
  items = 0;
  memset(&last, 0, sizeof(last));
  return json_decoder_new(progress_call.response, &response);
}

static bool feed(struct json_decoder *r, const char *text) {
  return json_decoder_feed(r, text, strlen(text), NULL);
}

/* The same text again and again, in pieces. */
static bool feed_times(struct json_decoder *r, const char *text, int times) {
  bool ok = true;
  for (int i = 0; ok && i < times; i++)
    ok = feed(r, text);
  return ok;
}

static void assert_kept(const struct json_text *t) {
  assert_int_equal(t->len, JSON_TEXT_MAX - 1);
  for (size_t i = 0; i < t->len; i++)
    assert_int_equal(t->text[i], "qrstuvwxyz"[i % 10]);
  assert_int_equal(t->text[t->len], 0);
}

static void long_strings_are_cut(void **state) {
  (void)state;
  static const char *const before[] = {
      "{\"results\":[{\"job_id\":\"", "\",\"error_msg\":\"",  "\",\"", "\":\"",
      "\",\"progress_map\":{\"",      "\":{}},\"progress\":1"};
  struct json_decoder *r = start();
  for (size_t i = 0; i < COUNT(before); i++) {
    assert_true(feed(r, before[i]));
    bool number = i + 1 == COUNT(before);
    assert_true(feed_times(r, number ? "0123456789" : "qrstuvwxyz", 7000));
  }
  assert_true(feed(r, "}]}"));
  assert_true(json_decoder_finish(r, NULL));
  assert_int_equal(items, 1);
  assert_kept(&last.base.id);
  assert_kept(&last.base.error_msg);
  assert_int_equal(last.phases_len, 1);
  assert_int_equal(strlen(last.phases[0].name), PROGRESS_WORD_MAX - 1);
  assert_int_equal(last.base.has, 0);
  json_decoder_free(r);
}

static void deep_nesting_is_an_error(void **state) {
  (void)state;
  static char deep[10001];
  struct err e = ERR_INIT;
  memset(deep, '[', sizeof(deep) - 1);
  alloc_reset();
  struct json_decoder *r = start();
  assert_true(feed(r, "{\"results\":[{\"job_id\":\"a\"},{\"x\":"));
  assert_false(feed(r, deep));
  assert_between(alloc.peak, 1, 64 * 1024);
  assert_false(json_decoder_finish(r, &e));
  assert_int_equal(e.kind, ERR_RESPONSE);
  assert_int_equal(items, 1);
  json_decoder_free(r);
}

/* The most memory that was in use while a reply was read. */
static size_t peak_of_a_reply(int jobs) {
  alloc_reset();
  struct json_decoder *r = start();
  assert_non_null(r);
  assert_true(feed(r, "{\"results\":["));
  for (int i = 0; i < jobs; i++) {
    char item[512];
    snprintf(item, sizeof(item),
             "%s{\"job_id\":\"%08x-a618-490d-8a46-8c61ac9jb502\","
             "\"progress\":\"%d\",\"transfer_status\":\"PAUS\\u0049NG\","
             "\"progress_map\":{\"struct\":{\"completed\":\"5%%\"}},"
             "\"unknown\":{\"a\":[1,2,{\"b\":\"\\n\"}]}}",
             i > 0 ? "," : "", (unsigned)i, i % 101);
    assert_true(feed(r, item));
  }
  assert_true(feed(r, "]}"));
  assert_true(json_decoder_finish(r, NULL));
  assert_int_equal(items, jobs);
  json_decoder_free(r);
  assert_int_equal(alloc.live, 0);
  return alloc.peak;
}

static void memory_does_not_grow_with_the_reply(void **state) {
  (void)state;
  size_t few = peak_of_a_reply(10);
  assert_true(few > 0);
  assert_int_equal(peak_of_a_reply(20000), few);
}

static bool read_a_reply(void) {
  static const char reply[] =
      "{\"count\":1,\"results\":[{\"job_id\":\"8d0e8e36-a618\","
      "\"progress\":\"100\",\"progress_map\":{\"struct\":{\"completed\":"
      "\"94%\"}},\"error_msg\":\"a long text with \\u20ac, in pieces, so "
      "that it has to be kept until it is complete, and the buffer has to "
      "grow more than once on its way to the end of this sentence\"}]}";
  struct json_decoder *r = start();
  if (r == NULL)
    return false;
  bool ok = true;
  for (size_t at = 0; ok && at < sizeof(reply) - 1; at++)
    ok = json_decoder_feed(r, reply + at, 1, NULL);
  ok = ok && json_decoder_finish(r, NULL);
  json_decoder_free(r);
  return ok && items == 1;
}

static void no_failure_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(read_a_reply);
}

/* The request */

static const char *next_id(void *arg) {
  const char *const **at = arg;
  return *(*at)++;
}

static void assert_request(const char *const *ids, const char *json) {
  struct buf body;
  buf_init(&body, 1000);
  assert_true(job_ids_write(&body, &(struct job_ids){next_id, &ids}, NULL));
  assert_string_equal(body.data, json);
  buf_free(&body);
}

static void a_request_has_the_ids(void **state) {
  (void)state;
  assert_request((const char *[]){"8d0e8e36-a618-490d-8a46-8c61ac9jb502", NULL},
                 "{\"jobs\":[\"8d0e8e36-a618-490d-8a46-8c61ac9jb502\"]}");
  assert_request((const char *[]){"c", "a", "b", NULL},
                 "{\"jobs\":[\"c\",\"a\",\"b\"]}");
  assert_request((const char *[]){NULL}, "{\"jobs\":[]}");
}

static void the_longest_id_is_whole(void **state) {
  char id[NAME_MAX_SIZE] = "", json[NAME_MAX_SIZE + 16];
  (void)state;
  memset(id, 'a', sizeof(id) - 1);
  snprintf(json, sizeof(json), "{\"jobs\":[\"%s\"]}", id);
  assert_request((const char *[]){id, NULL}, json);
}

static bool write_a_request(void) {
  const char *const ids[] = {"8d0e8e36-a618-490d-8a46-8c61ac9jb502",
                             "f95c5d83-d0c9-42bd-b295-38c31cd1jb15", NULL};
  const char *const *at = ids;
  struct buf body;
  buf_init(&body, 1000);
  bool ok = job_ids_write(&body, &(struct job_ids){next_id, &at}, NULL);
  buf_free(&body);
  return ok;
}

static void no_failure_of_a_request_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(write_a_request);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(long_strings_are_cut),
      cmocka_unit_test(deep_nesting_is_an_error),
      cmocka_unit_test(memory_does_not_grow_with_the_reply),
      cmocka_unit_test(no_failure_is_overlooked),
      cmocka_unit_test(a_request_has_the_ids),
      cmocka_unit_test(the_longest_id_is_whole),
      cmocka_unit_test(no_failure_of_a_request_is_overlooked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
