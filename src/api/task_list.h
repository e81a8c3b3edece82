/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The API call for the list of a project's tasks, in both directions:
 * POST /v3/{project_id}/jobs. It lists tasks of one kind at a time, and may do
 * so in pages. What it refuses has the shapes of progress.h. */

#ifndef DRS_API_TASK_LIST_H
#define DRS_API_TASK_LIST_H

#include "base/json.h"
#include "poll/job_list.h"

/* The values of `db_use_type`. */
#define TASK_LIST_TYPES 3
extern const char *const task_list_types[TASK_LIST_TYPES];

/* The most tasks of a page that the API has. */
#define TASK_LIST_PAGE 100

/* Appends the request for one page, from 1; 0: for all tasks at once. */
bool task_list_request(struct buf *body, const char *kind, long page,
                       struct err *err);

struct task_list_response {
  bool has_jobs;  /* there was an array `jobs` */
  double total;   /* `total_record`; -1 where absent */
  size_t tasks;   /* in `jobs` */
  struct err err; /* a task that cannot be asked for, or memory; if any */
};

struct task_list_reader;

/* Appends to `list` each task that has not ended, as soon as it is complete.
 * NULL: out of memory. */
struct task_list_reader *task_list_reader_new(struct job_list *list);
void task_list_reader_free(struct task_list_reader *r);

/* Reads on; to the end. False: as json_feed and json_finish have it. */
bool task_list_feed(struct task_list_reader *r, const char *bytes, size_t len,
                    struct err *err);
bool task_list_finish(struct task_list_reader *r, struct err *err);

/* Valid as long as the reader. */
const struct task_list_response *
task_list_reader_reply(const struct task_list_reader *r);

#endif
