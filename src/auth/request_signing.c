/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The headers of a signed request. */

#include "auth/request_signing.h"

#include "auth/sdk_hmac.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The service accepts a date that is off by this many seconds. */
#define CLOCK_TOLERANCE (15 * 60)

/* The vendor's clients sign these, and no header that a proxy may rewrite. */
static bool is_signed(const char *name) {
  return strcasecmp(name, "Content-Type") == 0 ||
         strcasecmp(name, "Host") == 0 ||
         strncasecmp(name, "X-", strlen("X-")) == 0;
}

static size_t list_headers(struct sdk_hmac_header list[HTTP_HEADERS_MAX],
                           const struct http_request *req) {
  size_t n = 0;
  for (size_t i = 0; i < req->headers_len; i++)
    if (is_signed(req->headers[i].name))
      list[n++] = (struct sdk_hmac_header){req->headers[i].name,
                                           req->headers[i].value.data};
  return n;
}

static bool add_authorization(struct http_request *req,
                              const struct signer *signer, const char *date,
                              struct err *err) {
  struct sdk_hmac_header headers[HTTP_HEADERS_MAX];
  struct buf path, value;
  buf_init(&path, HTTP_HEADER_MAX);
  buf_init(&value, HTTP_HEADER_MAX);
  bool ok = http_request_path(req, &path, err);
  struct sdk_hmac_request request = {.method = req->method,
                                     .path = path.data,
                                     .query = req->query,
                                     .headers = headers,
                                     .headers_len = list_headers(headers, req),
                                     .body = req->body,
                                     .body_len = req->body_len,
                                     .date = date};
  ok = ok &&
       sdk_hmac_authorization(&value, &request, signer->access_key,
                              signer->secret_key, err) &&
       http_request_add_header(req, "X-Sdk-Date", date, err) &&
       http_request_add_header(req, "Authorization", value.data, err);
  buf_free(&path);
  buf_free(&value);
  return ok;
}

bool request_sign(struct http_request *req, const struct signer *signer,
                  const char *project_id, struct err *err) {
  char date[SDK_HMAC_DATE_SIZE];
  const char *host = url_after_user(req->endpoint->origin);
  const char *token = signer->security_token;
  bool temporary = token != NULL && *token != '\0';
  sdk_hmac_date(date, time(NULL));
  return http_request_add_header(req, "Host", host, err) &&
         http_request_add_header(req, "X-Project-Id", project_id, err) &&
         (!temporary ||
          http_request_add_header(req, "X-Security-Token", token, err)) &&
         add_authorization(req, signer, date, err);
}

bool request_signing_describe(struct err *e,
                              const struct auth_report *outcome) {
  long ahead =
      outcome->server_date < 0 ? 0 : (long)(time(NULL) - outcome->server_date);
  bool clock_is_wrong = labs(ahead) > CLOCK_TOLERANCE;
  err_clear(e);
  if (clock_is_wrong)
    err_set(e, ERR_AUTH,
            "this machine's clock is %ld minutes %s the service's, so it "
            "rejects every signature (%s)",
            labs(ahead) / 60, ahead > 0 ? "ahead of" : "behind",
            outcome->err->text);
  else
    err_set(e, ERR_AUTH, "the access key was rejected (%s)",
            outcome->err->text);
  return clock_is_wrong;
}
