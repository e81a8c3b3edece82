/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The functions of collectd that the module needs. The program is linked so
 * that the module finds them there. */

#include "collectd_stub.h"

#include <collectd/core/daemon/plugin.h>

#include <collectd/core/daemon/configfile.h>
#include <collectd/core/daemon/utils_cache.h>
#include <collectd/core/utils/common/common.h>
#include <collectd/core/utils/metadata/meta_data.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char host_name[] = "stub", project_key[] = "Project",
            plugin_key[] = "Plugin";
char *hostname_g = host_name;

#define STUB_WAIT_MS 60000

static struct {
  plugin_init_cb init, shutdown;
  int (*config)(oconfig_item_t *);
  int reads_len;
  plugin_read_cb reads[8];
  user_data_t data[8];
} module;

/* The text, which several threads write */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char text[1 << 16], taken[1 << 16];

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  pthread_mutex_lock(&lock);
  size_t len = strlen(text);
  vsnprintf(text + len, sizeof(text) - len, format, ap);
  pthread_mutex_unlock(&lock);
  va_end(ap);
}

const char *stub_take(void) {
  pthread_mutex_lock(&lock);
  memcpy(taken, text, sizeof(text));
  *text = '\0';
  pthread_mutex_unlock(&lock);
  return taken;
}

/* Registration */

static cdtime_t read_interval; /* of the last read: that of its project */

bool stub_load(const char *path) {
  void *handle = dlopen(path, RTLD_NOW);
  void (*start)(void) = NULL;
  if (handle != NULL)
    *(void **)&start = dlsym(handle, "module_register");
  if (start == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return false;
  }
  start();
  return true;
}

int plugin_register_complex_config(const char *type,
                                   int (*callback)(oconfig_item_t *)) {
  (void)type;
  module.config = callback;
  return 0;
}

int plugin_register_init(const char *name, plugin_init_cb callback) {
  (void)name;
  module.init = callback;
  return 0;
}

int plugin_register_shutdown(const char *name, plugin_shutdown_cb callback) {
  (void)name;
  module.shutdown = callback;
  return 0;
}

int plugin_register_complex_read(const char *group, const char *name,
                                 int (*callback)(user_data_t *),
                                 cdtime_t interval, user_data_t const *data) {
  (void)group;
  put("read %s every %.3f s\n", name, CDTIME_T_TO_DOUBLE(interval));
  read_interval = interval;
  module.reads[module.reads_len] = (plugin_read_cb)(void (*)(void))callback;
  module.data[module.reads_len++] = *data;
  return 0;
}

/* Configuration */

static void read_value(oconfig_value_t *v, char *word) {
  if (*word == '"') {
    word[strlen(word) - 1] = '\0';
    *v = (oconfig_value_t){.value.string = word + 1,
                           .type = OCONFIG_TYPE_STRING};
  } else if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
    *v = (oconfig_value_t){.value.boolean = *word == 't',
                           .type = OCONFIG_TYPE_BOOLEAN};
  } else {
    *v = (oconfig_value_t){.value.number = strtod(word, NULL),
                           .type = OCONFIG_TYPE_NUMBER};
  }
}

void stub_configure(const char *project, const char *lines) {
  char *copy = strdup(lines), *name = strdup(project), *at = NULL;
  oconfig_value_t names = {.value.string = name, .type = OCONFIG_TYPE_STRING};
  oconfig_value_t values[32][2];
  oconfig_item_t children[32] = {0};
  oconfig_item_t block = {.key = project_key,
                          .values = &names,
                          .values_num = 1,
                          .children = children};
  oconfig_item_t plugin = {
      .key = plugin_key, .children = &block, .children_num = 1};
  for (char *line = strtok_r(copy, "\n", &at); line != NULL;
       line = strtok_r(NULL, "\n", &at)) {
    char *rest = NULL;
    int n = block.children_num++;
    children[n].key = strtok_r(line, " ", &rest);
    children[n].values = values[n];
    for (char *word; (word = strtok_r(NULL, " ", &rest)) != NULL;)
      read_value(&values[n][children[n].values_num++], word);
  }
  module.config(&plugin);
  free(copy);
  free(name);
}

const char *global_option_get(const char *option) {
  (void)option;
  return NULL;
}

long stub_queue_limit;

long global_option_get_long(const char *option, long otherwise) {
  bool is_limit = strcmp(option, "WriteQueueLimitHigh") == 0;
  return is_limit && stub_queue_limit > 0 ? stub_queue_limit : otherwise;
}

/* Life */

static char plugin_name[] = "drs";
static __thread plugin_ctx_t context;
static const char *expected_name; /* of each thread that dispatches */

plugin_ctx_t plugin_get_ctx(void) { return context; }

plugin_ctx_t plugin_set_ctx(plugin_ctx_t new) {
  plugin_ctx_t old = context;
  context = new;
  return old;
}

static int call_reads(void) {
  int worst = 0;
  for (int i = 0; i < module.reads_len; i++) {
    int status = ((int (*)(user_data_t *))(void (*)(void))module.reads[i])(
        &module.data[i]);
    worst = status < worst ? status : worst;
  }
  return worst;
}

int stub_run(void) {
  context =
      (plugin_ctx_t){.name = plugin_name, .interval = plugin_get_interval()};
  expected_name = plugin_name;
  int status = module.init();
  int worst = call_reads();
  return status < worst ? status : worst;
}

static void *read_thread(void *arg) {
  (void)arg;
  context =
      (plugin_ctx_t){.name = plugin_name, .interval = plugin_get_interval()};
  call_reads();
  return NULL;
}

bool stub_read(void) {
  pthread_t thread;
  return pthread_create(&thread, NULL, read_thread, NULL) == 0 &&
         pthread_join(thread, NULL) == 0;
}

bool stub_wait(const char *line) {
  bool found = false;
  for (int i = 0; !found && i < STUB_WAIT_MS; i++) {
    usleep(1000);
    pthread_mutex_lock(&lock);
    found = strstr(text, line) != NULL;
    pthread_mutex_unlock(&lock);
  }
  return found;
}

void stub_stop(void) {
  for (int i = 0; i < module.reads_len; i++)
    module.data[i].free_func(module.data[i].data);
  module.reads_len = 0;
  put("shutdown\n");
  module.shutdown();
}

cdtime_t plugin_get_interval(void) { return TIME_T_TO_CDTIME_T(10); }

cdtime_t cdtime(void) { return TIME_T_TO_CDTIME_T(1000); }

void plugin_log(int level, const char *format, ...) {
  char line[1024];
  va_list ap;
  va_start(ap, format);
  vsnprintf(line, sizeof(line), format, ap);
  va_end(ap);
  put("log %d %s\n", level, line);
}

/* Dispatch */

struct meta_data_s {
  size_t len;
  struct {
    char key[32], value[256];
  } all[16];
};

meta_data_t *meta_data_create(void) { return calloc(1, sizeof(meta_data_t)); }

void meta_data_destroy(meta_data_t *m) { free(m); }

int meta_data_delete(meta_data_t *m, const char *key) {
  for (size_t i = 0; i < m->len; i++)
    if (strcmp(m->all[i].key, key) == 0)
      m->all[i] = m->all[--m->len];
  return 0;
}

int meta_data_add_string(meta_data_t *m, const char *key, const char *value) {
  meta_data_delete(m, key);
  sstrncpy(m->all[m->len].key, key, sizeof(m->all->key));
  sstrncpy(m->all[m->len++].value, value, sizeof(m->all->value));
  return 0;
}

/* Words for a value or notification from a thread without collectd's context,
 * or with another interval in it. */
static const char *wrong_context(cdtime_t interval) {
  return context.name == expected_name && context.interval == interval
             ? ""
             : " in a wrong context";
}

int plugin_dispatch_values(value_list_t const *vl) {
  bool counts = strcmp(vl->type, "errors") == 0 ||
                strcmp(vl->type, "total_requests") == 0;
  double number = counts ? (double)vl->values->derive : vl->values->gauge;
  if (strcmp(vl->type, "response_time") == 0)
    number = 0; /* whatever it was */
  char meta[8192] = "";
  size_t len = 0;
  for (size_t i = 0; vl->meta != NULL && i < vl->meta->len; i++)
    len += (size_t)snprintf(meta + len, sizeof(meta) - len, "%s%s=%s",
                            i == 0 ? " {" : " ", vl->meta->all[i].key,
                            vl->meta->all[i].value);
  /* In one piece: another thread writes notifications. */
  put("value %s/%s-%s/%s-%s %.10g%s%s%s\n", vl->host, vl->plugin,
      vl->plugin_instance, vl->type, vl->type_instance, number, meta,
      vl->meta != NULL ? "}" : "", wrong_context(vl->interval));
  return 0;
}

int plugin_dispatch_notification(const notification_t *n) {
  put("notification %d %s/%s-%s/%s-%s %s%s\n", n->severity, n->host, n->plugin,
      n->plugin_instance, n->type, n->type_instance, n->message,
      wrong_context(read_interval));
  return 0;
}

int uc_get_value_by_name(const char *name, value_t **values, size_t *len) {
  (void)name;
  (void)values;
  (void)len;
  return -1; /* nothing has been through the queue */
}

/* Helpers */

char *sstrncpy(char *to, const char *from, size_t size) {
  snprintf(to, size, "%s", from);
  return to;
}

int ssnprintf(char *to, size_t size, const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  int len = vsnprintf(to, size, format, ap);
  va_end(ap);
  return len;
}

int escape_slashes(char *name, size_t size) {
  (void)size;
  for (; *name != '\0'; name++)
    *name = *name == '/' ? '_' : *name;
  return 0;
}

int format_name(char *to, int size, const char *host, const char *plugin,
                const char *plugin_instance, const char *type,
                const char *type_instance) {
  snprintf(to, (size_t)size, "%s/%s-%s/%s-%s", host, plugin, plugin_instance,
           type, type_instance);
  return 0;
}
