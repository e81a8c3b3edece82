/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * response { compare_task_list_results { compare_task_list [ entry {} ] }
 *            ..._compare_results { ..._compare_overview [ overview {} ] } } */

#include "api/comparison.h"

#include "api/call.h"

#include <string.h>

static const struct {
  const char *name; /* `compare_type` */
  const char *key;  /* of its id in a request */
} types[COMPARISON_TYPES] = {
    [COMPARISON_OBJECTS] = {"object_comparison", "object_level_compare_id"},
    [COMPARISON_LINES] = {"lines", "line_compare_id"},
    [COMPARISON_CONTENTS] = {"contents", "content_compare_id"},
};

static void *enter_element(void *target) {
  return &((struct comparison_response *)target)->entry;
}

static bool is_text(const struct json_text *t, const char *text) {
  return strcmp(t->text, text) == 0;
}

/* The list */

static double end_of(const struct comparison_entry *e) {
  if (e->has & COMPARISON_ENDED)
    return e->ended;
  return e->has & COMPARISON_CREATED ? e->created : 0;
}

static void leave_entry(struct json_decoder *d, void *target) {
  struct comparison_response *r = target;
  const struct comparison_entry *e = &r->entry;
  (void)d;
  r->listed++;
  if (!is_text(&e->status, "SUCCESSFUL") || e->id.len == 0)
    return;
  for (size_t i = 0; i < COMPARISON_TYPES; i++)
    if (is_text(&e->type, types[i].name) && end_of(e) > r->found[i].ended)
      r->found[i] = (struct comparison_found){.ended = end_of(e), .id = e->id};
}

/* Results */

/* More objects than that no database has. */
#define DIFFERENT_MAX 1e9

/* Objects have a number of differences. */
static void count(struct comparison_response *r, enum comparison_type type) {
  const struct comparison_entry *e = &r->entry;
  const struct json_text *state = &e->results[type];
  struct comparison_result *result = &r->results[type];
  bool has_number = type == COMPARISON_OBJECTS &&
                    (e->has & COMPARISON_DIFFERENT) && e->different > 0 &&
                    e->different <= DIFFERENT_MAX;
  result->entries++;
  if (is_text(state, "INCONSISTENT") || is_text(state, "TARGET_DB_NOT_EXIT"))
    result->inconsistent += has_number ? e->different : 1;
  else if (is_text(state, "FAILED_TO_COMPARE") ||
           is_text(state, "CAN_NOT_COMPARE"))
    result->uncompared++;
}

/* The name of its result says what was compared. */
static void leave_overview(struct json_decoder *d, void *target) {
  struct comparison_response *r = target;
  (void)d;
  for (size_t i = 0; i < COMPARISON_TYPES; i++)
    if (r->entry.results[i].len > 0)
      count(r, (enum comparison_type)i);
}

/* clang-format off */
#define TEXT(key, member) JSON_FIELD_TEXT(key, struct comparison_entry, member)
#define NUMBER(key, member, has) JSON_FIELD_NUMBER(key, struct comparison_entry, member, has)
#define OBJECT(...) .object = true, .fields = (const struct json_field[]){__VA_ARGS__, {0}}
#define ARRAY(of) {.array = true, .each = &(of)}

static const struct json_shape
    entry = {OBJECT(TEXT("compare_task_id", id), TEXT("compare_type", type),
                    TEXT("compare_task_status", status),
                    NUMBER("create_time", created, COMPARISON_CREATED),
                    NUMBER("end_time", ended, COMPARISON_ENDED)),
             .enter = enter_element, .leave = leave_entry},
    entries = ARRAY(entry),
    list = {OBJECT(JSON_FIELD_NUMBER("compare_task_list_count", struct comparison_response, total, COMPARISON_COUNT),
                   JSON_FIELD_INSIDE("compare_task_list", &entries))},

    overview = {OBJECT(TEXT("object_compare_result", results[COMPARISON_OBJECTS]),
                       TEXT("line_compare_result", results[COMPARISON_LINES]),
                       TEXT("content_compare_result", results[COMPARISON_CONTENTS]),
                       NUMBER("diff_count", different, COMPARISON_DIFFERENT)),
                .enter = enter_element, .leave = leave_overview},
    overviews = ARRAY(overview),
    results = {OBJECT(JSON_FIELD_INSIDE("object_compare_overview", &overviews),
                      JSON_FIELD_INSIDE("line_compare_overview", &overviews),
                      JSON_FIELD_INSIDE("content_compare_overview", &overviews))},

    response = {OBJECT(JSON_FIELD_INSIDE("compare_task_list_results", &list),
                       JSON_FIELD_INSIDE("object_level_compare_results", &results),
                       JSON_FIELD_INSIDE("line_compare_results", &results),
                       JSON_FIELD_INSIDE("content_compare_results", &results))};
/* clang-format on */

static bool write_comparison_request(struct buf *body, const void *args,
                                     struct err *err) {
  const struct comparison_query *query = args;
  struct json_writer w;
  json_writer_begin(&w, body, err);
  json_open(&w);
  json_add_string(&w, "job_id", query->job_id);
  json_add_whole(&w, "current_page", query->page);
  json_add_whole(&w, "per_page", COMPARISON_PAGE);
  for (size_t i = 0; i < COMPARISON_TYPES; i++)
    if (query->ids[i] != NULL && *query->ids[i] != '\0')
      json_add_string(&w, types[i].key, query->ids[i]);
  json_close(&w);
  return json_writer_end(&w);
}

const struct api_call_type comparison_call = {
    .path = "/query-compare-result",
    .write = write_comparison_request,
    .response = &response,
    .optional = true,
};
