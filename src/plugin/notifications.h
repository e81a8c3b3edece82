/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Words for the changes of a project, as notifications. A job that is well
 * when it is first seen causes none.
 *
 * A change that hits many jobs at once, such as a list of jobs that is gone,
 * is summed up: after NOTIFICATIONS_PER_CYCLE notifications of one kind and
 * severity the others of the cycle become one with their number. The exec
 * plugin forks for each notification. */

#ifndef DRS_PLUGIN_NOTIFICATIONS_H
#define DRS_PLUGIN_NOTIFICATIONS_H

#include "plugin/notification_queue.h"
#include "poll/project_events.h"

#define NOTIFICATIONS_PER_CYCLE 32

/* Those of a project. */
struct notifications {
  struct notification_queue *queue; /* NULL: none is dispatched */
  const char *host;                 /* as collectd writes it */
  const char *project;              /* its name */
  cdtime_t interval;                /* likewise */
  /* Of this cycle, by collectd's severity. */
  size_t counts[CHANGE_KINDS][NOTIF_OKAY + 1];
};

void notifications_change(struct notifications *n, const struct change *change);

/* Ends a cycle: dispatches the sums. */
void notifications_finish(struct notifications *n);

#endif
