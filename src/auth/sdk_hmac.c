/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The steps of SDK-HMAC-SHA256. A path and a query are decoded and encoded
 * again, so it does not matter how they were written in the URL. */

#include "auth/sdk_hmac.h"

#include "base/text.h"

#include <nettle/base16.h>
#include <nettle/hmac.h>
#include <stdlib.h>
#include <string.h>

#define ALGORITHM "SDK-HMAC-SHA256"
#define HEX_SIZE BASE16_ENCODE_LENGTH(SHA256_DIGEST_SIZE)

/* The most that a step holds: a request's headers are a few words and at most
 * one token of 32 KB. */
#define STEP_MAX (128 * 1024)

struct slice {
  char *text;
  size_t len;
};

struct param {
  struct slice key, value;
};

/* Percent encoding */

static bool is_unreserved(char c) {
  return text_is_alnum(c) || (c != '\0' && strchr("-._~", c) != NULL);
}

/* In place, since it never grows. A '%' without two digits is itself. */
static void decode_percent(struct slice *s) {
  size_t out = 0;
  for (size_t i = 0; i < s->len; i++) {
    bool encoded = s->text[i] == '%' && i + 2 < s->len &&
                   text_hex_value(s->text[i + 1]) >= 0 &&
                   text_hex_value(s->text[i + 2]) >= 0;
    if (encoded) {
      s->text[out++] = (char)(text_hex_value(s->text[i + 1]) * 16 +
                              text_hex_value(s->text[i + 2]));
      i += 2;
    } else {
      s->text[out++] = s->text[i];
    }
  }
  s->len = out;
}

static bool encode(struct buf *to, const struct slice *s, struct err *err) {
  bool ok = true;
  for (size_t i = 0; ok && i < s->len; i++) {
    char c = s->text[i];
    ok = is_unreserved(c) ? buf_add(to, &c, 1, err)
                          : buf_addf(to, err, "%%%02X", (unsigned char)c);
  }
  return ok;
}

/* Cuts off the bytes before the first `separator`, or all, and steps over it.
 */
static struct slice split_off(struct slice *rest, char separator) {
  struct slice head = *rest;
  char *at = memchr(rest->text, separator, rest->len);
  if (at != NULL)
    head.len = (size_t)(at - head.text);
  size_t taken = head.len + (at != NULL ? 1 : 0);
  rest->text += taken;
  rest->len -= taken;
  return head;
}

/* The parts of the canonical request */

/* For signing a path ends in '/', whatever is sent. */
static bool add_path(struct buf *to, const char *path, struct err *err) {
  struct buf copy;
  buf_init(&copy, STEP_MAX);
  bool ok = buf_adds(&copy, path[0] == '/' ? path + 1 : path, err) &&
            buf_adds(to, "/", err);
  struct slice rest = {copy.data, copy.len};
  while (ok && rest.len > 0) {
    struct slice segment = split_off(&rest, '/');
    decode_percent(&segment);
    ok = encode(to, &segment, err) && buf_adds(to, "/", err);
  }
  buf_free(&copy);
  return ok;
}

static int compare_slices(const struct slice *a, const struct slice *b) {
  int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
  return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static int compare_params(const void *a, const void *b) {
  const struct param *p = a, *q = b;
  int order = compare_slices(&p->key, &q->key);
  return order != 0 ? order : compare_slices(&p->value, &q->value);
}

/* Splits `rest` in place. False: too many parameters. */
static bool parse_query(struct slice rest, struct param params[], size_t *len) {
  *len = 0;
  while (rest.len > 0) {
    struct slice value = split_off(&rest, '&');
    if (value.len == 0)
      continue;
    if (*len == SDK_HMAC_PARAMS_MAX)
      return false;
    struct slice key = split_off(&value, '=');
    decode_percent(&key);
    decode_percent(&value);
    params[(*len)++] = (struct param){key, value};
  }
  return true;
}

static bool add_query(struct buf *to, const char *query, struct err *err) {
  struct param params[SDK_HMAC_PARAMS_MAX];
  size_t len = 0;
  struct buf copy;
  buf_init(&copy, STEP_MAX);
  bool ok = buf_adds(&copy, query == NULL ? "" : query, err);
  if (ok && !parse_query((struct slice){copy.data, copy.len}, params, &len))
    ok = err_set(err, ERR_LOCAL, "too many parameters to sign");
  qsort(params, len, sizeof(*params), compare_params);
  for (size_t i = 0; ok && i < len; i++)
    ok = buf_adds(to, i > 0 ? "&" : "", err) &&
         encode(to, &params[i].key, err) && buf_adds(to, "=", err) &&
         encode(to, &params[i].value, err);
  buf_free(&copy);
  return ok;
}

static bool add_lowercase(struct buf *to, const char *name, struct err *err) {
  bool ok = true;
  for (; ok && *name != '\0'; name++) {
    char c = text_lower(*name);
    ok = buf_add(to, &c, 1, err);
  }
  return ok;
}

static bool add_trimmed(struct buf *to, const char *value, struct err *err) {
  size_t len = strlen(value);
  value = text_trim(value, &len);
  return buf_add(to, value, len, err);
}

static int compare_headers(const void *a, const void *b) {
  const char *p = ((const struct sdk_hmac_header *)a)->name;
  const char *q = ((const struct sdk_hmac_header *)b)->name;
  for (; *p != '\0' && text_lower(*p) == text_lower(*q); p++)
    q++;
  return text_lower(*p) - text_lower(*q);
}

struct headers {
  struct sdk_hmac_header at[SDK_HMAC_HEADERS_MAX];
  size_t len;
};

/* All that are signed, sorted. */
static bool collect_headers(struct headers *h,
                            const struct sdk_hmac_request *req,
                            struct err *err) {
  if (req->headers_len >= SDK_HMAC_HEADERS_MAX)
    return err_set(err, ERR_LOCAL, "too many headers to sign");
  for (h->len = 0; h->len < req->headers_len; h->len++)
    h->at[h->len] = req->headers[h->len];
  h->at[h->len++] = (struct sdk_hmac_header){"x-sdk-date", req->date};
  qsort(h->at, h->len, sizeof(*h->at), compare_headers);
  return true;
}

static bool add_headers(struct buf *to, const struct headers *h,
                        struct err *err) {
  bool ok = true;
  for (size_t i = 0; ok && i < h->len; i++)
    ok = add_lowercase(to, h->at[i].name, err) && buf_adds(to, ":", err) &&
         add_trimmed(to, h->at[i].value, err) && buf_adds(to, "\n", err);
  return ok;
}

static bool add_names(struct buf *to, const struct headers *h,
                      struct err *err) {
  bool ok = true;
  for (size_t i = 0; ok && i < h->len; i++)
    ok = buf_adds(to, i > 0 ? ";" : "", err) &&
         add_lowercase(to, h->at[i].name, err);
  return ok;
}

static bool add_hex(struct buf *to, const uint8_t digest[SHA256_DIGEST_SIZE],
                    struct err *err) {
  char hex[HEX_SIZE];
  base16_encode_update(hex, SHA256_DIGEST_SIZE, digest);
  return buf_add(to, hex, sizeof(hex), err);
}

static bool add_hash(struct buf *to, const char *bytes, size_t len,
                     struct err *err) {
  struct sha256_ctx ctx;
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_init(&ctx);
  if (len > 0)
    sha256_update(&ctx, len, (const uint8_t *)bytes);
  sha256_digest(&ctx, sizeof(digest), digest);
  explicit_bzero(&ctx, sizeof(ctx));
  return add_hex(to, digest, err);
}

/* The steps */

bool sdk_hmac_canonical_request(struct buf *to,
                                const struct sdk_hmac_request *req,
                                struct err *err) {
  struct headers h;
  return collect_headers(&h, req, err) && buf_adds(to, req->method, err) &&
         buf_adds(to, "\n", err) && add_path(to, req->path, err) &&
         buf_adds(to, "\n", err) && add_query(to, req->query, err) &&
         buf_adds(to, "\n", err) && add_headers(to, &h, err) &&
         buf_adds(to, "\n", err) && add_names(to, &h, err) &&
         buf_adds(to, "\n", err) && add_hash(to, req->body, req->body_len, err);
}

bool sdk_hmac_string_to_sign(struct buf *to, const struct sdk_hmac_request *req,
                             struct err *err) {
  struct buf canonical;
  buf_init(&canonical, STEP_MAX);
  bool ok = sdk_hmac_canonical_request(&canonical, req, err) &&
            buf_addf(to, err, ALGORITHM "\n%s\n", req->date) &&
            add_hash(to, canonical.data, canonical.len, err);
  buf_free(&canonical);
  return ok;
}

void sdk_hmac_digest(uint8_t digest[SDK_HMAC_DIGEST_SIZE], const uint8_t *key,
                     size_t key_len, const char *bytes, size_t len) {
  struct hmac_sha256_ctx ctx;
  hmac_sha256_set_key(&ctx, key_len, key);
  hmac_sha256_update(&ctx, len, (const uint8_t *)bytes);
  hmac_sha256_digest(&ctx, SDK_HMAC_DIGEST_SIZE, digest);
  explicit_bzero(&ctx, sizeof(ctx));
}

static bool add_signature(struct buf *to, const struct buf *text,
                          const char *key, struct err *err) {
  uint8_t digest[SDK_HMAC_DIGEST_SIZE];
  sdk_hmac_digest(digest, (const uint8_t *)key, strlen(key), text->data,
                  text->len);
  return add_hex(to, digest, err);
}

bool sdk_hmac_authorization(struct buf *to, const struct sdk_hmac_request *req,
                            const char *access_key, const char *secret_key,
                            struct err *err) {
  struct headers h;
  struct buf text;
  buf_init(&text, STEP_MAX);
  bool ok =
      collect_headers(&h, req, err) &&
      sdk_hmac_string_to_sign(&text, req, err) &&
      buf_addf(to, err, ALGORITHM " Access=%s, SignedHeaders=", access_key) &&
      add_names(to, &h, err) && buf_adds(to, ", Signature=", err) &&
      add_signature(to, &text, secret_key, err);
  buf_free(&text);
  return ok;
}

void sdk_hmac_date(char date[SDK_HMAC_DATE_SIZE], time_t now) {
  struct tm utc;
  if (gmtime_r(&now, &utc) == NULL ||
      strftime(date, SDK_HMAC_DATE_SIZE, "%Y%m%dT%H%M%SZ", &utc) == 0)
    date[0] = '\0';
}
