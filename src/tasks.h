/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The API call for the list of a project's tasks, in both directions:
 * POST /v3/{project_id}/jobs. It lists tasks of one kind at a time, and may do
 * so in pages. What it refuses has the shapes of progress.h. */

#ifndef DRS_TASKS_H
#define DRS_TASKS_H

#include "joblist.h"
#include "json.h"

/* The values of `db_use_type`. */
#define TASKS_KINDS 3
extern const char *const tasks_kinds[TASKS_KINDS];

/* The most tasks of a page that the API has. */
#define TASKS_PAGE 100

/* Appends the request for one page, from 1; 0: for all tasks at once. */
bool tasks_request(struct buf *body, const char *kind, long page,
                   struct err *err);

struct tasks_reply {
  bool has_jobs;  /* there was an array `jobs` */
  double total;   /* `total_record`; -1 where absent */
  size_t tasks;   /* in `jobs` */
  struct err err; /* a task that cannot be asked for, or memory; if any */
};

struct tasks_reader;

/* Appends to `list` each task that has not ended, as soon as it is complete.
 * NULL: out of memory. */
struct tasks_reader *tasks_reader_new(struct joblist *list);
void tasks_reader_free(struct tasks_reader *r);

/* Reads on; to the end. False: as json_feed and json_finish have it. */
bool tasks_feed(struct tasks_reader *r, const char *bytes, size_t len,
                struct err *err);
bool tasks_finish(struct tasks_reader *r, struct err *err);

/* Valid as long as the reader. */
const struct tasks_reply *tasks_reader_reply(const struct tasks_reader *r);

#endif
