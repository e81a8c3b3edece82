/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Tables of jobs from the text of a file, "ID [NAME]" a line. */

#ifndef DRS_TESTS_JOBS_FIXTURE_H
#define DRS_TESTS_JOBS_FIXTURE_H

#include "unit.h"

#include "poll/jobs.h"

#include <string.h>

/* Replaces the jobs of a source by these. */
static inline bool replace_jobs(struct jobs *jobs, unsigned source,
                                const char *text, msec_t now, struct err *err) {
  struct job_list list;
  struct job_list_faults faults;
  job_list_init(&list);
  bool ok = job_list_parse(&list, text, strlen(text), &faults, err) &&
            jobs_replace(jobs, source, &list, now, err);
  job_list_free(&list);
  return ok;
}

#endif
