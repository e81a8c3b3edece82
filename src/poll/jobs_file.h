/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 * A project's file of jobs: read again whenever it changes. While it cannot be
 * read, or no line of it is a job though it has lines, its jobs stay as they
 * were; where a line of it is bad, the others count. */

#ifndef DRS_POLL_JOBS_FILE_H
#define DRS_POLL_JOBS_FILE_H

#include "base/file.h"
#include "poll/jobs.h"

/* All zero: no file. */
struct jobs_file {
  struct file file;
  bool known;     /* it was read at least once */
  struct err err; /* its present problem */
  bool changed;   /* and this was not reported yet */
};

/* Copies the path, which may be NULL. False: out of memory. */
bool jobs_file_init(struct jobs_file *f, const char *path, struct err *err);
void jobs_file_finish(struct jobs_file *f);

/* Puts the jobs of the file into the table, where it has changed. To be called
 * between two cycles. Returns when to call again, as it may be being written;
 * CLOCK_NEVER: in the next cycle. */
msec_t jobs_file_refresh(struct jobs_file *f, struct jobs *jobs, msec_t now);

/* Whether the file, if there is one, was read at least once. */
static inline bool jobs_file_is_known(const struct jobs_file *f) {
  return f->known || f->file.path == NULL;
}

/* The change to report. NULL: none; an error that is not set: recovered. */
const struct err *jobs_file_change(struct jobs_file *f);

#endif
