/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A plugin to compare with: it dispatches the values that the plugin drs makes
 * of bench/replies.py, from a loop, tells how long the loop took, and how much
 * of the heap is in use.
 *
 *     <Plugin dispatch>
 *       Jobs 10000       # none, if not given: then it tells of the heap alone
 *       Interval 2       # of the jobs; the heap's is 0.1
 *     </Plugin> */

#include <collectd/core/daemon/plugin.h>

#include <collectd/core/utils/common/common.h>
#include <collectd/core/utils/metadata/meta_data.h>

#include <malloc.h>

#define HEAP_INTERVAL 0.1

static int jobs;
static double interval = 1;

static const struct {
  const char *type, *type_instance;
  gauge_t value;
} values[] = {
    {"percent", "total", 88},  {"delay", "incremental", 3},
    {"timeleft", "total", 10}, {"gauge", "process_time", 1594864576},
    {"gauge", "task_mode", 3}, {"bool", "error", 0},
    {"percent", "struct", 94}, {"percent", "data", 94},
    {"percent", "index", 94},
};

static void dispatch(value_list_t *vl, const char *type,
                     const char *type_instance, value_t value) {
  vl->values = &value;
  vl->values_len = 1;
  sstrncpy(vl->type, type, sizeof(vl->type));
  sstrncpy(vl->type_instance, type_instance, sizeof(vl->type_instance));
  plugin_dispatch_values(vl);
}

static void dispatch_status(value_list_t *vl) {
  vl->meta = meta_data_create();
  meta_data_add_string(vl->meta, "job_id", vl->plugin_instance);
  meta_data_add_string(vl->meta, "task_mode", "FULL_INCR_TRANS");
  meta_data_add_string(vl->meta, "transfer_status", "FULL_TRANSFER_STARTED");
  dispatch(vl, "gauge", "status", (value_t){.gauge = 201});
  meta_data_destroy(vl->meta);
  vl->meta = NULL;
}

static int read_jobs(user_data_t *ud) {
  (void)ud;
  value_list_t vl = {
      .plugin = "drs", .time = cdtime(), .interval = plugin_get_interval()};
  for (int i = 0; i < jobs; i++) {
    ssnprintf(vl.plugin_instance, sizeof(vl.plugin_instance),
              "%08x-a618-490d-8a46-8c61ac9jb502", (unsigned)i);
    for (size_t v = 0; v < STATIC_ARRAY_SIZE(values); v++)
      dispatch(&vl, values[v].type, values[v].type_instance,
               (value_t){.gauge = values[v].value});
    dispatch_status(&vl);
  }
  gauge_t took = CDTIME_T_TO_DOUBLE(cdtime() - vl.time);
  value_list_t loop = {.plugin = "dispatch"};
  dispatch(&loop, "response_time", "loop", (value_t){.gauge = took});
  return 0;
}

static int read_heap(user_data_t *ud) {
  (void)ud;
  struct mallinfo2 heap = mallinfo2();
  value_list_t vl = {.plugin = "dispatch"};
  gauge_t used = (gauge_t)(heap.uordblks + heap.hblkhd);
  dispatch(&vl, "memory", "used", (value_t){.gauge = used});
  return 0;
}

static int configure(oconfig_item_t *ci) {
  for (int i = 0; i < ci->children_num; i++) {
    oconfig_item_t *child = &ci->children[i];
    if (strcasecmp(child->key, "Jobs") == 0)
      cf_util_get_int(child, &jobs);
    else if (strcasecmp(child->key, "Interval") == 0)
      cf_util_get_double(child, &interval);
  }
  return 0;
}

static int init(void) {
  if (jobs > 0)
    plugin_register_complex_read(NULL, "dispatch/jobs", read_jobs,
                                 DOUBLE_TO_CDTIME_T(interval), NULL);
  plugin_register_complex_read(NULL, "dispatch/heap", read_heap,
                               DOUBLE_TO_CDTIME_T(HEAP_INTERVAL), NULL);
  return 0;
}

void module_register(void) {
  plugin_register_complex_config("dispatch", configure);
  plugin_register_init("dispatch", init);
}
