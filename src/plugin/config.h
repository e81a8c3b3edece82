/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From collectd's configuration to project_config. A block that cannot work
 * is rejected with one line in the log, and nothing else is. */

#ifndef DRS_PLUGIN_CONFIG_H
#define DRS_PLUGIN_CONFIG_H

#include <collectd/core/daemon/plugin.h>

#include "poll/name_registry.h"
#include "poll/project_config.h"

/* All zero is an empty one. */
struct config {
  struct project_config *projects; /* with the rejected ones, for bool-up */
  size_t len, accepted;
  size_t faults;              /* lines that were logged as errors */
  struct name_registry hosts; /* of the jobs' names; to outlive the projects */
};

/* Reads one <Plugin drs> block; may be called several times. `interval` is
 * the plugin's, in seconds. */
void config_read(struct config *c, const oconfig_item_t *plugin,
                 double interval);

/* An accepted project cannot be polled. */
void config_refuse(struct config *c, struct project_config *project);

/* The option that switches a call on; NULL: it is always made. */
const char *config_call_option(enum job_call call);

/* To be called when no project is left. */
void config_free(struct config *c);

#endif
