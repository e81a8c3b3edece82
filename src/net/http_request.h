/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A request in its parts: a signature needs them one by one, and libcurl gets
 * them joined.
 *
 *     struct http_request req = {.method = "POST", .endpoint = &endpoint,
 *                                .path = "/v3/...", .timeout = 10000};
 *     if (http_request_add_header(&req, "Accept", "application/json", err))
 *       transfer = http_start(http, &req, &handler, arg, err);
 *     http_request_finish(&req);
 */

#ifndef DRS_NET_HTTP_REQUEST_H
#define DRS_NET_HTTP_REQUEST_H

#include "base/buf.h"
#include "base/clock.h"
#include "net/start_queue.h"

/* The most headers of a request, and the most bytes of a URL or a header. */
#define HTTP_HEADERS_MAX 16
#define HTTP_HEADER_MAX (256 * 1024)

/* "SCHEME://HOST[:PORT][/PATH]", normalized: scheme and host in lower case, no
 * port that is the scheme's default, no slash at the end. Two spellings of one
 * endpoint give the same strings. All zero: none. */
struct http_endpoint {
  char *origin; /* "https://drs.example.com:8443" */
  char *path;   /* "/prefix", or "" */
};

/* False: out of memory. */
bool http_endpoint_init(struct http_endpoint *e, const char *url,
                        struct err *err);
void http_endpoint_finish(struct http_endpoint *e);

struct http_header {
  const char *name; /* the caller's */
  struct buf value; /* wiped: it may be a secret */
};

/* TLS verification, client certificate and proxy of a connection. Strings may
 * be NULL. */
struct http_connect_options {
  bool verify_peer, verify_host;
  const char *ca_cert; /* a file in PEM; NULL: the system's own */
  const char *client_cert, *client_key;
  const char *proxy;
  bool no_proxy; /* not even that of the environment */
};

struct http_request {
  const char *method;
  const char *path;  /* below the endpoint's */
  const char *query; /* after the '?'; NULL: none */
  struct http_header headers[HTTP_HEADERS_MAX];
  size_t headers_len;
  const char *body; /* NULL: none */
  size_t body_len;
  msec_t timeout;
  bool no_retry; /* never sent again by the library, on a connection of its own:
                a login */
  /* These must outlive the request. */
  const struct http_endpoint *endpoint;
  const struct http_connect_options *connect;
  struct request_queue *queue; /* of the requests of one owner */
};

/* Adds a header; the value is copied. False: out of memory, too many headers,
 * or a value with a control character, which could start another header. */
bool http_request_add_header(struct http_request *req, const char *name,
                             const char *value, struct err *err);

/* Append the path, and the whole URL. */
bool http_request_path(const struct http_request *req, struct buf *to,
                       struct err *err);
bool http_request_url(const struct http_request *req, struct buf *to,
                      struct err *err);

/* Wipes and frees the headers; needed also where adding one failed. */
void http_request_finish(struct http_request *req);

#endif
