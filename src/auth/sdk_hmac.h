/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * SDK-HMAC-SHA256, the signature of a request with an access key, as Open
 * Telekom Cloud and Huawei Cloud have it ("Signing with AK/SK"). Pure: no
 * clock, no network; the only file that knows nettle.
 *
 *     canonical = METHOD \n PATH/ \n QUERY \n HEADERS \n NAMES \n hash of body
 *     to sign   = "SDK-HMAC-SHA256" \n date \n hash of canonical
 *     signature = HMAC of to sign, with the secret key as it is
 *
 * Each step appends to a buffer, so that each can be checked by itself. The
 * canonical request holds a security token where there is one; values
 * derived from a secret are wiped. */

#ifndef DRS_AUTH_SDK_HMAC_H
#define DRS_AUTH_SDK_HMAC_H

#include "base/buf.h"

#include <stdint.h>
#include <time.h>

/* The most headers (X-Sdk-Date counts) and query parameters of a request. */
#define SDK_HMAC_HEADERS_MAX 16
#define SDK_HMAC_PARAMS_MAX 32

/* Bytes of a date with its NUL: "20191115T033655Z". */
#define SDK_HMAC_DATE_SIZE 17

struct sdk_hmac_header {
  const char *name; /* in any case */
  const char *value;
};

/* The request as it goes over the wire; all strings are the caller's. */
struct sdk_hmac_request {
  const char *method;
  const char *path;  /* of the URL, percent-encoded or not; "" is "/" */
  const char *query; /* after the '?'; NULL: none. '+' is a plus */
  /* The headers to sign, in any order; X-Sdk-Date is not among them. */
  const struct sdk_hmac_header *headers;
  size_t headers_len;
  const char *body; /* NULL: none */
  size_t body_len;
  /* The header X-Sdk-Date, which is always signed. The service wants it within
   * 15 minutes of its own clock. */
  const char *date;
};

/* These append, or return false: ERR_LOCAL where memory is short or there are
 * too many headers or parameters, ERR_RESPONSE where `to` is full. Then `to`
 * is of no use. */
bool sdk_hmac_canonical_request(struct buf *to,
                                const struct sdk_hmac_request *req,
                                struct err *err);
bool sdk_hmac_string_to_sign(struct buf *to, const struct sdk_hmac_request *req,
                             struct err *err);

/* The value of the header Authorization. */
bool sdk_hmac_authorization(struct buf *to, const struct sdk_hmac_request *req,
                            const char *access_key, const char *secret_key,
                            struct err *err);

/* A digest of a secret by which it is recognized; it tells nothing without the
 * key. */
#define SDK_HMAC_DIGEST_SIZE 32
void sdk_hmac_digest(uint8_t digest[SDK_HMAC_DIGEST_SIZE], const uint8_t *key,
                     size_t key_len, const char *bytes, size_t len);

/* The value of the header X-Sdk-Date for a time. */
void sdk_hmac_date(char date[SDK_HMAC_DATE_SIZE], time_t now);

#endif
