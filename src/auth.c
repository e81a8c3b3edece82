/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What all ways to authorize a request have in common. */

#include "auth.h"

void auth_free(struct auth *a) {
  if (a != NULL)
    a->scheme->free(a);
}

bool auth_add_header(struct http_request *req, const char *name,
                     const char *value, struct err *err) {
  struct buf *h = &req->headers;
  return buf_adds(h, name, err) && buf_adds(h, ": ", err) &&
         buf_adds(h, value, err) && buf_add(h, "", 1, err);
}
