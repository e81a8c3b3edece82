/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A project's file of jobs: read again whenever it changes. While it cannot be
 * read, its jobs stay as they were; where a line of it is bad, the others
 * count. */

#ifndef DRS_POLL_JOBS_FILE_H
#define DRS_POLL_JOBS_FILE_H

#include "base/file.h"
#include "poll/jobs.h"

/* The most bytes of a file: some 100,000 jobs with names. */
#define JOBS_FILE_MAX (8 * 1024 * 1024)

/* All zero: no file. */
struct jobs_file {
  struct file file;
  bool known;     /* it has been read at least once */
  bool again;     /* to be read again though it does not change */
  struct err err; /* what is wrong with it now */
  bool news;      /* this has not been told yet */
};

/* Copies the path, which may be NULL. False: out of memory. */
bool jobs_file_init(struct jobs_file *f, const char *path, struct err *err);
void jobs_file_free(struct jobs_file *f);

/* Makes the table have what the file has. To be called between two reads. */
void jobs_file_refresh(struct jobs_file *f, struct jobs *jobs);

/* Whether it is known what jobs there are. */
static inline bool jobs_file_is_known(const struct jobs_file *f) {
  return f->known || f->file.path == NULL;
}

/* What is to be told: NULL: nothing new; an error that is not set: all is well
 * again. */
const struct err *jobs_file_news(struct jobs_file *f);

#endif
