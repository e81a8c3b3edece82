/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A collectd plugin that takes values and holds the write thread that brings
 * one for as long as the file $HOLD_VALUES is there. */

#include <collectd/core/daemon/plugin.h>

#include <stdlib.h>
#include <unistd.h>

static int hold(const data_set_t *ds, const value_list_t *vl, user_data_t *ud) {
  (void)ds;
  (void)vl;
  (void)ud;
  while (access(getenv("HOLD_VALUES"), F_OK) == 0)
    usleep(10000);
  return 0;
}

void module_register(void) { plugin_register_write("hold", hold, NULL); }
