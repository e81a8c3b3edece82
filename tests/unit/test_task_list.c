/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The list of tasks: what is asked, and what is read of an answer, whole and
 * in pieces. */

#include "alloc.h"

#include "api/task_list.h"

#include <stdio.h>

#define CHUNK_MAX 31

/* An answer as text: "total tasks: id=name id" and, behind it, what is wrong.
 */
static char told[2048];

static void tell_entries(const struct job_list *list) {
  struct job_list_entry entry;
  for (size_t at = 0; job_list_next(list, &at, &entry);) {
    size_t len = strlen(told);
    bool named = strcmp(entry.name, entry.id) != 0;
    snprintf(told + len, sizeof(told) - len, " %s%s%s", entry.id,
             named ? "=" : "", named ? entry.name : "");
  }
}

static bool read_reply(const char *json, size_t chunk) {
  struct err e = ERR_INIT;
  struct job_list list;
  size_t len = strlen(json);
  job_list_init(&list);
  struct task_list_reader *r = task_list_reader_new(&list);
  bool ok = r != NULL;
  for (size_t at = 0; ok && at < len; at += chunk)
    ok = task_list_feed(r, json + at, len - at < chunk ? len - at : chunk, &e);
  ok = ok && task_list_finish(r, &e);
  if (r != NULL) {
    const struct task_list_response *reply = task_list_reader_reply(r);
    snprintf(told, sizeof(told), "%.15g %zu:", reply->total, reply->tasks);
    tell_entries(&list);
    if (!reply->has_jobs)
      strcat(told, " no-jobs");
    if (err_is_set(&reply->err))
      strcat(told,
             reply->err.kind == ERR_RESPONSE ? " bad-task" : " no-memory");
    ok = ok && reply->err.kind != ERR_LOCAL;
  }
  if (!ok)
    strcat(told, " error");
  task_list_reader_free(r);
  job_list_free(&list);
  return ok;
}

#define TASK(id, rest) "{\"id\":\"" id "\"" rest "}"
#define LIST(tasks) "{\"total_record\":9,\"jobs\":[" tasks "]}"

static const struct {
  const char *json, *told;
} replies[] = {
    {LIST(""), "9 0:"},
    {LIST(TASK("a", ",\"name\":\"orders\",\"status\":\"CREATING\"")),
     "9 1: a=orders"},
    {LIST(TASK("a", "") "," TASK("b", ",\"name\":\"\"")), "9 2: a b"},
    {"{\"jobs\":[" TASK("a", "") "],\"total_record\":\"1\"}", "1 1: a"},
    {"{\"jobs\":[" TASK("a", "") "]}", "-1 1: a"},
    /* ended tasks */
    {LIST(TASK("a", ",\"status\":\"RELEASE_RESOURCE_COMPLETE\"")), "9 1:"},
    {LIST(TASK("a", ",\"status\":\"DELETED\"") "," TASK("b", "")), "9 2: b"},
    {LIST(TASK("a", ",\"status\":\"FULL_TRANSFER_FAILED\"")), "9 1: a"},
    {LIST(TASK("a", ",\"status\":\"SOMETHING_NEW\"")), "9 1: a"},
    /* what is not known, deeper, or of another kind */
    {LIST("{\"x\":{\"id\":\"z\"},\"id\":\"a\",\"children\":[" TASK(
         "b", "") "],\"y\":[\"id\"]}"),
     "9 1: a"},
    {LIST("[" TASK("z", "") "],\"z\",null,7," TASK("a", "")), "9 1: a"},
    {"{\"other\":[" TASK("z", "") "],\"jobs\":[" TASK("a", "") "]}", "-1 1: a"},
    {"{\"id\":\"z\",\"jobs\":[" TASK("a", "") "],\"name\":\"z\"}", "-1 1: a"},
    {LIST("{\"id\":\"a\",\"name\":null,\"status\":7}"), "9 1: a"},
    {LIST("{\"id\":\"a\",\"id\":\"b\"}"), "9 1: b"},
    {"{\"jobs\":{\"id\":\"z\"}}", "-1 0: no-jobs"},
    {"{\"jobs\":null}", "-1 0: no-jobs"},
    {"{\"jobs\":\"z\",\"total_record\":true}", "-1 0: no-jobs"},
    {"[" TASK("z", "") "]", "-1 0: no-jobs"},
    {"[[" TASK("z", "") "]]", "-1 0: no-jobs"},
    {"{}", "-1 0: no-jobs"},
    /* ids that cannot be asked for */
    {LIST(TASK("a/b", "") "," TASK("c", "")), "9 2: c bad-task"},
    {LIST(TASK("a\\u0000b", "") "," TASK("c", "")), "9 2: c bad-task"},
    {LIST(TASK("", "")), "9 1: bad-task"},
    {LIST("{\"name\":\"z\"}"), "9 1: bad-task"},
    {LIST("{\"id\":null}," TASK("c", "")), "9 2: c bad-task"},
    /* no JSON */
    {"", "-1 0: no-jobs error"},
    {"<html>", "-1 0: no-jobs error"},
    {"{\"jobs\":[" TASK("a", ""), "-1 1: a error"},
    {LIST("") "x", "9 0: error"},
};

static void each_reply_is_read_as_expected(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(replies); i++)
    for (size_t chunk = 1; chunk <= CHUNK_MAX + 1; chunk++) {
      read_reply(replies[i].json, chunk > CHUNK_MAX ? 10000 : chunk);
      if (strcmp(told, replies[i].told) != 0)
        fail_msg("row %zu in chunks of %zu: %s", i, chunk, told);
    }
}

/* Longer texts are cut; a cut id is none. */
static void texts_are_bounded(void **state) {
  (void)state;
  char json[1000], x[401];
  memset(x, 'x', 400);
  x[400] = '\0';
  snprintf(json, sizeof(json), LIST("{\"id\":\"a\",\"name\":\"%s\"}"), x);
  read_reply(json, 10000);
  assert_int_equal(strlen(told), strlen("9 1: a=") + 256);
  snprintf(json, sizeof(json), LIST("{\"id\":\"%s\"}"), x);
  read_reply(json, 10000);
  assert_string_equal(told, "9 1: bad-task");
}

static void the_request_is_that_of_the_api(void **state) {
  (void)state;
  struct buf body;
  buf_init(&body, 1000);
  assert_true(task_list_request(&body, task_list_types[0], 0, NULL));
  assert_string_equal(
      body.data,
      "{\"cur_page\":0,\"per_page\":100,\"db_use_type\":\"migration\"}");
  buf_reset(&body);
  assert_true(task_list_request(&body, task_list_types[2], 12, NULL));
  assert_string_equal(
      body.data,
      "{\"cur_page\":12,\"per_page\":100,\"db_use_type\":\"cloudDataGuard\"}");
  buf_free(&body);
}

static bool read_one(void) {
  return read_reply(LIST(TASK("a", ",\"name\":\"orders\"")), 7);
}

static void it_bears_a_lack_of_memory(void **state) {
  (void)state;
  alloc_fail_each(read_one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_reply_is_read_as_expected),
      cmocka_unit_test(texts_are_bounded),
      cmocka_unit_test(the_request_is_that_of_the_api),
      cmocka_unit_test(it_bears_a_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
