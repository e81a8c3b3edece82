/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list of jobs as somebody gives it: ids in their order, each with a name
 * that people read, or none. It is a step on the way to the table of jobs, and
 * may have an id twice.
 * A file has a job a line, "ID [NAME]". Blanks around both are nothing, and so
 * is a line that is empty; a '#' at the start of a line or after a blank starts
 * a comment; a line may end as on Windows, and the text may begin with the mark
 * of UTF-8. */

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

/* Lines of one sort that are no jobs. */
struct job_list_bad_lines {
  size_t count, first; /* line number of the first, from 1 */
};

struct job_list_faults {
  size_t lines; /* all that are neither empty nor a comment */
  struct job_list_bad_lines ids, names;
};

/* Appends the jobs of a file's text, and counts the lines that are none. False:
 * too many, no UTF-8, or out of memory. */
bool job_list_parse(struct job_list *list, const char *text, size_t len,
                    struct job_list_faults *faults, struct err *err);

/* The faults in words; `repeated` lines had the id of another, such as
 * `repeated_id`. No line is quoted, as somebody may have given the wrong file.
 * False: there is a fault. */
bool job_list_describe(const struct job_list_faults *faults, size_t repeated,
                       const char *repeated_id, struct err *err);

#endif
