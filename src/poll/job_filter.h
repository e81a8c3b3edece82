/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Which tasks of the service's list become jobs: rules over a task's fields,
 * as POSIX extended regular expressions that may match anywhere in the field.
 * Every selecting rule has to match, and no ignoring one. An expression is as
 * costly as its author makes it: "(a{200}){200}" takes libc minutes. */

#ifndef DRS_POLL_JOB_FILTER_H
#define DRS_POLL_JOB_FILTER_H

#include "api/task_list.h"

struct job_filter_rule;

/* All zero: every task becomes a job. */
struct job_filter {
  struct job_filter_rule *rules;
  size_t len;
};

/* Adds a rule; `field` is one of name, status, engine_type, net_type and
 * task_type. False: it is not, the expression is none, or out of memory. */
bool job_filter_add(struct job_filter *f, const char *field,
                    const char *expression, bool ignore, struct err *err);
void job_filter_free(struct job_filter *f);

bool job_filter_accepts(const struct job_filter *f, const struct task *task);

#endif
