/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What each kind of value must look like. */

#include "plugin/config_parsers.h"

#include "base/name.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *field(const struct option *o, struct project_config *to) {
  return (char *)to + o->offset;
}

/* The one value of an option that has one, or NULL. */
static const oconfig_value_t *single(const oconfig_item_t *ci, int type,
                                     const char *wanted, struct err *err) {
  if (ci->values_num == 1 && ci->values[0].type == type)
    return &ci->values[0];
  err_set(err, ERR_LOCAL, "one %s is wanted", wanted);
  return NULL;
}

static bool has_control(const char *text) {
  for (; *text != '\0'; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7F)
      return true;
  return false;
}

/* A string that is not empty and holds no control character, or NULL. */
static const char *string(const oconfig_item_t *ci, struct err *err) {
  const oconfig_value_t *v =
      single(ci, OCONFIG_TYPE_STRING, "quoted string", err);
  if (v == NULL)
    return NULL;
  if (*v->value.string != '\0' && !has_control(v->value.string))
    return v->value.string;
  err_set(err, ERR_LOCAL,
          "a string is wanted that is not empty and has no control character");
  return NULL;
}

static bool keep_copy(char **to, const char *text, struct err *err) {
  free(*to);
  *to = strdup(text);
  return *to != NULL || err_memory(err);
}

bool parse_text(const struct option *o, const oconfig_item_t *ci,
                struct project_config *to, struct err *err) {
  const char *text = string(ci, err);
  return text != NULL && keep_copy(field(o, to), text, err);
}

bool parse_safe(const struct option *o, const oconfig_item_t *ci,
                struct project_config *to, struct err *err) {
  const char *text = string(ci, err);
  if (text == NULL)
    return false;
  if (!config_is_name(text))
    return err_set(
        err, ERR_LOCAL,
        "1 to 127 ASCII letters, digits, '.', '_' or '-' are wanted");
  return keep_copy(field(o, to), text, err);
}

static const char *after_scheme(const char *url) {
  if (strncasecmp(url, "https://", 8) == 0)
    return url + 8;
  return strncasecmp(url, "http://", 7) == 0 ? url + 7 : NULL;
}

bool parse_endpoint(const struct option *o, const oconfig_item_t *ci,
                    struct project_config *to, struct err *err) {
  char **url = field(o, to);
  const char *text = string(ci, err);
  if (text == NULL)
    return false;
  const char *host = after_scheme(text);
  if (host == NULL || *host == '\0' || strchr("/:?#", *host) != NULL ||
      strpbrk(host, "@?# \\\"<>") != NULL)
    return err_set(err, ERR_LOCAL,
                   "https://HOST[:PORT][/PATH] is wanted, without user, query "
                   "or fragment");
  if (!keep_copy(url, text, err))
    return false;
  for (size_t len = strlen(*url); (*url)[len - 1] == '/'; len--)
    (*url)[len - 1] = '\0';
  return true;
}

bool parse_identity_endpoint(const struct option *o, const oconfig_item_t *ci,
                             struct project_config *to, struct err *err) {
  if (!parse_endpoint(o, ci, to, err))
    return false;
  const char *url = *(char **)field(o, to);
  size_t len = strlen(url);
  return (len > 3 && strcmp(url + len - 3, "/v3") == 0) ||
         err_set(err, ERR_LOCAL, "a URL that ends in /v3 is wanted");
}

bool parse_language(const struct option *o, const oconfig_item_t *ci,
                    struct project_config *to, struct err *err) {
  const char *text = string(ci, err);
  if (text == NULL)
    return false;
  if (strcmp(text, "en-us") != 0 && strcmp(text, "zh-cn") != 0)
    return err_set(err, ERR_LOCAL, "\"en-us\" or \"zh-cn\" is wanted");
  return keep_copy(field(o, to), text, err);
}

bool parse_secret(const struct option *o, const oconfig_item_t *ci,
                  struct project_config *to, struct err *err) {
  const oconfig_value_t *v =
      single(ci, OCONFIG_TYPE_STRING, "quoted string", err);
  struct secret_config *secret = field(o, to);
  struct err cause = ERR_INIT;
  if (v == NULL)
    return false;
  if (!secret_is_valid(v->value.string, &cause))
    return err_set(err, ERR_LOCAL, "a valid one is wanted; this one %s",
                   cause.text);
  return keep_copy(&secret->value, v->value.string, err);
}

/* An absolute path, or NULL. */
static const char *path(const oconfig_item_t *ci, struct err *err) {
  const char *text = string(ci, err);
  if (text == NULL || *text == '/')
    return text;
  err_set(err, ERR_LOCAL, "an absolute path is wanted");
  return NULL;
}

bool parse_path(const struct option *o, const oconfig_item_t *ci,
                struct project_config *to, struct err *err) {
  const char *text = path(ci, err);
  return text != NULL && keep_copy(field(o, to), text, err);
}

bool parse_secret_file(const struct option *o, const oconfig_item_t *ci,
                       struct project_config *to, struct err *err) {
  struct secret_config *secret = field(o, to);
  const char *text = path(ci, err);
  return text != NULL && keep_copy(&secret->path, text, err);
}

static bool number(const struct option *o, const oconfig_item_t *ci,
                   const char *wanted, double *value, struct err *err) {
  const oconfig_value_t *v = single(ci, OCONFIG_TYPE_NUMBER, wanted, err);
  if (v == NULL)
    return false;
  *value = v->value.number;
  return (*value >= o->least && *value <= o->most) ||
         err_set(err, ERR_LOCAL, "a %s from %g to %g is wanted, not %g", wanted,
                 o->least, o->most, *value);
}

bool parse_integer(const struct option *o, const oconfig_item_t *ci,
                   struct project_config *to, struct err *err) {
  double value;
  if (!number(o, ci, "whole number", &value, err))
    return false;
  if (value != floor(value))
    return err_set(err, ERR_LOCAL,
                   "a whole number from %g to %g is wanted, not %g", o->least,
                   o->most, value);
  *(int *)field(o, to) = (int)value;
  return true;
}

bool parse_seconds(const struct option *o, const oconfig_item_t *ci,
                   struct project_config *to, struct err *err) {
  return number(o, ci, "number of seconds", field(o, to), err);
}

bool parse_boolean(const struct option *o, const oconfig_item_t *ci,
                   struct project_config *to, struct err *err) {
  const oconfig_value_t *v =
      single(ci, OCONFIG_TYPE_BOOLEAN, "true or false", err);
  if (v != NULL)
    *(bool *)field(o, to) = v->value.boolean != 0;
  return v != NULL;
}

bool parse_job(const struct option *o, const oconfig_item_t *ci,
               struct project_config *to, struct err *err) {
  bool strings = ci->values_num == 1 || ci->values_num == 2;
  for (int i = 0; i < ci->values_num; i++)
    strings = strings && ci->values[i].type == OCONFIG_TYPE_STRING;
  if (!strings)
    return err_set(err, ERR_LOCAL, "\"ID\" or \"ID\" \"NAME\" is wanted");
  const char *id = ci->values[0].value.string;
  const char *name = ci->values[ci->values_num - 1].value.string;
  if (!name_is_safe(id, JOBS_ID_MAX))
    return err_set(err, ERR_LOCAL,
                   "an id of 1 to %d ASCII letters, digits, '.', '_' or '-' is "
                   "wanted",
                   JOBS_ID_MAX);
  if (*name == '\0' || has_control(name))
    return err_set(err, ERR_LOCAL,
                   "a name is wanted that is not empty and has no control "
                   "character");
  return job_list_add(field(o, to), id, name, err);
}

bool option_set_default(const struct option *o, struct project_config *to) {
  if (o->parse == parse_boolean)
    *(bool *)field(o, to) = o->number != 0;
  else if (o->parse == parse_integer)
    *(int *)field(o, to) = (int)o->number;
  else if (o->parse == parse_seconds)
    *(double *)field(o, to) = o->number;
  else if (o->text != NULL)
    return keep_copy(field(o, to), o->text, NULL);
  return true;
}

bool config_is_name(const char *text) {
  return name_is_safe(text, NAME_MAX_SIZE - 1);
}

bool config_is_private_url(const char *url) {
  static const char *const local[] = {"localhost", "127.0.0.1", "[::1]"};
  if (strncasecmp(url, "https:", 6) == 0)
    return true;
  const char *host = after_scheme(url);
  for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++) {
    size_t len = strlen(local[i]);
    if (strncasecmp(host, local[i], len) == 0 &&
        (host[len] == '\0' || host[len] == ':' || host[len] == '/'))
      return true;
  }
  return false;
}
