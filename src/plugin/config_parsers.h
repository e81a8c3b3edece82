/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Types of options, for the table in config.c. Each checks one item of the
 * configuration and keeps its value at its field. */

#ifndef DRS_PLUGIN_CONFIG_PARSERS_H
#define DRS_PLUGIN_CONFIG_PARSERS_H

#include <collectd/core/daemon/plugin.h>

#include "poll/project_config.h"

struct option;

/* The type of an option's value. */
struct option_type {
  /* Checks an item and keeps its value. False: the value is rejected, and `err`
   * names the expected form. True with an error set: it is a warning. */
  bool (*parse)(const struct option *o, const oconfig_item_t *ci,
                struct project_config *to, struct err *err);
  /* A further rule of a text; NULL: none. False: `err` is set as above. */
  bool (*check)(const char *text, struct err *err);
  /* Keeps the row's default; NULL: there is none. False: out of memory. */
  bool (*set_default)(const struct option *o, struct project_config *to);
  /* Frees the value; NULL: it has no memory of its own. Rows may share it. */
  void (*free)(const struct option *o, struct project_config *of);
};

/* A row of the table of options. */
struct option {
  const char *key;
  const struct option_type *type;
  size_t offset;    /* of the field in struct project_config */
  const char *text; /* default of a text; NULL: none */
  double number;    /* default of a number or a truth value */
  double min, max;  /* range of a number */
  bool repeats;     /* may be given several times */
};

extern const struct option_type option_text, /* without control characters */
    option_safe,              /* can stand in the path of a URL or a metric */
    option_host,              /* fits into a metric's host */
    option_endpoint,          /* a URL of http or https */
    option_service_endpoint,  /* likewise, without the /v3 of its paths */
    option_identity_endpoint, /* likewise, and it ends in /v3 */
    option_proxy,             /* a URL of a proxy */
    option_language,          /* one that the API's page lists */
    option_secret,            /* a secret, literally */
    option_path,              /* an absolute path */
    option_integer,           /* in the row's range */
    option_seconds,           /* in the row's range */
    option_boolean,           /* true or false */
    option_job,               /* ID [NAME] */
    option_discover_select,   /* FIELD REGEX */
    option_discover_ignore;   /* likewise */

/* Whether a text can name a project. */
bool config_is_name(const char *text);

#endif
