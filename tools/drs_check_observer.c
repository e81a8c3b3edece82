/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A collectd module for drs-check. Under the name of another plugin it accepts
 * that plugin's block and does nothing, so that collectd reads a whole
 * configuration and runs only drs. As drs_check_log it prints the log to
 * stderr, as drs_check_values the values of drs. As drs itself it prints the
 * options that name an account, as collectd has read them; never a secret; and
 * ends collectd before anything is run. One record a line:
 *
 *     drs-check log SEVERITY MESSAGE
 *     drs-check value PLUGIN_INSTANCE TYPE-TYPE_INSTANCE NUMBER [STATUS]
 *     drs-check option BLOCK OPTION VALUE */

#include <collectd/core/daemon/plugin.h>

#include <collectd/core/utils/common/common.h>
#include <collectd/core/utils/metadata/meta_data.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define END "drs_check_values"
#define END_TIMEOUT 30 /* seconds for the write thread to reach the end */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t end_written = PTHREAD_COND_INITIALIZER;
static bool at_end;

static int accept_block(oconfig_item_t *ci) {
  (void)ci;
  return 0;
}

static const char *const account_options[] = {
    "IdentityEndpoint", "DomainName", "User",
    "PasswordFile",     "AccessKey",  "SecretKeyFile"};

static bool is_text(const oconfig_item_t *ci) {
  return ci->values_num > 0 && ci->values[0].type == OCONFIG_TYPE_STRING;
}

static void print_option(int block, const oconfig_item_t *ci) {
  for (size_t i = 0; i < STATIC_ARRAY_SIZE(account_options); i++)
    if (strcasecmp(ci->key, account_options[i]) == 0 && is_text(ci))
      fprintf(stderr, "drs-check option %d %s %s\n", block, account_options[i],
              ci->values[0].value.string);
}

static int print_accounts(oconfig_item_t *ci) {
  static int block;
  for (int i = 0; i < ci->children_num; i++) {
    const oconfig_item_t *project = &ci->children[i];
    if (strcasecmp(project->key, "Project") != 0 || !is_text(project))
      continue;
    fprintf(stderr, "drs-check option %d Project %s\n", ++block,
            project->values[0].value.string);
    for (int j = 0; j < project->children_num; j++)
      print_option(block, &project->children[j]);
  }
  return 0;
}

/* The first init callback: the whole configuration has been read. */
static int end_collectd(void) { _exit(EXIT_SUCCESS); }

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
  } else if (strcmp(name, "drs") == 0) {
    plugin_register_complex_config(name, print_accounts);
    plugin_register_init(name, end_collectd);
  } else
    plugin_register_complex_config(name, accept_block);
}
