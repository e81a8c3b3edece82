/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The tables of the response: response { jobs [ task { children [ subtask {} ]
 * } ] } */

#include "api/task_list.h"

#include "api/call.h"

const char *const task_list_types[TASK_LIST_TYPES] = {"migration", "sync",
                                                      "cloudDataGuard"};

static void *enter_task(void *target) {
  return &((struct task_list_response *)target)->task;
}

/* Ids and names become names of metrics; neither may contain a secret. */
static void redact_names(struct task *t) {
  json_text_redact(&t->id);
  json_text_redact(&t->name);
}

static void leave_task(struct json_decoder *d, void *target) {
  struct task_list_response *r = target;
  (void)d;
  redact_names(&r->task);
  r->tasks++;
  r->fn(r->arg, &r->task);
}

static void *enter_children(void *task) {
  return (char *)task - offsetof(struct task_list_response, task);
}

static void *enter_subtask(void *target) {
  return &((struct task_list_response *)target)->subtask;
}

static void leave_subtask(struct json_decoder *d, void *target) {
  struct task_list_response *r = target;
  (void)d;
  redact_names(&r->subtask);
  r->subtask_fn(r->arg, &r->subtask);
}

#define TEXT(name) JSON_FIELD_TEXT(#name, struct task, name)

static const struct json_shape subtask = {
    .object = true,
    .fields =
        (const struct json_field[]){TEXT(id), TEXT(name), TEXT(status), {0}},
    .enter = enter_subtask,
    .leave = leave_subtask};

static const struct json_shape children = {
    .array = true, .each = &subtask, .enter = enter_children};

static const struct json_shape task = {
    .object = true,
    .fields =
        (const struct json_field[]){TEXT(id),
                                    TEXT(name),
                                    TEXT(status),
                                    TEXT(engine_type),
                                    TEXT(net_type),
                                    TEXT(task_type),
                                    JSON_FIELD_INSIDE("children", &children),
                                    {0}},
    .enter = enter_task,
    .leave = leave_task};

static const struct json_shape jobs = {.array = true, .each = &task};

static const struct json_shape response = {
    .object = true,
    .fields = (const struct json_field[]){
        JSON_FIELD_INSIDE("jobs", &jobs),
        JSON_FIELD_NUMBER("total_record", struct task_list_response, total,
                          TASK_LIST_TOTAL),
        {0}}};

static bool write_page_request(struct buf *body, const void *args,
                               struct err *err) {
  const struct task_list_page *page = args;
  struct json_writer w;
  json_writer_begin(&w, body, err);
  json_open(&w);
  json_add_whole(&w, "cur_page", page->page);
  json_add_whole(&w, "per_page", TASK_LIST_PAGE);
  json_add_string(&w, "db_use_type", page->type);
  json_close(&w);
  return json_writer_end(&w);
}

const struct api_call_type task_list_call = {
    .path = "",
    .write = write_page_request,
    .response = &response,
    .required = "jobs",
};
