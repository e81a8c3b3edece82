/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A collectd module for drs-check. Under the name of another plugin it accepts
 * that plugin's block and does nothing, so that collectd reads a whole
 * configuration and runs only drs. As drs_check_log it prints the log to
 * stderr, as drs_check_values the values of drs, one record a line:
 *
 *     drs-check log SEVERITY MESSAGE
 *     drs-check value PLUGIN_INSTANCE TYPE-TYPE_INSTANCE NUMBER [STATUS] */

#include <collectd/core/daemon/plugin.h>

#include <collectd/core/utils/common/common.h>
#include <collectd/core/utils/metadata/meta_data.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define END "drs_check_values"
#define END_TIMEOUT 30 /* seconds for the write thread to reach the end */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t end_written = PTHREAD_COND_INITIALIZER;
static bool at_end;

static int accept_block(oconfig_item_t *ci) {
  (void)ci;
  return 0;
}

static void print_log(int severity, const char *message, user_data_t *ud) {
  (void)ud;
  fprintf(stderr, "drs-check log %d %s\n", severity, message);
}

static double value_of(const data_set_t *ds, const value_list_t *vl) {
  return ds->ds[0].type == DS_TYPE_GAUGE ? vl->values[0].gauge
                                         : (double)vl->values[0].derive;
}

static int print_value(const data_set_t *ds, const value_list_t *vl,
                       user_data_t *ud) {
  (void)ud;
  char *status = NULL;
  if (strcmp(vl->plugin, END) == 0) {
    pthread_mutex_lock(&lock);
    at_end = true;
    pthread_cond_signal(&end_written);
    pthread_mutex_unlock(&lock);
  }
  if (strcmp(vl->plugin, "drs") != 0)
    return 0;
  if (vl->meta != NULL)
    meta_data_get_string(vl->meta, "transfer_status", &status);
  fprintf(stderr, "drs-check value %s %s-%s %.15g %s\n", vl->plugin_instance,
          vl->type, vl->type_instance, value_of(ds, vl),
          status != NULL ? status : "");
  free(status);
  return 0;
}

/* The last read callback of `collectd -T`: collectd drops what its write
 * threads have not reached when it stops. There is one write thread, so a
 * value that it has written is the last. */
static int wait_for_values(user_data_t *ud) {
  (void)ud;
  value_t value = {.gauge = 0};
  value_list_t vl = VALUE_LIST_INIT;
  struct timespec until;
  int status = 0;
  vl.values = &value;
  vl.values_len = 1;
  sstrncpy(vl.plugin, END, sizeof(vl.plugin));
  sstrncpy(vl.type, "gauge", sizeof(vl.type));
  plugin_dispatch_values(&vl);
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += END_TIMEOUT;
  pthread_mutex_lock(&lock);
  while (!at_end && status == 0)
    status = pthread_cond_timedwait(&end_written, &lock, &until);
  pthread_mutex_unlock(&lock);
  return status;
}

/* After the init callback of drs, hence read after it. */
static int register_wait(void) {
  return plugin_register_complex_read(NULL, END, wait_for_values, 0, NULL);
}

void module_register(void) {
  const char *name = plugin_get_ctx().name;
  if (strcmp(name, "drs_check_log") == 0)
    plugin_register_log(name, print_log, NULL);
  else if (strcmp(name, END) == 0) {
    plugin_register_write(name, print_value, NULL);
    plugin_register_init(name, register_wait);
  } else
    plugin_register_complex_config(name, accept_block);
}
