/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The task list: the request, and the response, whole and in pieces. */

#include "alloc.h"
#include "json_chunks.h"

#include "api/call.h"
#include "api/task_list.h"

#include <stdio.h>

#define CHUNK_MAX 31

/* A response as text: "total tasks:", then " id=name" and the other texts of
 * each task in brackets, then errors. A sub-task is "-id=name". */
static char decoded[4096];

static void append(const char *before, const struct json_text *t,
                   const char *after) {
  size_t len = strlen(decoded);
  assert_int_equal(strlen(t->text), t->len);
  if (t->len > 0)
    snprintf(decoded + len, sizeof(decoded) - len, "%s%s%s", before, t->text,
             after);
}

static void on_subtask(void *arg, const struct task *task) {
  (void)arg;
  strcat(decoded, " -");
  append("", &task->id, "");
  append("=", &task->name, "");
  append("[status ", &task->status, "]");
}

static void on_task(void *arg, const struct task *task) {
  (void)arg;
  strcat(decoded, " ");
  append("", &task->id, "");
  append("=", &task->name, "");
  append("[status ", &task->status, "]");
  append("[engine ", &task->engine_type, "]");
  append("[net ", &task->net_type, "]");
  append("[type ", &task->task_type, "]");
}

static bool decode(const char *json, size_t chunk) {
  struct err e = ERR_INIT;
  char figures[64];
  struct task_list_response response = {.fn = on_task,
                                        .subtask_fn = on_subtask};
  struct json_decoder *d = json_decoder_new(task_list_call.response, &response);
  decoded[0] = '\0';
  if (d == NULL)
    return false;
  bool ok = json_feed_chunks(d, json, strlen(json), chunk, &e) &&
            json_decoder_finish(d, &e);
  bool counted = response.has & TASK_LIST_TOTAL;
  snprintf(figures, sizeof(figures),
           "%.15g %zu:", counted ? response.total : -1, response.tasks);
  memmove(decoded + strlen(figures), decoded, strlen(decoded) + 1);
  memcpy(decoded, figures, strlen(figures));
  if (!json_decoder_has(d, "jobs"))
    strcat(decoded, " no-jobs");
  append(" code ", &json_decoder_error(d)->code, "");
  append(" message ", &json_decoder_error(d)->message, "");
  if (!ok)
    strcat(decoded, e.kind == ERR_RESPONSE ? " error" : " no-memory");
  json_decoder_free(d);
  return ok;
}

#define TASK(id, rest) "{\"id\":\"" id "\"" rest "}"
#define LIST(tasks) "{\"total_record\":9,\"jobs\":[" tasks "]}"

static const struct {
  const char *json, *decoded;
} responses[] = {
    {LIST(""), "9 0:"},
    {LIST(TASK("a", ",\"name\":\"orders\",\"status\":\"CREATING\"")),
     "9 1: a=orders[status CREATING]"},
    {LIST(TASK("a", ",\"net_type\":\"eip\",\"task_type\":\"FULL_TRANS\","
                    "\"engine_type\":\"mysql\"")),
     "9 1: a[engine mysql][net eip][type FULL_TRANS]"},
    {LIST(TASK("a", "") "," TASK("b", ",\"name\":\"\"")), "9 2: a b"},
    {"{\"jobs\":[" TASK("a", "") "],\"total_record\":\"1\"}", "1 1: a"},
    {"{\"jobs\":[" TASK("a", "") "]}", "-1 1: a"},
    /* as recorded: jobs first, arrays in a task */
    {"{\"jobs\":[{\"id\":\"a\",\"create_time\":\"2026-06-26T17:08:57Z\","
     "\"job_action\":{\"available_actions\":[\"START\",\"id\"],"
     "\"unavailable_actions\":[\"PAUSE\"]},\"status\":\"STARTJOBING\"}],"
     "\"total_record\":1}",
     "1 1: a[status STARTJOBING]"},
    /* members that are unknown, deeper, or of another type */
    {LIST("{\"x\":{\"id\":\"z\"},\"id\":\"a\",\"children\":[" TASK(
         "b", "") "],\"y\":[\"id\"]}"),
     "9 1: -b a"},
    /* sub-tasks come before their task, whose name may be its last member */
    {"{\"jobs\":[{\"children\":[{\"id\":\"c\",\"name\":\"x\",\"status\":"
     "\"CREATING\"},"
     "{\"id\":\"d\",\"children\":[{\"id\":\"z\"}]}],\"id\":\"a\",\"name\":"
     "\"n\"},"
     "{\"id\":\"b\"}]}",
     "-1 2: -c=x[status CREATING] -d a=n b"},
    {"{\"jobs\":[{\"id\":\"a\",\"children\":null},"
     "{\"id\":\"b\",\"children\":[7,null,[{\"id\":\"z\"}]]},"
     "{\"id\":\"c\",\"children\":{\"id\":\"z\"}},"
     "{\"id\":\"d\",\"children\":[{\"id\":null}]}]}",
     "-1 4: a b c - d"},
    {LIST("[" TASK("z", "") "],\"z\",null,7," TASK("a", "")), "9 1: a"},
    {"{\"other\":[" TASK("z", "") "],\"jobs\":[" TASK("a", "") "]}", "-1 1: a"},
    {"{\"id\":\"z\",\"jobs\":[" TASK("a", "") "],\"name\":\"z\"}", "-1 1: a"},
    {LIST("{\"id\":\"a\",\"name\":null,\"status\":7}"), "9 1: a[status 7]"},
    {LIST("{\"id\":\"a\",\"id\":\"b\"}"), "9 1: b"},
    {LIST(TASK("a", ",\"name\":\"x\"") "," TASK("b", "")), "9 2: a=x b"},
    {"{\"jobs\":{\"id\":\"z\"}}", "-1 0: no-jobs"},
    {"{\"jobs\":null}", "-1 0: no-jobs"},
    {"{\"jobs\":\"z\",\"total_record\":true}", "-1 0: no-jobs"},
    {"[" TASK("z", "") "]", "-1 0: no-jobs"},
    {"[[" TASK("z", "") "]]", "-1 0: no-jobs"},
    {"{}", "-1 0: no-jobs"},
    /* ids are delivered as they are, but for a NUL */
    {LIST(TASK("a/b", "") "," TASK("a\\u0000b", "")), "9 2: a/b a?b"},
    {LIST("{\"name\":\"z\"},{\"id\":null}"), "9 2: =z "},
    /* errors of the service, which the same pass decodes */
    {"{\"error_code\":\"DRS.M00100\",\"error_msg\":\"Invalid token.\"}",
     "-1 0: no-jobs code DRS.M00100 message Invalid token."},
    {"{\"results\":[{\"error_code\":\"DRS.M00261\"}]}",
     "-1 0: no-jobs code DRS.M00261"},
    {"{\"jobs\":[{\"id\":\"a\",\"error_code\":\"x\"}],\"code\":\"y\"}",
     "-1 1: a code y"},
    /* no JSON */
    {"", "-1 0: no-jobs error"},
    {"<html>", "-1 0: no-jobs error"},
    {"{\"jobs\":[" TASK("a", ""), "-1 1: a error"},
    {LIST("") "x", "9 0: error"},
};

static void each_response_is_decoded_as_expected(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(responses); i++)
    for (size_t chunk = 1; chunk <= CHUNK_MAX + 1; chunk++) {
      decode(responses[i].json, chunk > CHUNK_MAX ? 10000 : chunk);
      if (strcmp(decoded, responses[i].decoded) != 0)
        fail_msg("row %zu in chunks of %zu: %s", i, chunk, decoded);
    }
}

/* Longer than any valid id, so that the caller sees that one was cut. */
static void texts_are_cut(void **state) {
  (void)state;
  char json[1000], x[401];
  memset(x, 'x', 400);
  x[400] = '\0';
  snprintf(json, sizeof(json), LIST("{\"id\":\"%s\"}"), x);
  decode(json, 10000);
  assert_int_equal(strlen(decoded), strlen("9 1: ") + JSON_TEXT_MAX - 1);
}

static void the_request_is_the_documented_one(void **state) {
  (void)state;
  struct buf body;
  buf_init(&body, 1000);
  assert_true(task_list_call.write(
      &body, &(struct task_list_page){task_list_types[0], 0}, NULL));
  assert_string_equal(
      body.data,
      "{\"cur_page\":0,\"per_page\":100,\"db_use_type\":\"migration\"}");
  buf_reset(&body);
  assert_true(task_list_call.write(
      &body, &(struct task_list_page){task_list_types[2], 12}, NULL));
  assert_string_equal(
      body.data,
      "{\"cur_page\":12,\"per_page\":100,\"db_use_type\":\"cloudDataGuard\"}");
  buf_free(&body);
}

static bool decode_one(void) {
  return decode(LIST(TASK("a", ",\"name\":\"orders\"")), 7);
}

static void no_failed_allocation_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(decode_one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_response_is_decoded_as_expected),
      cmocka_unit_test(texts_are_cut),
      cmocka_unit_test(the_request_is_the_documented_one),
      cmocka_unit_test(no_failed_allocation_is_overlooked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
