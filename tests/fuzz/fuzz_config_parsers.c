/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The parsers of options: what they accept can stand in a request, a metric's
 * name or a line of the log. The first byte picks the parser, the second the
 * kinds of the values; then come the values, each ended by a NUL. */

#include "fuzz.h"

#include "plugin/config_parsers.h"

#include <string.h>

const char fuzz_name[] = "config_parsers";

#define VALUES_MAX 3

static const struct option parsers[] = {
    {"Text", &option_text, offsetof(struct project_config, connect.proxy)},
    {"Safe", &option_safe, offsetof(struct project_config, project_id)},
    {"Endpoint", &option_endpoint, offsetof(struct project_config, endpoint)},
    {"Language", &option_language, offsetof(struct project_config, language)},
    {"Secret", &option_secret,
     offsetof(struct project_config, credential.token.value)},
    {"File", &option_path,
     offsetof(struct project_config, credential.token.path)},
    {"Job", &option_job, offsetof(struct project_config, jobs),
     .repeats = true},
    {"Whole", &option_integer, offsetof(struct project_config, timeout),
     .min = 1, .max = 600000},
    {"Seconds", &option_seconds, offsetof(struct project_config, interval),
     .min = 0.1, .max = 86400},
    {"Boolean", &option_boolean, offsetof(struct project_config, notify)},
    {"Path", &option_path, offsetof(struct project_config, jobs_file)},
    {"Rule", &option_discover_ignore,
     offsetof(struct project_config, discover_filter), .repeats = true},
    {"Service", &option_service_endpoint,
     offsetof(struct project_config, endpoint)},
    {"Proxy", &option_proxy, offsetof(struct project_config, connect.proxy)},
};

static void check_line(const char *text) {
  MUST(text == NULL || strpbrk(text, "\r\n\x1b") == NULL);
}

static void check_jobs(const struct job_list *jobs) {
  struct job_list_entry entry;
  for (size_t at = 0; job_list_next(jobs, &at, &entry);) {
    MUST(*entry.id != '\0' && strlen(entry.id) <= JOBS_ID_MAX);
    MUST(strpbrk(entry.id, "\"\\/ \n") == NULL);
    check_line(entry.name);
  }
}

/* Whether libc may take any time for an expression: its author is trusted. */
static bool is_costly(const struct option *o, const oconfig_item_t *item) {
  return o->type == &option_discover_ignore && item->values_num > 1 &&
         item->values[1].type == OCONFIG_TYPE_STRING &&
         strpbrk(item->values[1].value.string, "*+?{\\") != NULL;
}

static void check_filter(const struct job_filter *filter) {
  static struct task task;
  if (filter->len == 0)
    return;
  if (task.name.len == 0) {
    task.name.len = JSON_TEXT_MAX - 1;
    memset(task.name.text, 'a', task.name.len);
  }
  job_filter_accepts(filter, &task);
}

static void check(const struct project_config *o) {
  check_line(o->connect.proxy);
  check_line(o->project_id);
  check_line(o->endpoint);
  check_line(o->jobs_file);
  MUST(o->jobs_file == NULL || *o->jobs_file == '/');
  check_line(o->language);
  MUST(o->project_id == NULL || strpbrk(o->project_id, "/?# ") == NULL);
  MUST(o->endpoint == NULL || strncasecmp(o->endpoint, "http", 4) == 0);
  check_line(o->credential.token.value);
  check_jobs(&o->jobs);
  check_filter(&o->discover_filter);
}

/* One value of the input; the kind is in two bits. */
static oconfig_value_t value(const uint8_t **bytes, size_t *len, int kind) {
  oconfig_value_t v = {.type = OCONFIG_TYPE_STRING};
  if (kind == 1) {
    v.type = OCONFIG_TYPE_NUMBER;
    size_t n = *len < sizeof(double) ? *len : sizeof(double);
    memcpy(&v.value.number, *bytes, n);
    *bytes += n;
    *len -= n;
  } else if (kind == 2) {
    v.type = OCONFIG_TYPE_BOOLEAN;
    v.value.boolean = *len % 2;
  } else {
    size_t n = strnlen((const char *)*bytes, *len);
    v.value.string = strndup((const char *)*bytes, n);
    *bytes += n < *len ? n + 1 : n;
    *len -= n < *len ? n + 1 : n;
  }
  return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  if (len < 2)
    return 0;
  const struct option *o =
      &parsers[bytes[0] % (sizeof(parsers) / sizeof(*parsers))];
  int kinds = bytes[1];
  oconfig_value_t values[VALUES_MAX] = {0};
  oconfig_item_t item = {.key = (char *)(uintptr_t)o->key, .values = values};
  struct project_config options = {0};
  job_list_init(&options.jobs);
  struct err err = ERR_INIT;
  bytes += 2;
  len -= 2;
  do
    values[item.values_num] =
        value(&bytes, &len, kinds >> 2 * item.values_num & 3);
  while (++item.values_num < VALUES_MAX && len > 0);
  if (is_costly(o, &item))
    err_set(&err, ERR_CONFIG, "it is left out");
  else if (o->type->parse(o, &item, &options, &err))
    check(&options);
  else
    MUST(err_is_set(&err));
  check_line(err.text);
  if (o->type->free != NULL)
    o->type->free(o, &options);
  for (int i = 0; i < item.values_num; i++)
    if (values[i].type == OCONFIG_TYPE_STRING)
      free(values[i].value.string);
  return 0;
}
