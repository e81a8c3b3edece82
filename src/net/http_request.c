/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The parts of a request, and the URL that they make. */

#include "net/http_request.h"

#include "base/name.h"
#include "base/text.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>

bool http_endpoint_init(struct http_endpoint *e, const char *url,
                        struct err *err) {
  const char *host = url_after_user(url);
  size_t len = (size_t)(host - url) + strcspn(host, "/");
  e->origin = strdup(url);
  e->path = strdup(url + len);
  if (e->origin == NULL || e->path == NULL) {
    http_endpoint_finish(e);
    return err_memory(err);
  }
  e->origin[len] = '\0';
  text_make_lowercase(e->origin);
  text_drop_suffix(e->origin, url_is_https(e->origin) ? ":443" : ":80");
  for (len = strlen(e->path); len > 0 && e->path[len - 1] == '/'; len--)
    e->path[len - 1] = '\0';
  return true;
}

void http_endpoint_finish(struct http_endpoint *e) {
  free(e->origin);
  free(e->path);
  *e = (struct http_endpoint){0};
}

bool http_request_add_header(struct http_request *req, const char *name,
                             const char *value, struct err *err) {
  if (req->headers_len == HTTP_HEADERS_MAX)
    return err_set(err, ERR_LOCAL, "too many headers");
  if (name_has_control(value, strlen(value)))
    return err_set(err, ERR_LOCAL, "a control character in the header %s",
                   name);
  struct http_header *h = &req->headers[req->headers_len++];
  h->name = name;
  buf_init(&h->value, HTTP_HEADER_MAX);
  return buf_adds(&h->value, value, err);
}

bool http_request_path(const struct http_request *req, struct buf *to,
                       struct err *err) {
  return buf_adds(to, req->endpoint->path, err) && buf_adds(to, req->path, err);
}

bool http_request_url(const struct http_request *req, struct buf *to,
                      struct err *err) {
  return buf_adds(to, req->endpoint->origin, err) &&
         http_request_path(req, to, err) &&
         (req->query == NULL ||
          (buf_adds(to, "?", err) && buf_adds(to, req->query, err)));
}

void http_request_finish(struct http_request *req) {
  for (size_t i = 0; i < req->headers_len; i++)
    buf_free(&req->headers[i].value);
  req->headers_len = 0;
}
