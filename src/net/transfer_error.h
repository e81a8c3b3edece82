/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From libcurl's result codes to kinds of errors and plain words. libcurl's own
 * text is used only where it cannot hold a part of a URL: a proxy's URL has a
 * password in it. */

#ifndef DRS_NET_TRANSFER_ERROR_H
#define DRS_NET_TRANSFER_ERROR_H

#include "base/clock.h"
#include "base/err.h"

#include <curl/curl.h>

struct transfer_error {
  CURL *easy;
  CURLcode code;    /* not CURLE_OK */
  const char *text; /* from CURLOPT_ERRORBUFFER; may be empty */
  msec_t timeout;   /* the request's own */
  bool proxy;       /* the request goes through a proxy of its own */
  bool https;
  bool awaits_peer; /* libcurl waits for bytes on the connection */
};

/* Fills `err` unless it holds an error already. */
void transfer_error_describe(const struct transfer_error *e, struct err *err);

#endif
