/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Headers for a signature, and from the URL what is signed. */

#include "auth/request_signing.h"

#include "auth/sdk_hmac.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The service takes a date that is off by this many seconds. */
#define CLOCK_TOLERANCE (15 * 60)

/* The parts of "SCHEME://HOST/PATH?QUERY", in one copy of it. */
struct url {
  char *copy;
  const char *host, *path, *query;
};

/* "path" is what follows its first slash; signing adds that one. */
static bool divide(struct url *u, const char *text) {
  u->copy = strdup(text);
  char *host = u->copy == NULL ? NULL : strstr(u->copy, "://");
  if (host == NULL)
    return false;
  u->host = host += 3;
  char *query = strchr(host, '?');
  u->query = query == NULL ? NULL : query + 1;
  if (query != NULL)
    *query = '\0';
  char *path = strchr(host, '/');
  u->path = path == NULL ? "" : path + 1;
  if (path != NULL)
    *path = '\0';
  return true;
}

/* Divides "Name: value" strings, in a copy of them. */
static size_t list_headers(struct sdk_hmac_header *list, struct buf *copy) {
  size_t n = 0;
  char *end = copy->data + copy->len;
  for (char *h = copy->data; h < end && n < SDK_HMAC_HEADERS_MAX; n++) {
    char *next = h + strlen(h) + 1, *colon = strchr(h, ':');
    *colon = '\0';
    list[n] = (struct sdk_hmac_header){h, colon + 2};
    h = next;
  }
  return n;
}

static bool add_authorization(struct http_request *req, const struct url *url,
                              const struct signer *signer, const char *date,
                              struct err *err) {
  struct sdk_hmac_header headers[SDK_HMAC_HEADERS_MAX];
  struct buf copy, path, value;
  buf_init(&copy, HTTP_HEADER_MAX);
  buf_init(&path, HTTP_HEADER_MAX);
  buf_init(&value, HTTP_HEADER_MAX);
  bool ok = buf_add(&copy, req->headers.data, req->headers.len, err) &&
            buf_addf(&path, err, "/%s", url->path);
  struct sdk_hmac_request request = {.method = req->method,
                                     .path = path.data,
                                     .query = url->query,
                                     .headers = headers,
                                     .body = req->body == NULL ? "" : req->body,
                                     .body_len = req->body_len,
                                     .date = date};
  if (ok)
    request.headers_len = list_headers(headers, &copy);
  ok = ok &&
       sdk_hmac_authorization(&value, &request, signer->access_key,
                              signer->secret_key, err) &&
       auth_add_header(req, "X-Sdk-Date", date, err) &&
       auth_add_header(req, "Authorization", value.data, err);
  buf_free(&copy);
  buf_free(&path);
  buf_free(&value);
  return ok;
}

bool request_sign(struct http_request *req, const struct signer *signer,
                  const char *project_id, struct err *err) {
  char date[SDK_HMAC_DATE_SIZE];
  struct url url = {0};
  const char *token = signer->security_token;
  bool lasting = token == NULL || *token == '\0';
  sdk_hmac_date(date, time(NULL));
  bool ok = divide(&url, req->url) || err_memory(err);
  ok = ok && auth_add_header(req, "Host", url.host, err) &&
       auth_add_header(req, "X-Project-Id", project_id, err) &&
       (lasting || auth_add_header(req, "X-Security-Token", token, err)) &&
       add_authorization(req, &url, signer, date, err);
  free(url.copy);
  return ok;
}

void request_signing_describe(struct err *e,
                              const struct auth_outcome *outcome) {
  long ahead =
      outcome->server_date < 0 ? 0 : (long)(time(NULL) - outcome->server_date);
  err_clear(e);
  if (labs(ahead) > CLOCK_TOLERANCE)
    err_set(e, ERR_AUTH,
            "this machine's clock is %ld minutes %s the service's, so no "
            "signature is accepted: %s",
            labs(ahead) / 60, ahead > 0 ? "ahead of" : "behind",
            outcome->why->text);
  else
    err_set(e, ERR_AUTH, "the access key is refused: %s", outcome->why->text);
}
