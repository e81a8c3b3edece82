/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list of jobs as somebody gives it: ids in their order, each with a name
 * that people read, or none. It is a step on the way to the table of jobs, and
 * may have an id twice.
 *
 * A file has a job a line, "ID [NAME]". Blanks around both are nothing, and so
 * is a line that is empty; a '#' at the start of a line or after a blank starts
 * a comment; a line may end as on Windows. */

#ifndef DRS_POLL_JOB_LIST_H
#define DRS_POLL_JOB_LIST_H

#include "base/buf.h"

/* The most bytes of a list: some 200,000 jobs. */
#define JOB_LIST_MAX (16 * 1024 * 1024)
/* The longest id, in bytes without a NUL. No pattern is published. */
#define JOBS_ID_MAX 127

struct job_list {
  struct buf bytes; /* "id\0name\0", one behind the other */
};

struct job_list_entry {
  const char *id, *name; /* name: the id where there is none */
};

static inline void job_list_init(struct job_list *list) {
  buf_init(&list->bytes, JOB_LIST_MAX);
}

static inline void job_list_free(struct job_list *list) {
  buf_free(&list->bytes);
}

/* Appends an entry; the name may be "". False, and the list is as it was: it
 * is too long, out of memory, or the id cannot stand in a request
 * (ERR_RESPONSE). */
bool job_list_add(struct job_list *list, const char *id, const char *name,
                  struct err *err);

/* The entries one by one: `*at` counts on from 0. False: no more. */
bool job_list_next(const struct job_list *list, size_t *at,
                   struct job_list_entry *entry);

/* Appends the jobs of a file's text. False: too many, or out of memory. True
 * with an error set: some lines are no jobs, and are left out. The error tells
 * the first of them and never quotes it: somebody may have given the wrong
 * file. */
bool job_list_parse(struct job_list *list, const char *text, size_t len,
                    struct err *err);

#endif
