/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A plugin to compare with, and to measure collectd by. Each part runs only
 * where its option is given, so that no measure disturbs another:
 *
 *     <Plugin dispatch>
 *       Jobs 10000        # dispatch the values of so many jobs from a loop,
 *       Interval 2        # this often, and report how long the loop took
 *       Heap true         # report the heap in use, every 0.5 seconds
 *       Beat true         # note how regularly a read callback is called
 *       Slow 200          # a write plugin that takes so many microseconds
 *       Report "FILE"     # at the end: how many series and values arrived at
 *                         # that one, and the longest gap of Beat
 *     </Plugin> */

#include <collectd/core/daemon/plugin.h>

#include <collectd/core/utils/common/common.h>
#include <collectd/core/utils/metadata/meta_data.h>

#include <malloc.h>
#include <pthread.h>
#include <search.h>

/* Before, its counts are of 32 bits: enough for these heaps. */
#if !__GLIBC_PREREQ(2, 33)
#define mallinfo2 mallinfo
#endif

#define HEAP_INTERVAL 0.5

static int jobs, slow;
static bool beat, heap;
static double interval = 1;
static char *report;

/* The values that the plugin drs makes of one item of bench/responses.py. */
static const struct {
  const char *type, *type_instance;
  gauge_t value;
} values[] = {
    {"percent", "total", 88},  {"delay", "incremental", 3},
    {"timeleft", "total", 10}, {"gauge", "process_time", 1594864576},
    {"gauge", "task_mode", 3}, {"bool", "error", 0},
    {"percent", "struct", 94}, {"percent", "data", 94},
    {"percent", "index", 94},  {"bool", "ready", 0},
};

/* The loop */

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

/* The heap */

static int read_heap(user_data_t *ud) {
  (void)ud;
  struct mallinfo2 info = mallinfo2();
  value_list_t vl = {.plugin = "dispatch"};
  gauge_t used = (gauge_t)(info.uordblks + info.hblkhd);
  dispatch(&vl, "memory", "used", (value_t){.gauge = used});
  return 0;
}

/* The heartbeat: every other read callback is called as regularly */

static cdtime_t last_beat, longest_gap;

static int read_beat(user_data_t *ud) {
  (void)ud;
  cdtime_t now = cdtime();
  if (last_beat != 0 && now - last_beat > longest_gap)
    longest_gap = now - last_beat;
  last_beat = now;
  return 0;
}

/* The slow write plugin */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *series;
static size_t series_len, values_len;

static int compare(const void *a, const void *b) { return strcmp(a, b); }

static void count_series(const value_list_t *vl) {
  char name[6 * DATA_MAX_NAME_LEN];
  if (FORMAT_VL(name, sizeof(name), vl) != 0)
    return;
  char *key = strdup(name);
  char **node = key == NULL ? NULL : tsearch(key, &series, compare);
  if (node != NULL && *node == key)
    series_len++;
  else
    free(key);
}

static int write_slowly(const data_set_t *ds, const value_list_t *vl,
                        user_data_t *ud) {
  (void)ds, (void)ud;
  struct timespec pause = {.tv_nsec = slow * 1000L};
  pthread_mutex_lock(&lock);
  values_len++;
  if (strcmp(vl->plugin, "drs") == 0)
    count_series(vl);
  pthread_mutex_unlock(&lock);
  nanosleep(&pause, NULL);
  return 0;
}

static int write_report(void) {
  FILE *to = report == NULL ? NULL : fopen(report, "w");
  if (to == NULL)
    return 0;
  fprintf(to, "%zu %zu %.6f\n", series_len, values_len,
          CDTIME_T_TO_DOUBLE(longest_gap));
  return fclose(to);
}

/* Setting up */

static int configure(oconfig_item_t *ci) {
  for (int i = 0; i < ci->children_num; i++) {
    oconfig_item_t *child = &ci->children[i];
    if (strcasecmp(child->key, "Jobs") == 0)
      cf_util_get_int(child, &jobs);
    else if (strcasecmp(child->key, "Interval") == 0)
      cf_util_get_double(child, &interval);
    else if (strcasecmp(child->key, "Heap") == 0)
      cf_util_get_boolean(child, &heap);
    else if (strcasecmp(child->key, "Beat") == 0)
      cf_util_get_boolean(child, &beat);
    else if (strcasecmp(child->key, "Slow") == 0)
      cf_util_get_int(child, &slow);
    else if (strcasecmp(child->key, "Report") == 0)
      cf_util_get_string(child, &report);
  }
  return 0;
}

static int init(void) {
  if (jobs > 0)
    plugin_register_complex_read(NULL, "dispatch/jobs", read_jobs,
                                 DOUBLE_TO_CDTIME_T(interval), NULL);
  if (heap)
    plugin_register_complex_read(NULL, "dispatch/heap", read_heap,
                                 DOUBLE_TO_CDTIME_T(HEAP_INTERVAL), NULL);
  if (beat)
    plugin_register_complex_read(NULL, "dispatch/beat", read_beat,
                                 TIME_T_TO_CDTIME_T(1), NULL);
  if (slow > 0)
    plugin_register_write("dispatch", write_slowly, NULL);
  return 0;
}

void module_register(void) {
  plugin_register_complex_config("dispatch", configure);
  plugin_register_init("dispatch", init);
  plugin_register_shutdown("dispatch", write_report);
}
