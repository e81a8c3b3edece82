/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The service's own list of a project's jobs, requested at an interval of its
 * own, beside the cycles: one list for each type of task, page by page. A list
 * that cannot be fetched leaves its jobs as they are, and is retried soon; in
 * an outage, in each cycle. One that the service refuses, where it has others,
 * is retried once a day. One that becomes empty counts when it is so twice.
 * No document says whether the service reports sub-tasks. The first one of the
 * lists is requested alone, and sub-tasks become jobs, named PARENT-CHILD, once
 * one was reported. One that is rejected sets all aside for a day.
 *
 *     discovery_init(&d, &service, config, counts, &jobs);
 *     discovery_begin(&d, now);      at the start of a cycle: if it is due
 *     discovery_step(&d, now);       then, and after each response
 *     discovery_apply(&d);           between two cycles: new lists
 *     discovery_change(&d, errors);  at the end of a cycle: what to report
 *     discovery_finish(&d);
 *
 * A cycle that begins before discovery_is_known waits for the first lists. What
 * is set aside is warned of at once, as the table's names are. */

#ifndef DRS_POLL_DISCOVERY_H
#define DRS_POLL_DISCOVERY_H

#include "api/call.h"
#include "api/progress.h"
#include "api/task_list.h"
#include "base/backoff.h"
#include "poll/project_config.h"
#include "poll/project_events.h"

/* A list of tasks for each type, and behind them those of their sub-tasks. */
#define DISCOVERY_LISTS (2 * TASK_LIST_TYPES)

/* All zero: nothing is discovered. */
struct discovery {
  const struct api_service *service; /* NULL: as if all zero */
  const struct project_config *config;
  struct project_counts *counts; /* errors are added to them */
  struct jobs *jobs;             /* has a `warn` */
  msec_t interval;
  msec_t due;
  struct backoff pause; /* after a failure */

  /* the discovery under way */
  bool running;
  bool repeated; /* a request was sent again with new credentials */
  struct api_call call;
  struct task_list_response response;
  struct err task_err; /* a task that cannot be polled, or memory */
  size_t type;         /* of task_list_types */
  long page;
  double first, later;       /* tasks on page 0, and on those from 1 */
  struct json_text first_id; /* of the last page that had a task */
  bool begins_alike;         /* it was that of the page before, too */
  struct err cause;          /* of the first failure */

  struct job_list lists[DISCOVERY_LISTS];
  struct job_list children; /* of the task that is being decoded */

  /* whether the service reports sub-tasks */
  bool polls_subtasks; /* it has reported one */
  const char *probe;   /* id of the one that is requested; NULL: none */
  struct job_response probe_response;
  struct progress probe_progress;
  bool probe_reported;
  bool probe_in_doubt; /* the last one was rejected without a certain cause */
  msec_t probe_at; /* the next one, at the earliest; 0: none was set aside */

  size_t alive; /* tasks of this list that have not ended, selected or not */
  size_t tasks[TASK_LIST_TYPES]; /* likewise, of the last complete lists */
  unsigned to_apply;             /* bits: of `lists` */
  unsigned known;             /* bits: lists that were fetched at least once */
  unsigned fetched, refusing; /* bits: of this discovery */
  unsigned emptied;   /* bits: lists without a task, for the first time */
  bool doubts;        /* this discovery had such a list */
  bool without_jobs;  /* when it began, no job was known */
  bool after_outage;  /* the one before fetched none */
  struct err refusal; /* the first of this one */
  unsigned refused;   /* bits: lists refused the last time */
  msec_t started, retry_at[TASK_LIST_TYPES];
  struct err err;      /* of the last discovery */
  struct err left_out; /* the reason that a job of its lists is not polled */
  bool failing;        /* one of these was reported */
};

/* All that it is given must outlive it. */
void discovery_init(struct discovery *d, const struct api_service *service,
                    const struct project_config *config,
                    struct project_counts *counts, struct jobs *jobs);

/* Cancels the requests under way. */
void discovery_stop(struct discovery *d);
void discovery_finish(struct discovery *d);

/* Starts one if it is due. */
void discovery_begin(struct discovery *d, msec_t now);

/* Starts the request that can be started now. To be called after
 * discovery_begin and after each response. */
void discovery_step(struct discovery *d, msec_t now);

/* Puts the lists of the last discovery into the table. To be called between two
 * cycles. */
void discovery_apply(struct discovery *d);

/* Whether each list that is not refused was fetched at least once. */
static inline bool discovery_is_known(const struct discovery *d) {
  unsigned all = (1U << TASK_LIST_TYPES) - 1;
  return d->service == NULL ||
         (d->known != 0 && (d->known | d->refused) == all);
}

/* Whether the next request waits until there are credentials for it. */
static inline bool discovery_awaits_credentials(const struct discovery *d) {
  return d->running && !api_call_is_under_way(&d->call);
}

/* How many tasks that have not ended the last lists had, selected or not. */
size_t discovery_tasks(const struct discovery *d);

/* The change to report after a cycle with these errors. NULL: none, or one that
 * the cycle reports itself; an error that is not set: recovered. */
const struct err *discovery_change(struct discovery *d,
                                   const struct err errors[ERR_KINDS]);

#endif
