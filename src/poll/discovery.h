/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The service's own list of a project's jobs, asked for now and then beside
 * the reads: one list for each kind of task, page by page. A list that cannot
 * be had leaves its jobs as they were, and is tried again soon. */

#ifndef DRS_POLL_DISCOVERY_H
#define DRS_POLL_DISCOVERY_H

#include "api/call.h"
#include "api/task_list.h"
#include "base/backoff.h"
#include "poll/project_config.h"
#include "poll/project_events.h"

/* All zero: nothing is discovered. */
struct discovery {
  const struct api_service *service; /* NULL: as if all zero */
  const struct project_config *config;
  struct project_counts *counts; /* requests and errors are added to them */
  msec_t interval;
  msec_t due;
  struct backoff pause; /* after a failure */

  /* the discovery under way */
  bool running;
  bool repeated; /* asked a second time with new credentials */
  struct api_call call;
  struct task_list_response response;
  struct err task_err; /* a task that cannot be polled, or memory */
  size_t kind;
  long page;
  double first, later; /* tasks of the page 0, and of those from 1 */
  struct err cause;    /* of the first failure */

  struct job_list lists[TASK_LIST_TYPES];
  unsigned fresh, known; /* bits: lists to be applied; had at least once */
  struct err err;        /* how the last discovery failed */
  struct err left_out;   /* why a job of its lists is not watched */
  bool told;             /* one of these has been told */
};

/* All that it is given must outlive it. */
void discovery_init(struct discovery *d, const struct api_service *service,
                    const struct project_config *config,
                    struct project_counts *counts);

/* Cancels what is under way. */
void discovery_stop(struct discovery *d);
void discovery_free(struct discovery *d);

/* Starts one if it is due. */
void discovery_begin(struct discovery *d, msec_t now);

/* Asks for what can be asked now. To be called after discovery_begin and after
 * each http_poll. */
void discovery_step(struct discovery *d, msec_t now);

/* Makes the table have the lists that the last discovery brought. To be called
 * between two reads. */
void discovery_apply(struct discovery *d, struct jobs *jobs);

/* Whether it is known what jobs there are. */
static inline bool discovery_is_known(const struct discovery *d) {
  return d->service == NULL || d->known == (1U << TASK_LIST_TYPES) - 1;
}

/* Whether the next request waits until there are credentials for it. */
static inline bool discovery_awaits_credentials(const struct discovery *d) {
  return d->running && !api_call_is_under_way(&d->call);
}

/* What is to be told after a read with these errors: NULL: nothing new, or
 * nothing that the read does not tell; an error that is not set: all is well
 * again. */
const struct err *discovery_change(struct discovery *d,
                                   const struct err errors[ERR_KINDS]);

#endif
