/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Parsers of one option each, for the table in config.c. Each takes one item
 * of the configuration, checks it and keeps it at its field. */

#ifndef DRS_OPTION_H
#define DRS_OPTION_H

#include <collectd/core/daemon/plugin.h>

#include "options.h"

struct option;

/* False: the value is refused, and `err` says what is wanted instead. True
 * with an error set: it is a warning. */
typedef bool option_fn(const struct option *o, const oconfig_item_t *ci,
                       struct project_options *to, struct err *err);

/* A row of the table of options. */
struct option {
  const char *key;
  option_fn *parse;
  size_t offset;      /* of the field in struct project_options */
  const char *text;   /* default of a text; NULL: none */
  double number;      /* default of a number or a truth value */
  double least, most; /* range of a number */
  bool repeats;       /* may be given several times */
};

option_fn option_text;     /* any text without control characters */
option_fn option_safe;     /* a text that can stand in a URL's path */
option_fn option_endpoint; /* an http or https URL, less a slash at its end */
option_fn option_identity; /* likewise, and it ends in /v3 */
option_fn option_language; /* one of those that the API's page lists */
option_fn option_secret;   /* a secret, literally */
option_fn option_path;     /* an absolute path */
option_fn option_file;     /* the path of a file with a secret */
option_fn option_whole;    /* a whole number in the row's range */
option_fn option_seconds;  /* a number in the row's range */
option_fn option_boolean;
option_fn option_job; /* ID [NAME] */

/* Keeps the row's default at its field. False: out of memory. */
bool option_set_default(const struct option *o, struct project_options *to);

/* Whether a text can name a project. */
bool option_is_name(const char *text);

/* Whether what is sent to the URL stays unread on its way: it is https, or
 * goes to this host. */
bool option_is_private(const char *url);

#endif
