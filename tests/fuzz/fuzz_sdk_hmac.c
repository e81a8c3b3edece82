/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Signing: any path, query, header and body gives a canonical request of the
 * documented form, or an error. The input is these four, each ended by a NUL.
 */

#include "fuzz.h"

#include "auth/sdk_hmac.h"

#include <string.h>

const char fuzz_name[] = "sdk_hmac";

/* The next part of the input as a string of its own. */
static char *part(const uint8_t **bytes, size_t *len) {
  size_t n = strnlen((const char *)*bytes, *len);
  char *text = strndup((const char *)*bytes, n);
  MUST(text != NULL);
  *bytes += n < *len ? n + 1 : n;
  *len -= n < *len ? n + 1 : n;
  return text;
}

static size_t count(const char *text, char c) {
  size_t n = 0;
  for (; *text != '\0'; text++)
    n += *text == c;
  return n;
}

static void check(const struct sdk_hmac_request *req) {
  struct buf canonical, authorization;
  struct err err = ERR_INIT;
  buf_init(&canonical, 64 * 1024);
  buf_init(&authorization, 4096);
  bool ok = sdk_hmac_canonical_request(&canonical, req, &err);
  MUST(ok == !err_is_set(&err));
  /* Method, path, query, two headers and an empty line, their names, hash. */
  if (ok && strchr(req->headers[0].value, '\n') == NULL)
    MUST(count(canonical.data, '\n') == 7);
  if (ok)
    sdk_hmac_authorization(&authorization, req, "AK", req->path, NULL);
  buf_free(&canonical);
  buf_free(&authorization);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  char *path = part(&bytes, &len), *query = part(&bytes, &len);
  char *name = part(&bytes, &len), *value = part(&bytes, &len);
  struct sdk_hmac_header header = {.name = name, .value = value};
  struct sdk_hmac_request req = {.method = "POST",
                                 .path = path,
                                 .query = query,
                                 .headers = &header,
                                 .headers_len = 1,
                                 .body = (const char *)bytes,
                                 .body_len = len,
                                 .date = "20191115T033655Z"};
  if (strchr(name, '\n') == NULL)
    check(&req);
  free(path);
  free(query);
  free(name);
  free(value);
  return 0;
}
