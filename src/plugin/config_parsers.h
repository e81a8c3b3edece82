/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Parsers of one option each, for the table in config.c. Each takes one item
 * of the configuration, checks it and keeps it at its field. */

#ifndef DRS_PLUGIN_CONFIG_PARSERS_H
#define DRS_PLUGIN_CONFIG_PARSERS_H

#include <collectd/core/daemon/plugin.h>

#include "poll/project_config.h"

struct option;

/* False: the value is refused, and `err` says what is wanted instead. True
 * with an error set: it is a warning. */
typedef bool option_parser(const struct option *o, const oconfig_item_t *ci,
                           struct project_config *to, struct err *err);

/* A row of the table of options. */
struct option {
  const char *key;
  option_parser *parse;
  size_t offset;      /* of the field in struct project_config */
  const char *text;   /* default of a text; NULL: none */
  double number;      /* default of a number or a truth value */
  double least, most; /* range of a number */
  bool repeats;       /* may be given several times */
};

option_parser parse_text; /* any text without control characters */
option_parser parse_safe; /* a text that can stand in a URL's path */
option_parser
    parse_endpoint; /* an http or https URL, less a slash at its end */
option_parser parse_identity_endpoint; /* likewise, and it ends in /v3 */
option_parser parse_language;    /* one of those that the API's page lists */
option_parser parse_secret;      /* a secret, literally */
option_parser parse_path;        /* an absolute path */
option_parser parse_secret_file; /* the path of a file with a secret */
option_parser parse_integer;     /* a whole number in the row's range */
option_parser parse_seconds;     /* a number in the row's range */
option_parser parse_boolean;
option_parser parse_job; /* ID [NAME] */

/* Keeps the row's default at its field. False: out of memory. */
bool option_set_default(const struct option *o, struct project_config *to);

/* Whether a text can name a project. */
bool config_is_name(const char *text);

/* Whether what is sent to the URL stays unread on its way: it is https, or
 * goes to this host. */
bool config_is_private_url(const char *url);

#endif
