/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Words for what changed in a project, as notifications. A job that is well
 * when it is first seen causes none. */

#ifndef DRS_PLUGIN_NOTIFICATIONS_H
#define DRS_PLUGIN_NOTIFICATIONS_H

#include <collectd/core/daemon/plugin.h>

#include "poll/project_events.h"

/* Those of a project. */
struct notifications {
  bool wanted;         /* false: none is dispatched */
  const char *host;    /* NULL: collectd's own */
  const char *project; /* its name */
};

void notifications_change(const struct notifications *n,
                          const struct change *change);

#endif
