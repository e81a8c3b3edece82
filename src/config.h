/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From collectd's configuration to project_options. A block that cannot work
 * is refused with one line in the log, and nothing else is. */

#ifndef DRS_CONFIG_H
#define DRS_CONFIG_H

#include <collectd/core/daemon/plugin.h>

#include "options.h"

/* All zero is an empty one. */
struct config {
  struct project_options *projects;
  size_t len;
  char **refused; /* names of the blocks that were refused */
  size_t refused_len;
  size_t faults;      /* lines that were logged as errors */
  void *names;        /* tsearch(3) tree of the projects' names */
  struct hosts hosts; /* and of the jobs' names; to outlive the projects */
};

/* Reads one <Plugin drs> block; may be called several times. `interval` is
 * the plugin's, in seconds. */
void config_read(struct config *c, const oconfig_item_t *plugin,
                 double interval);

void config_free(struct config *c);

#endif
