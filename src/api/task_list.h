/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The API call "Querying the Task List": POST /v3/{project_id}/jobs. It lists
 * tasks of one type at a time, and may do so in pages.
 *
 *     {"total_record":1,"jobs":[{"id":"...","name":"...","status":"..."}]}
 *
 * A task may have `children`, sub-tasks with the same members and without
 * children. Every other member that is not in struct task is skipped. */

#ifndef DRS_API_TASK_LIST_H
#define DRS_API_TASK_LIST_H

#include "base/json_decoder.h"

/* The values of `db_use_type`. */
#define TASK_LIST_TYPES 3
extern const char *const task_list_types[TASK_LIST_TYPES];

/* The most tasks of a page that the API has. */
#define TASK_LIST_PAGE 100

/* A page of the list of one type, from 1; 0: all tasks at once. */
struct task_list_page {
  const char *type;
  long page;
};

/* Texts as the service has them, empty where absent: the caller checks the id.
 */
struct task {
  struct json_text id, name;
  struct json_text status; /* see api/status.h */
  struct json_text engine_type, net_type, task_type;
};

/* Called for each task as soon as it is complete, in the order of the
 * response; for its sub-tasks before. `task` is valid during the call only. */
typedef void task_fn(void *arg, const struct task *task);

/* The target of the response's table: the caller sets `fn`, `subtask_fn`
 * and `arg`, the rest zero. */
struct task_list_response {
  unsigned has; /* TASK_LIST_TOTAL */
  task_fn *fn, *subtask_fn;
  void *arg;
  double total; /* `total_record` */
  size_t tasks; /* delivered so far */
  struct task task, subtask;
};
#define TASK_LIST_TOTAL 1u

/* Its arguments are a struct task_list_page, its target a struct
 * task_list_response. */
extern const struct api_call_type task_list_call;

#endif
