/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder: tables, hooks, and the error body as its second root. The
 * tables here have one of each kind; progress and task list have their own
 * tests. */

#include "alloc.h"
#include "json_chunks.h"

#include <stdio.h>

#define CHUNK_MAX 31

/* A document with a number, a text, an object, a map and a list. */
struct thing {
  unsigned has;
  double number;
  struct json_text text;
  char log[512]; /* of the hooks */
};
enum { HAS_NUMBER = 1 << 3 };

static struct thing thing;

static void note(const char *what, const char *text, size_t len) {
  size_t used = strlen(thing.log);
  snprintf(thing.log + used, sizeof(thing.log) - used, "%s%.*s ", what,
           (int)len, text);
}

static void store_log(struct json_decoder *d, const struct json_field *f,
                      void *target, const char *text, size_t len) {
  (void)d;
  assert_ptr_equal(target, &thing);
  note(f->key, "=", 1);
  note("", text, len);
}

static void store_bad(struct json_decoder *d, const struct json_field *f,
                      void *target, const char *text, size_t len) {
  (void)f, (void)target, (void)text, (void)len;
  err_set(json_decoder_err(d), ERR_RESPONSE, "a hook failed");
}

static void *enter_thing(void *target) {
  note("enter", "", 0);
  return target;
}

static void *enter_never(void *target) {
  (void)target;
  note("refused", "", 0);
  return NULL;
}

static void leave_thing(struct json_decoder *d, void *target) {
  assert_non_null(json_decoder_error(d));
  assert_ptr_equal(target, &thing);
  note("leave", "", 0);
}

static void leave_bad(struct json_decoder *d, void *target) {
  (void)target;
  err_set(json_decoder_err(d), ERR_RESPONSE, "a hook failed");
}

/* Member "no" is skipped. */
static void *name_thing(void *target, const char *key, size_t len) {
  note("name:", key != NULL ? key : "(next)", key != NULL ? len : 6);
  return key != NULL && len == 2 && memcmp(key, "no", 2) == 0 ? NULL : target;
}

#define LOG(name)                                                              \
  { JSON_FIELD(name, struct thing, log, store_log) }
#define FIELDS .fields = (const struct json_field[])

static const struct json_shape inner = {.object = true,
                                        FIELDS{LOG("a"), LOG("b"), {0}},
                                        .enter = enter_thing,
                                        .leave = leave_thing};
static const struct json_shape map = {
    .object = true, .array = true, .each = &inner, .name = name_thing};
static const struct json_shape list = {.array = true, .each = &inner};
static const struct json_shape never = {
    .object = true, FIELDS{LOG("a"), {0}}, .enter = enter_never};
static const struct json_shape bad = {
    .object = true, FIELDS{LOG("a"), {0}}, .leave = leave_bad};
static const struct json_shape place = {
    .object = true,
    FIELDS{JSON_FIELD_NUMBER("number", struct thing, number, HAS_NUMBER),
           JSON_FIELD_TEXT("text", struct thing, text),
           LOG("a_name_of_sixteen"),
           LOG("a_name_of_sevente"),
           LOG("a_name_of_more_than_twenty_bytes"),
           JSON_FIELD_INSIDE("inner", &inner),
           JSON_FIELD_INSIDE("map", &map),
           JSON_FIELD_INSIDE("list", &list),
           JSON_FIELD_INSIDE("never", &never),
           JSON_FIELD_INSIDE("bad_leave", &bad),
           {JSON_FIELD("bad", struct thing, log, store_bad)},
           LOG("message"),
           {0}}};

static bool feed(struct json_decoder *d, const char *json, size_t chunk,
                 struct err *err) {
  return json_feed_chunks(d, json, strlen(json), chunk, err) &&
         json_decoder_finish(d, err);
}

/* The log, with "error" and its text where decoding failed. */
static const char *decode(const char *json, size_t chunk) {
  struct err e = ERR_INIT;
  memset(&thing, 0, sizeof(thing));
  struct json_decoder *d = json_decoder_new(&place, &thing);
  assert_non_null(d);
  if (!feed(d, json, chunk, &e))
    note("error: ", e.text, strlen(e.text));
  json_decoder_free(d);
  return thing.log;
}

/* Elements of an array, with a table inside that has the same target. */

struct element {
  unsigned has;
  double number, inner_number;
  struct json_text text, own_text, inner_text;
};
enum { HAS_INNER = 1 << 5 };

struct elements {
  struct element one;
  char log[256];
};

static void store_own(struct json_decoder *d, const struct json_field *f,
                      void *target, const char *text, size_t len) {
  json_store_text(d, f, target, text, len);
}

static void *enter_element(void *target) {
  return &((struct elements *)target)->one;
}

static void leave_element(struct json_decoder *d, void *target) {
  struct elements *all = target;
  const struct element *e = &all->one;
  size_t used = strlen(all->log);
  (void)d;
  snprintf(all->log + used, sizeof(all->log) - used, "%u%s%s%s ", e->has,
           e->text.text, e->own_text.text, e->inner_text.text);
}

static const struct json_shape inside_element = {
    .object = true,
    FIELDS{JSON_FIELD_NUMBER("n", struct element, inner_number, HAS_INNER),
           JSON_FIELD_TEXT("t", struct element, inner_text),
           {0}}};
static const struct json_shape element = {
    .object = true,
    FIELDS{JSON_FIELD_NUMBER("n", struct element, number, HAS_NUMBER),
           JSON_FIELD_TEXT("t", struct element, text),
           {JSON_FIELD("o", struct element, own_text, store_own)},
           JSON_FIELD_INSIDE("i", &inside_element),
           {0}},
    .enter = enter_element,
    .leave = leave_element};
static const struct json_shape elements = {.array = true, .each = &element};

static void decode_elements(const char *json, const char *expected) {
  struct elements all = {.log = ""};
  struct json_decoder *d = json_decoder_new(
      &(const struct json_shape){
          .object = true, FIELDS{JSON_FIELD_INSIDE("e", &elements), {0}}},
      &all);
  assert_non_null(d);
  assert_true(json_decoder_feed(d, json, strlen(json), NULL));
  assert_true(json_decoder_finish(d, NULL));
  json_decoder_free(d);
  assert_string_equal(all.log, expected);
}

static void nothing_of_an_element_is_the_next_ones(void **state) {
  (void)state;
  decode_elements("{\"e\":[{\"n\":1,\"t\":\"a\",\"o\":\"b\",\"i\":{\"n\":2,"
                  "\"t\":\"c\"}},{},{\"t\":\"d\"}]}",
                  "40abc 0 0d ");
}

static const struct {
  const char *json, *log;
} rows[] = {
    {"{}", ""},
    {"{\"inner\":{\"b\":1,\"a\":\"x\"}}", "enter b= 1 a= x leave "},
    {"{\"inner\":{\"a\":{\"b\":1},\"b\":[2,[3]],\"c\":4}}", "enter leave "},
    {"{\"inner\":{\"a\":null,\"b\":true}}", "enter leave "},
    {"{\"inner\":[{\"a\":1}]}", ""},
    {"{\"inner\":1,\"a\":2,\"x\":{\"inner\":{\"a\":3}}}", ""},
    {"{\"inner\":{\"a\":1,\"a\":2}}", "enter a= 1 a= 2 leave "},
    {"{\"map\":{\"k\":{\"a\":1},\"no\":{\"a\":2},\"l\":3,\"m\":[4]}}",
     "name:k enter a= 1 leave name:no name:l name:m "},
    {"{\"map\":[{\"a\":1},2,[3],{\"b\":4}]}",
     "name:(next) enter a= 1 leave name:(next) name:(next) name:(next) "
     "enter b= 4 leave "},
    {"{\"list\":[{\"a\":1},2,[{\"a\":3}],{}]}",
     "enter a= 1 leave enter leave "},
    {"{\"list\":{\"a\":1}}", ""},
    {"{\"never\":{\"a\":1},\"inner\":{\"a\":2}}", "refused enter a= 2 leave "},
    {"[{\"inner\":{}}]", ""},
    {"{\"a_name_of_sixteen\":1,\"a_name_of_sevente\":2,\"a_name_of_sevent_\":3,"
     "\"_name_of_sevente\":4,\"a_name_of_more_than_twenty_bytes\":5,"
     "\"a_name_of_more_th@n_twenty_bytes\":6,\"\":7,\"bae\":8}",
     "a_name_of_sixteen= 1 a_name_of_sevente= 2 "
     "a_name_of_more_than_twenty_bytes= 5 "},
    {"{\"a_name_of_sevente\":2,\"a_name_of_sixteen\":1}",
     "a_name_of_sevente= 2 a_name_of_sixteen= 1 "},
    /* a hook's error ends the decoding */
    {"{\"bad\":1,\"inner\":{\"a\":1}}", "error: a hook failed "},
    {"{\"bad_leave\":{\"a\":1},\"inner\":{\"a\":1}}",
     "a= 1 error: a hook failed "},
    {"{\"bad\":1", "error: a hook failed "},
    {"{\"inner\":{\"a\":1", "enter a= 1 error: not JSON, or JSON cut short "},
};

static void hooks_are_called_as_expected(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++)
    for (size_t chunk = 1; chunk <= CHUNK_MAX + 1; chunk++)
      if (strcmp(decode(rows[i].json, chunk > CHUNK_MAX ? 10000 : chunk),
                 rows[i].log) != 0)
        fail_msg("%s in chunks of %zu: %s", rows[i].json, chunk, thing.log);
}

static void an_absent_value_leaves_its_bit_cleared(void **state) {
  (void)state;
  static const char *const none[] = {"null", "\"\"",     "\"x\"", "true",
                                     "{}",   "\"null\"", "\"%\"", "\"N/A\""};
  for (size_t i = 0; i < COUNT(none); i++) {
    char json[64];
    snprintf(json, sizeof(json), "{\"number\":%s}", none[i]);
    decode(json, 1000);
    assert_int_equal(thing.has, 0);
  }
  decode("{\"number\":\"-2.5%\",\"text\":\"a\\u0000b\\u0000\"}", 1000);
  assert_int_equal(thing.has, HAS_NUMBER);
  assert_true(thing.number == -2.5);
  assert_string_equal(thing.text.text, "a?b?");
  assert_int_equal(thing.text.len, 4);
}

/* A table that contains itself, which no real one does. */
static const struct json_shape endless = {
    .object = true, FIELDS{JSON_FIELD_INSIDE("x", &endless), LOG("a"), {0}}};

static void the_depth_of_tables_is_bounded(void **state) {
  (void)state;
  char json[256] = "";
  for (int i = 0; i < 20; i++)
    strcat(json, "{\"a\":1,\"x\":");
  strcat(json, "1");
  for (int i = 0; i < 20; i++)
    strcat(json, "}");
  memset(&thing, 0, sizeof(thing));
  struct json_decoder *d = json_decoder_new(&endless, &thing);
  assert_true(feed(d, json, 1000, NULL));
  json_decoder_free(d);
  assert_int_equal(strlen(thing.log), 8 * strlen("a= 1 "));
}

/* The error body */

/* As a success with the table above, and as an error response. */
static const struct {
  const char *json, *success, *error;
} errors[] = {
    {"{\"error_code\":\"E\",\"error_msg\":\"m\"}", "E: m", "E: m"},
    /* "message" is in the response's table */
    {"{\"code\":\"E\",\"message\":\"m\"}", "E: ", "E: m"},
    {"{\"error\":{\"code\":401,\"message\":\"m\",\"title\":\"t\"}}", "401: m",
     "401: m"},
    {"{\"error_code\":\"first\",\"error\":{\"code\":\"E\",\"message\":\"m\"}}",
     "first: m", "first: m"},
    {"{\"inner\":{\"error_code\":\"E\"},\"error\":[{\"code\":\"F\"}]}", ": ",
     ": "},
    {"{\"results\":[{},{\"job_id\":\"a\"},{\"error_code\":\"E\",\"error_msg\":"
     "\"m\"},{\"error_code\":\"F\"}]}",
     "E: m", "E: m"},
    {"{\"results\":[{\"error_msg\":\"m\"},{\"error_code\":\"E\"}]}",
     "E: ", "E: "},
    {"{\"error_msg\":\"m\",\"results\":[{\"error_code\":\"E\",\"error_"
     "message\":"
     "\"n\"}]}",
     "E: n", "E: n"},
    {"{\"error_code\":\"E\",\"results\":[{\"error_code\":\"F\",\"error_msg\":"
     "\"n\"}]}",
     "E: ", "E: "},
    {"{\"error_code\":\"E\\u0000\",\"error_code\":\"F\"}", "E?: ", "E?: "},
    {"[{\"error_code\":\"E\"}]", ": ", ": "},
    {"<html>", ": ", ": "},
};

static void assert_error(const char *json, size_t chunk, bool expect_error,
                         const char *expected) {
  char seen[1024];
  struct json_decoder *d = json_decoder_new(&place, &thing);
  if (expect_error)
    json_decoder_expect_error(d);
  feed(d, json, chunk, NULL);
  const struct error_body *e = json_decoder_error(d);
  snprintf(seen, sizeof(seen), "%s: %s", e->code.text, e->message.text);
  if (strcmp(seen, expected) != 0)
    fail_msg("%s in chunks of %zu: %s", json, chunk, seen);
  json_decoder_free(d);
}

static void the_error_body_is_the_second_root(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(errors); i++)
    for (size_t chunk = 1; chunk <= CHUNK_MAX; chunk++) {
      assert_error(errors[i].json, chunk, false, errors[i].success);
      assert_error(errors[i].json, chunk, true, errors[i].error);
    }
}

static void an_error_response_calls_no_hook(void **state) {
  (void)state;
  memset(&thing, 0, sizeof(thing));
  struct json_decoder *d = json_decoder_new(&place, &thing);
  json_decoder_expect_error(d);
  assert_true(feed(d, "{\"inner\":{\"a\":1},\"number\":5,\"bad\":1}", 7, NULL));
  assert_string_equal(thing.log, "");
  assert_int_equal(thing.has, 0);
  assert_false(json_decoder_has(d, "inner"));
  json_decoder_free(d);
}

static void a_call_without_a_table_has_errors_only(void **state) {
  (void)state;
  struct json_decoder *d = json_decoder_new(NULL, NULL);
  assert_true(feed(d, "{\"x\":{\"code\":1},\"code\":\"E\"}", 7, NULL));
  assert_string_equal(json_decoder_error(d)->code.text, "E");
  assert_false(json_decoder_has(d, "code"));
  json_decoder_free(d);
}

static void members_of_the_root_are_known(void **state) {
  (void)state;
  struct json_decoder *d = json_decoder_new(&place, &thing);
  assert_true(feed(d,
                   "{\"inner\":1,\"map\":{},\"list\":{},\"error\":{},"
                   "\"x\":{\"never\":{}}}",
                   7, NULL));
  assert_true(json_decoder_has(d, "map"));
  assert_false(json_decoder_has(d, "inner"));
  assert_false(json_decoder_has(d, "list"));
  assert_false(json_decoder_has(d, "never"));
  assert_false(json_decoder_has(d, "error"));
  assert_false(json_decoder_has(d, "x"));
  json_decoder_free(d);
}

/* Memory */

static bool decode_much(void) {
  static const char json[] =
      "{\"error_msg\":\"my secret word\",\"inner\":{\"a\":\"b\"}}";
  memset(&thing, 0, sizeof(thing));
  struct json_decoder *d = json_decoder_new(&place, &thing);
  bool ok = d != NULL && feed(d, json, 5, NULL);
  json_decoder_free(d);
  return ok;
}

static void no_failed_allocation_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(decode_much);
}

static void it_wipes_its_memory(void **state) {
  (void)state;
  alloc_reset();
  alloc.secret = "secret word";
  assert_true(decode_much());
  assert_int_equal(alloc.spilled, 0);
  assert_int_equal(alloc.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_of_an_element_is_the_next_ones),
      cmocka_unit_test(hooks_are_called_as_expected),
      cmocka_unit_test(an_absent_value_leaves_its_bit_cleared),
      cmocka_unit_test(the_depth_of_tables_is_bounded),
      cmocka_unit_test(the_error_body_is_the_second_root),
      cmocka_unit_test(an_error_response_calls_no_hook),
      cmocka_unit_test(a_call_without_a_table_has_errors_only),
      cmocka_unit_test(members_of_the_root_are_known),
      cmocka_unit_test(no_failed_allocation_is_overlooked),
      cmocka_unit_test(it_wipes_its_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
