/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The body of every call that is about a batch of jobs: {"jobs":["ID", ...]} */

#ifndef DRS_API_JOB_IDS_H
#define DRS_API_JOB_IDS_H

#include "base/buf.h"

/* `next` gives the ids one by one, then NULL. */
struct job_ids {
  const char *(*next)(void *arg);
  void *arg;
};

/* Appends the body; `ids` is a struct job_ids. */
bool job_ids_write(struct buf *body, const void *ids, struct err *err);

#endif
