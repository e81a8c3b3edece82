/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * All that is wanted stands at two places of the reply, and each is known by
 * its depth:
 *
 *     reply { total_record, jobs [ task { id, name, status } ] } */

#include "api/task_list.h"

#include "api/status.h"

#include <stdlib.h>
#include <string.h>

const char *const task_list_types[TASK_LIST_TYPES] = {"migration", "sync",
                                                      "cloudDataGuard"};

enum depth { REPLY = 1, JOBS, TASK };

/* What is kept of a text, its NUL included: more than an id may have, so that
 * one that is cut shows. */
#define TEXT_MAX 257

enum text { ID, NAME, STATUS, TEXTS };

struct task_list_reader {
  struct json_reader *json;
  struct job_list *list;
  int depth;                 /* containers open */
  bool in_jobs, in_task;     /* the container of that depth is one of these */
  const struct member *last; /* the last key; NULL: not known */
  char texts[TEXTS][TEXT_MAX];
  struct task_list_response reply;
};

static const struct member {
  int depth;
  const char *key;
  enum text text; /* in a task */
} members[] = {
    {REPLY, "total_record", TEXTS}, {REPLY, "jobs", TEXTS},   {TASK, "id", ID},
    {TASK, "name", NAME},           {TASK, "status", STATUS},
};

static const struct member *const total_record = &members[0];
static const struct member *const jobs = &members[1];

static const struct member *find_member(int depth, const char *key,
                                        size_t len) {
  for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
    if (members[i].depth == depth && strlen(members[i].key) == len &&
        memcmp(members[i].key, key, len) == 0)
      return &members[i];
  return NULL;
}

static void keep_text(char to[TEXT_MAX], const char *text, size_t len) {
  if (len >= TEXT_MAX)
    len = TEXT_MAX - 1;
  memcpy(to, text, len);
  to[len] = '\0';
  for (size_t i = 0; i < len; i++)
    if (to[i] == '\0')
      to[i] = '?';
}

static void end_task(struct task_list_reader *r) {
  const char *status = r->texts[STATUS];
  r->reply.tasks++;
  if (status_family(status_code(status, strlen(status))) != STATUS_ENDED)
    job_list_add(r->list, r->texts[ID], r->texts[NAME], &r->reply.err);
}

static void on_open(void *arg, bool is_array) {
  struct task_list_reader *r = arg;
  r->depth++;
  if (r->depth == JOBS)
    r->in_jobs = is_array && r->last == jobs;
  if (r->depth == TASK)
    r->in_task = !is_array && r->in_jobs;
  if (r->depth == TASK && r->in_task)
    for (int i = 0; i < TEXTS; i++)
      r->texts[i][0] = '\0';
  r->reply.has_jobs = r->reply.has_jobs || r->in_jobs;
  r->last = NULL;
}

static void on_close(void *arg) {
  struct task_list_reader *r = arg;
  if (r->depth == TASK && r->in_task)
    end_task(r);
  if (r->depth <= TASK)
    r->in_task = false;
  if (r->depth <= JOBS)
    r->in_jobs = false;
  r->depth--;
  r->last = NULL;
}

static void on_key(void *arg, const char *text, size_t len) {
  struct task_list_reader *r = arg;
  bool known = r->depth == REPLY || (r->depth == TASK && r->in_task);
  r->last = known ? find_member(r->depth, text, len) : NULL;
}

static void on_scalar(void *arg, enum json_kind kind, const char *text,
                      size_t len) {
  struct task_list_reader *r = arg;
  if (r->last == NULL || (kind != JSON_STRING && kind != JSON_NUMBER))
    return;
  if (r->last == total_record)
    json_number(text, len, &r->reply.total);
  else if (r->last->text < TEXTS)
    keep_text(r->texts[r->last->text], text, len);
}

static const struct json_events events = {
    .scalar = on_scalar, .key = on_key, .open = on_open, .close = on_close};

/* What others see */

struct task_list_reader *task_list_reader_new(struct job_list *list) {
  struct task_list_reader *r = calloc(1, sizeof(*r));
  if (r == NULL)
    return NULL;
  r->list = list;
  r->reply.total = -1;
  r->json = json_reader_new(&events, r);
  if (r->json != NULL)
    return r;
  free(r);
  return NULL;
}

void task_list_reader_free(struct task_list_reader *r) {
  if (r == NULL)
    return;
  json_reader_free(r->json);
  free(r);
}

bool task_list_feed(struct task_list_reader *r, const char *bytes, size_t len,
                    struct err *err) {
  return json_feed(r->json, bytes, len, err);
}

bool task_list_finish(struct task_list_reader *r, struct err *err) {
  return json_finish(r->json, err);
}

const struct task_list_response *
task_list_reader_reply(const struct task_list_reader *r) {
  return &r->reply;
}

bool task_list_request(struct buf *body, const char *kind, long page,
                       struct err *err) {
  struct json_writer w;
  json_writer_begin(&w, body, err);
  json_open(&w);
  json_key(&w, "cur_page");
  json_whole(&w, page);
  json_key(&w, "per_page");
  json_whole(&w, TASK_LIST_PAGE);
  json_key(&w, "db_use_type");
  json_string(&w, kind);
  json_close(&w);
  return json_writer_end(&w);
}
