/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table of the jobs that a project watches: DRS tasks, each with its id,
 * the name that its metrics carry, and what is remembered of it from read to
 * read. Jobs keep their order and their address as long as the table. */

#ifndef DRS_JOBS_H
#define DRS_JOBS_H

#include "deadline.h"
#include "err.h"

/* The longest id, in bytes without a NUL. No pattern is published. */
#define JOBS_ID_MAX 127
/* What is kept of a status, its NUL included. */
#define JOBS_STATUS_MAX 64

struct job {
  const char *id;   /* as the API has it */
  const char *name; /* plugin instance: safe for a metric's path */
  uint32_t read;    /* the number of the last read that answered for it */
  bool has_error;   /* its last item carried an error code */
  bool missing;     /* the service does not know it, and this was told */
  bool apart;       /* refused on its own: not asked with the others */
  msec_t retry_at;  /* when a job that is apart is asked again */
  char status[JOBS_STATUS_MAX]; /* the last transfer_status; "": none yet */
};

/* All zero is an empty table. */
struct jobs {
  struct job **all;
  size_t len, size;
  void *by_id; /* tsearch(3) tree of struct job */
};

enum jobs_added { JOBS_ADDED, JOBS_SAME_ID, JOBS_NO_MEMORY };

/* Copies the id and, made safe and cut to what a metric takes, the name. */
enum jobs_added jobs_add(struct jobs *jobs, const char *id, const char *name);

/* The job of that id, or NULL. `near`, if not NULL, is where to look first:
 * answers mostly come in the order of the question. */
struct job *jobs_find(const struct jobs *jobs, const char *id,
                      struct job *near);

/* Notes a job's status, cut to what is kept, and hands out the one before.
 * False: it is the same, and `was` is not written. */
bool jobs_set_status(struct job *job, const char *status,
                     char was[JOBS_STATUS_MAX]);

void jobs_free(struct jobs *jobs);

#endif
