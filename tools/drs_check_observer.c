/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A collectd module for drs-check, under several names.
 *
 * As drs_check, loaded first: it reports the configuration that collectd has
 * read, waits for leave to go on, and then hands on the lines of the drs plugin
 * (see src/plugin/report.h), collectd's log, and the values of drs. One JSON
 * object a line, as drs-check(8) describes them under CHANNEL. It never reports
 * a secret.
 *
 * As drs_check_end, loaded last: it ends `collectd -T` once all values have
 * been written.
 *
 * Under the name of any other plugin: it accepts that plugin's block and does
 * nothing. */

#include <collectd/core/daemon/plugin.h>

#include <collectd/core/utils/common/common.h>
#include <collectd/core/utils/metadata/meta_data.h>

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define NAME "drs_check"
#define END "drs_check_end"
#define END_TIMEOUT 30 /* seconds for the write thread to reach the end */
/* The version of the records. */
#define SCHEMA 1

/* The channel */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int channel = -1;

/* Of drs.so, which finds it by its name. */
void drs_check_line(const char *line);
extern bool drs_check_bodies; /* whether it is to report responses' bodies */
bool drs_check_bodies;

/* collectd ignores SIGPIPE, and drs-check may be gone. */
static void write_all(const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t written = write(channel, bytes, len);
    if (written <= 0)
      return;
    bytes += written;
    len -= (size_t)written;
  }
}

void drs_check_line(const char *line) {
  pthread_mutex_lock(&lock);
  write_all(line, strlen(line));
  write_all("\n", 1);
  pthread_mutex_unlock(&lock);
}

struct record {
  char *text;
  size_t len;
  FILE *to;
  const char *comma; /* before the next member */
};

static void add_string(FILE *to, const char *text) {
  putc('"', to);
  for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
    if (*c < ' ' || *c == '"' || *c == '\\')
      fprintf(to, "\\u%04x", *c);
    else
      putc(*c, to);
  putc('"', to);
}

static void add_text(struct record *r, const char *key, const char *text) {
  fprintf(r->to, "%s\"%s\":", r->comma, key);
  add_string(r->to, text);
  r->comma = ",";
}

static void add_number(struct record *r, const char *key, double value) {
  if (isfinite(value))
    fprintf(r->to, ",\"%s\":%.15g", key, value);
}

static bool begin(struct record *r, const char *kind) {
  *r = (struct record){.comma = ","};
  r->to = open_memstream(&r->text, &r->len);
  if (r->to != NULL)
    fprintf(r->to, "{\"kind\":\"%s\"", kind);
  return r->to != NULL;
}

static void end(struct record *r) {
  putc('}', r->to);
  if (fclose(r->to) == 0)
    drs_check_line(r->text);
  free(r->text);
}

static void report_text(const char *kind, const char *key, const char *text) {
  struct record r;
  if (!begin(&r, kind))
    return;
  add_text(&r, key, text);
  end(&r);
}

/* The configuration */

static struct {
  char *folder;    /* where all plugins are loaded from */
  double interval; /* of each project, seconds; 0: its own */
} settings;

/* What names an account, and files that an error may be about. */
static const char *const shown[] = {
    "AccessKey",     "DomainName", "Agency",       "IdentityEndpoint",
    "JobsFile",      "Host",       "PasswordFile", "User",
    "SecretKeyFile", "TokenFile",  "CACert",       "DiscoverJobs"};

static const char *text_of(const oconfig_item_t *ci) {
  return ci->values_num > 0 && ci->values[0].type == OCONFIG_TYPE_STRING
             ? ci->values[0].value.string
             : NULL;
}

static bool is_called(const oconfig_item_t *ci, const char *key) {
  return strcasecmp(ci->key, key) == 0;
}

static void add_option(struct record *r, const oconfig_item_t *ci) {
  for (size_t i = 0; i < STATIC_ARRAY_SIZE(shown); i++)
    if (is_called(ci, shown[i]) && text_of(ci) != NULL)
      add_text(r, shown[i], text_of(ci));
    else if (is_called(ci, shown[i]) && ci->values_num > 0 &&
             ci->values[0].type == OCONFIG_TYPE_BOOLEAN)
      add_text(r, shown[i], ci->values[0].value.boolean ? "true" : "false");
}

static void report_project(const oconfig_item_t *project) {
  struct record r;
  if (!begin(&r, "account"))
    return;
  add_text(&r, "project", text_of(project));
  for (int i = 0; i < project->children_num; i++)
    add_option(&r, &project->children[i]);
  end(&r);
}

/* Only that of --watch: the tree is collectd's to free, and of malloc. */
static void set_interval(oconfig_item_t *project) {
  const oconfig_value_t value = {.value.number = settings.interval,
                                 .type = OCONFIG_TYPE_NUMBER};
  for (int i = 0; i < project->children_num; i++)
    if (is_called(&project->children[i], "Interval") &&
        project->children[i].values_num == 1 &&
        text_of(&project->children[i]) == NULL) {
      project->children[i].values[0] = value;
      return;
    }
  oconfig_item_t *children =
      realloc(project->children,
              ((size_t)project->children_num + 1) * sizeof(*children));
  if (children == NULL)
    return;
  project->children = children;
  oconfig_item_t *added = &children[project->children_num];
  *added = (oconfig_item_t){.key = strdup("Interval"),
                            .values = malloc(sizeof(value)),
                            .values_num = 1,
                            .parent = project};
  if (added->key == NULL || added->values == NULL)
    abort();
  added->values[0] = value;
  project->children_num++;
}

static void visit_block(oconfig_item_t *plugin) {
  report_text("block", "plugin", text_of(plugin));
  if (strcasecmp(text_of(plugin), "drs") != 0)
    return;
  for (int i = 0; i < plugin->children_num; i++) {
    oconfig_item_t *project = &plugin->children[i];
    if (!is_called(project, "Project") || text_of(project) == NULL)
      continue;
    report_project(project);
    if (settings.interval > 0)
      set_interval(project);
  }
}

/* All plugins come from the folder of drs-check, which has put there what the
 * records say. */
static void visit(oconfig_item_t *ci) {
  const char *text = text_of(ci);
  if (text == NULL)
    return;
  if (is_called(ci, "LoadPlugin")) {
    report_text("load", "plugin", text);
  } else if (is_called(ci, "Plugin")) {
    visit_block(ci);
  } else if (is_called(ci, "PluginDir")) {
    report_text("plugin_dir", "path", text);
    char *folder = strdup(settings.folder);
    if (folder == NULL)
      return;
    free(ci->values[0].value.string);
    ci->values[0].value.string = folder;
  }
}

static bool is_end(const oconfig_item_t *ci) {
  return is_called(ci, "Plugin") && text_of(ci) != NULL &&
         strcmp(text_of(ci), END) == 0;
}

static void read_settings(const oconfig_item_t *ci) {
  for (int i = 0; i < ci->children_num; i++) {
    const oconfig_item_t *option = &ci->children[i];
    double number = 0;
    if (is_called(option, "Folder"))
      cf_util_get_string(option, &settings.folder);
    else if (is_called(option, "Channel"))
      cf_util_get_int(option, &channel);
    else if (is_called(option, "Bodies"))
      cf_util_get_boolean(option, &drs_check_bodies);
    else if (is_called(option, "Interval") &&
             cf_util_get_double(option, &number) == 0)
      settings.interval = number;
  }
}

/* collectd has read all files by now, and dispatches one item after another,
 * all in one array: what follows this block has not been dispatched yet. Ends
 * collectd where drs-check wants no poll, or is gone. */
static int report_configuration(oconfig_item_t *ci) {
  struct record r;
  char leave;
  read_settings(ci);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (begin(&r, "begin")) {
    add_number(&r, "schema", SCHEMA);
    end(&r);
  }
  for (oconfig_item_t *next = ci + 1; !is_end(next); next++)
    visit(next);
  report_text("configured", "collectd", PACKAGE_VERSION);
  if (read(STDIN_FILENO, &leave, 1) != 1)
    _exit(EXIT_SUCCESS);
  return 0;
}

static int accept_block(oconfig_item_t *ci) {
  (void)ci;
  return 0;
}

/* Log and values */

static void report_log(int severity, const char *message, user_data_t *ud) {
  struct record r;
  (void)ud;
  if (!begin(&r, "log"))
    return;
  add_number(&r, "severity", severity);
  add_text(&r, "text", message);
  end(&r);
}

static double value_of(const data_set_t *ds, const value_list_t *vl) {
  return ds->ds[0].type == DS_TYPE_GAUGE ? vl->values[0].gauge
                                         : (double)vl->values[0].derive;
}

static void add_meta(struct record *r, meta_data_t *meta) {
  char **keys = NULL;
  int len = meta_data_toc(meta, &keys);
  for (int i = 0; i < len; i++) {
    char *text = NULL;
    if (meta_data_get_string(meta, keys[i], &text) == 0) {
      add_text(r, keys[i], text);
      free(text);
    }
    free(keys[i]);
  }
  free(keys);
}

static int report_value(const data_set_t *ds, const value_list_t *vl,
                        user_data_t *ud) {
  struct record r;
  (void)ud;
  if (strcmp(vl->plugin, "drs") != 0 || !begin(&r, "value"))
    return 0;
  add_text(&r, "host", vl->host);
  add_text(&r, "name", vl->plugin_instance);
  add_text(&r, "type", vl->type);
  add_text(&r, "type_instance", vl->type_instance);
  add_number(&r, "time", CDTIME_T_TO_DOUBLE(vl->time));
  add_number(&r, "value", value_of(ds, vl));
  if (vl->meta != NULL) {
    fputs(",\"meta\":{", r.to);
    r.comma = "";
    add_meta(&r, vl->meta);
    putc('}', r.to);
  }
  end(&r);
  return 0;
}

/* The end */

static pthread_cond_t end_written = PTHREAD_COND_INITIALIZER;
static bool at_end;

static int look_for_end(const data_set_t *ds, const value_list_t *vl,
                        user_data_t *ud) {
  (void)ds;
  (void)ud;
  if (strcmp(vl->plugin, END) != 0)
    return 0;
  pthread_mutex_lock(&lock);
  at_end = true;
  pthread_cond_signal(&end_written);
  pthread_mutex_unlock(&lock);
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

static bool is_daemon;

/* After the init callback of drs, hence read after it. */
static int register_wait(void) {
  return is_daemon ? 0
                   : plugin_register_complex_read(NULL, END, wait_for_values, 0,
                                                  NULL);
}

static int configure_end(oconfig_item_t *ci) {
  for (int i = 0; i < ci->children_num; i++)
    if (is_called(&ci->children[i], "Daemon"))
      cf_util_get_boolean(&ci->children[i], &is_daemon);
  return 0;
}

void module_register(void) {
  const char *name = plugin_get_ctx().name;
  if (strcmp(name, NAME) == 0) {
    plugin_register_complex_config(name, report_configuration);
    plugin_register_log(name, report_log, NULL);
    plugin_register_write(name, report_value, NULL);
  } else if (strcmp(name, END) == 0) {
    plugin_register_complex_config(name, configure_end);
    plugin_register_write(name, look_for_end, NULL);
    plugin_register_init(name, register_wait);
  } else {
    plugin_register_complex_config(name, accept_block);
  }
}
