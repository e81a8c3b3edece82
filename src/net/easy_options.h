/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The options of libcurl's easy handle that a request decides, or the version
 * of libcurl: no other file depends on it.
 *
 *     struct curl_slist *headers = easy_options_headers(req);
 *     easy_options_set(easy, req, body, headers);
 *     ...
 *     curl_easy_cleanup(easy);
 *     easy_options_free_headers(headers); */

#ifndef DRS_NET_EASY_OPTIONS_H
#define DRS_NET_EASY_OPTIONS_H

#include "net/http_request.h"

#include <curl/curl.h>
#include <stdbool.h>

/* The authorities, our certificate, and its key. */
enum easy_tls_file { EASY_CA, EASY_CERT, EASY_KEY, EASY_TLS_FILES };

/* The request's header lines. NULL: out of memory. */
struct curl_slist *easy_options_headers(const struct http_request *req);

/* Wipes and frees them. */
void easy_options_free_headers(struct curl_slist *headers);

/* `body`, a copy of the request's, and the headers are not copied. False: out
 * of memory, or this libcurl lacks an option. */
bool easy_options_set(CURL *easy, const struct http_request *req,
                      const char *body, struct curl_slist *headers);

/* Whether this libcurl, with its TLS library, takes the bytes of all files. */
bool easy_options_accept_blobs(void);

/* libcurl copies the bytes; where there are none, it reads the file itself. */
bool easy_options_set_tls_file(CURL *easy, enum easy_tls_file file,
                               const char *path, const struct buf *bytes);

/* How many seconds certificates that libcurl has read may be used. */
bool easy_options_set_ca_cache_time(CURL *easy, long seconds);

/* A file that has all of the system's certificates; NULL: libcurl's defaults.
 */
const char *easy_options_system_ca_cert(void);

#endif
