/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The form of each type of value. */

#include "plugin/config_parsers.h"

#include <collectd/core/utils/common/common.h>

#include "base/name.h"
#include "net/url.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *field(const struct option *o, struct project_config *to) {
  return (char *)to + o->offset;
}

static const char *type_name(int type) {
  return type == OCONFIG_TYPE_STRING   ? "a quoted string"
         : type == OCONFIG_TYPE_NUMBER ? "a number"
                                       : "true or false";
}

/* The one value of an option that has one, or NULL. */
static const oconfig_value_t *single(const oconfig_item_t *ci, int type,
                                     const char *expected, struct err *err) {
  if (ci->values_num != 1)
    err_set(err, ERR_CONFIG, "expected %s, got %d values", expected,
            ci->values_num);
  else if (ci->values[0].type != type)
    err_set(err, ERR_CONFIG, "expected %s, got %s", expected,
            type_name(ci->values[0].type));
  else
    return &ci->values[0];
  return NULL;
}

/* NULL: it is neither empty nor could it break a line. */
static const char *text_problem(const char *text) {
  if (*text == '\0')
    return "is empty";
  return name_has_control(text, strlen(text))
             ? "has a control character or a line break"
             : NULL;
}

/* A string that text_problem accepts, or NULL. */
static const char *string(const oconfig_item_t *ci, struct err *err) {
  const oconfig_value_t *v =
      single(ci, OCONFIG_TYPE_STRING, "one quoted string", err);
  const char *problem = v == NULL ? NULL : text_problem(v->value.string);
  if (problem != NULL)
    err_set(err, ERR_CONFIG, "%s", problem);
  return v == NULL || problem != NULL ? NULL : v->value.string;
}

static bool store_copy(char **to, const char *text, struct err *err) {
  free(*to);
  *to = strdup(text);
  return *to != NULL || err_memory(err);
}

/* A text that the type's check accepts, too. */
static bool parse_text(const struct option *o, const oconfig_item_t *ci,
                       struct project_config *to, struct err *err) {
  const char *text = string(ci, err);
  return text != NULL &&
         (o->type->check == NULL || o->type->check(text, err)) &&
         store_copy(field(o, to), text, err);
}

static bool check_safe(const char *text, struct err *err) {
  return config_is_name(text) || err_set(err, ERR_CONFIG, NAME_EXPECTED);
}

static bool check_host(const char *text, struct err *err) {
  return strlen(text) < NAME_MAX_SIZE ||
         err_set(err, ERR_CONFIG, "is longer than %d bytes", NAME_MAX_SIZE - 1);
}

static bool check_path(const char *text, struct err *err) {
  return *text == '/' || err_set(err, ERR_CONFIG, "expected an absolute path");
}

static bool check_language(const char *text, struct err *err) {
  return strcmp(text, "en-us") == 0 || strcmp(text, "zh-cn") == 0 ||
         err_set(err, ERR_CONFIG, "expected \"en-us\" or \"zh-cn\"");
}

/* The check sees the URL without slashes at its end. */
static bool parse_endpoint(const struct option *o, const oconfig_item_t *ci,
                           struct project_config *to, struct err *err) {
  char **url = field(o, to);
  const char *text = string(ci, err);
  if (text == NULL || !url_check_endpoint(text, err) ||
      !store_copy(url, text, err))
    return false;
  for (size_t len = strlen(*url); (*url)[len - 1] == '/'; len--)
    (*url)[len - 1] = '\0';
  return o->type->check == NULL || o->type->check(*url, err);
}

static bool ends_in_version(const char *url) {
  size_t len = strlen(url);
  return len > 3 && strcmp(url + len - 3, "/v3") == 0;
}

static bool check_service_endpoint(const char *url, struct err *err) {
  return (!ends_in_version(url) && strstr(url, "/v3/") == NULL) ||
         err_set(err, ERR_CONFIG,
                 "expected a URL without /v3, which each request appends");
}

static bool check_identity_endpoint(const char *url, struct err *err) {
  return ends_in_version(url) ||
         err_set(err, ERR_CONFIG, "expected a URL that ends in /v3");
}

static bool get_number(const struct option *o, const oconfig_item_t *ci,
                       const char *expected, double *value, struct err *err) {
  const oconfig_value_t *v = single(ci, OCONFIG_TYPE_NUMBER, expected, err);
  if (v == NULL)
    return false;
  *value = v->value.number;
  bool is_fraction = o->type == &option_integer && *value != floor(*value);
  return (*value >= o->min && *value <= o->max && !is_fraction) ||
         err_set(err, ERR_CONFIG, "expected %s from %g to %g, got %g", expected,
                 o->min, o->max, *value);
}

static bool parse_integer(const struct option *o, const oconfig_item_t *ci,
                          struct project_config *to, struct err *err) {
  double value;
  if (!get_number(o, ci, "one unquoted integer", &value, err))
    return false;
  *(int *)field(o, to) = (int)value;
  return true;
}

static bool parse_seconds(const struct option *o, const oconfig_item_t *ci,
                          struct project_config *to, struct err *err) {
  return get_number(o, ci, "one unquoted number of seconds", field(o, to), err);
}

/* collectd's own plugins take a quoted one, with a warning. */
static bool is_quoted_boolean(const oconfig_item_t *ci) {
  return ci->values_num == 1 && ci->values[0].type == OCONFIG_TYPE_STRING &&
         (IS_TRUE(ci->values[0].value.string) ||
          IS_FALSE(ci->values[0].value.string));
}

static bool parse_boolean(const struct option *o, const oconfig_item_t *ci,
                          struct project_config *to, struct err *err) {
  bool *value = field(o, to);
  if (is_quoted_boolean(ci)) {
    *value = IS_TRUE(ci->values[0].value.string);
    err_set(err, ERR_CONFIG, "taken for %s; expected it without quotes",
            *value ? "true" : "false");
    return true;
  }
  const oconfig_value_t *v =
      single(ci, OCONFIG_TYPE_BOOLEAN, "true or false", err);
  if (v != NULL)
    *value = v->value.boolean != 0;
  return v != NULL;
}

static bool parse_job(const struct option *o, const oconfig_item_t *ci,
                      struct project_config *to, struct err *err) {
  bool strings = ci->values_num == 1 || ci->values_num == 2;
  for (int i = 0; i < ci->values_num; i++)
    strings = strings && ci->values[i].type == OCONFIG_TYPE_STRING;
  if (!strings)
    return err_set(err, ERR_CONFIG, "expected \"ID\" or \"ID\" \"NAME\"");
  const char *id = ci->values[0].value.string;
  const char *name = ci->values[ci->values_num - 1].value.string;
  if (!name_is_safe(id, JOBS_ID_MAX))
    return err_set(err, ERR_CONFIG, "the id is invalid; " NAME_EXPECTED);
  if (text_problem(name) != NULL)
    return err_set(err, ERR_CONFIG, "the name %s", text_problem(name));
  return job_list_add(field(o, to), id, name, err);
}

static bool parse_rule(const struct option *o, const oconfig_item_t *ci,
                       struct project_config *to, struct err *err) {
  const oconfig_value_t *v = ci->values;
  if (ci->values_num != 2 || v[0].type != OCONFIG_TYPE_STRING ||
      v[1].type != OCONFIG_TYPE_STRING)
    return err_set(err, ERR_CONFIG, "expected \"FIELD\" \"REGEX\"");
  return job_filter_add(field(o, to), v[0].value.string, v[1].value.string,
                        o->type == &option_discover_ignore, err);
}

/* Defaults */

static bool set_text(const struct option *o, struct project_config *to) {
  return o->text == NULL || store_copy(field(o, to), o->text, NULL);
}

static bool set_integer(const struct option *o, struct project_config *to) {
  *(int *)field(o, to) = (int)o->number;
  return true;
}

static bool set_seconds(const struct option *o, struct project_config *to) {
  *(double *)field(o, to) = o->number;
  return true;
}

static bool set_boolean(const struct option *o, struct project_config *to) {
  *(bool *)field(o, to) = o->number != 0;
  return true;
}

/* Memory */

static void free_text(const struct option *o, struct project_config *of) {
  free(*(char **)field(o, of));
}

static void free_secret(const struct option *o, struct project_config *of) {
  char *value = *(char **)field(o, of);
  if (value != NULL)
    explicit_bzero(value, strlen(value));
  free(value);
}

static void free_jobs(const struct option *o, struct project_config *of) {
  job_list_free(field(o, of));
}

static void free_rules(const struct option *o, struct project_config *of) {
  job_filter_free(field(o, of));
}

/* clang-format off */
const struct option_type
    option_text = {parse_text, NULL, set_text, free_text},
    option_safe = {parse_text, check_safe, set_text, free_text},
    option_host = {parse_text, check_host, set_text, free_text},
    option_endpoint = {parse_endpoint, NULL, set_text, free_text},
    option_service_endpoint = {parse_endpoint, check_service_endpoint, set_text, free_text},
    option_identity_endpoint = {parse_endpoint, check_identity_endpoint, set_text, free_text},
    option_proxy = {parse_text, url_check_proxy, set_text, free_text},
    option_language = {parse_text, check_language, set_text, free_text},
    option_secret = {parse_text, secret_is_valid, NULL, free_secret},
    option_path = {parse_text, check_path, set_text, free_text},
    option_integer = {parse_integer, NULL, set_integer, NULL},
    option_seconds = {parse_seconds, NULL, set_seconds, NULL},
    option_boolean = {parse_boolean, NULL, set_boolean, NULL},
    option_job = {parse_job, NULL, NULL, free_jobs},
    option_discover_select = {parse_rule, NULL, NULL, free_rules},
    option_discover_ignore = {parse_rule, NULL, NULL, free_rules};
/* clang-format on */

bool config_is_name(const char *text) {
  return name_is_safe(text, NAME_MAX_SIZE - 1);
}
