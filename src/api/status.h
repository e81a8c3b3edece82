/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The states that a task can be in, as codes: a family in the hundreds plus a
 * place in it, so that one threshold serves all states of a family, those of
 * tomorrow included. A code, once published, never changes. */

#ifndef DRS_API_STATUS_H
#define DRS_API_STATUS_H

#include <stdbool.h>
#include <stddef.h>

enum status_family {
  STATUS_UNKNOWN,
  STATUS_STARTING,
  STATUS_RUNNING,
  STATUS_PAUSED,
  STATUS_CHANGING,
  STATUS_ENDED,
  STATUS_FAILED,
  STATUS_FAMILIES /* how many there are */
};

/* The codes of the states in which data flow, and between the two. */
enum {
  STATUS_FULL_TRANSFER = 201,
  STATUS_FULL_TRANSFER_COMPLETE = 202,
  STATUS_INCREMENTAL_TRANSFER = 203
};

/* The code of a `transfer_status`: 101 to 6xx; 600 for an unlisted *_FAILED,
 * 0 for any other that is not listed. */
int status_code(const char *text, size_t len);

enum status_family status_family(int code);

/* Whether it is CHILD_*: the state of a task's children, not its own. */
bool status_is_of_children(int code);

#define STATUS_FULL_TRANS 1

/* The code of a `task_mode`: 1 FULL_TRANS, 2 INCR_TRANS, 3 FULL_INCR_TRANS, 0
 * for any other. */
int status_task_mode(const char *text, size_t len);

#endif
