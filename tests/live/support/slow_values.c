/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A collectd plugin that takes 0.2 ms for each value, as a store over the
 * network does. */

#include <collectd/core/daemon/plugin.h>

#include <unistd.h>

static int delay(const data_set_t *ds, const value_list_t *vl,
                 user_data_t *ud) {
  (void)ds;
  (void)vl;
  (void)ud;
  usleep(200);
  return 0;
}

void module_register(void) { plugin_register_write("slow", delay, NULL); }
