/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A collectd plugin that reads how many bytes malloc has handed out. */

#include <collectd/core/daemon/plugin.h>

#include <malloc.h>
#include <string.h>

static int read_heap(void) {
  struct mallinfo2 m = mallinfo2();
  value_t value = {.gauge = (gauge_t)(m.uordblks + m.hblkhd)};
  value_list_t list = VALUE_LIST_INIT;
  list.values = &value;
  list.values_len = 1;
  strcpy(list.plugin, "heap");
  strcpy(list.type, "memory");
  strcpy(list.type_instance, "used");
  return plugin_dispatch_values(&list);
}

void module_register(void) { plugin_register_read("heap", read_heap); }
