/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Header lines, the options of each concern, and the system's certificates. */

#include "net/easy_options.h"

#include <string.h>
#include <unistd.h>

/* Seconds. Idle connections are used for less time than servers and load
 * balancers keep them, of which 60 seconds is the most common default; and no
 * connection outlives a moved endpoint for long. So none is used by two cycles
 * of the default Interval, which is 60 seconds, too. */
#define IDLE_MAX 50L
#define LIFETIME_MAX 300L

static const CURLoption paths[EASY_TLS_FILES] = {
    CURLOPT_CAINFO, CURLOPT_SSLCERT, CURLOPT_SSLKEY};
#if LIBCURL_VERSION_NUM >= 0x074d00
#define BLOBS true
static const CURLoption blobs[EASY_TLS_FILES] = {
    CURLOPT_CAINFO_BLOB, CURLOPT_SSLCERT_BLOB, CURLOPT_SSLKEY_BLOB};
#else /* before, files have paths only */
#define BLOBS false
#endif

/* Header lines */

void easy_options_free_headers(struct curl_slist *headers) {
  for (struct curl_slist *h = headers; h != NULL; h = h->next)
    explicit_bzero(h->data, strlen(h->data));
  curl_slist_free_all(headers);
}

static bool add_line(struct curl_slist **lines, const char *line) {
  struct curl_slist *all = curl_slist_append(*lines, line);
  if (all != NULL)
    *lines = all;
  return all != NULL;
}

struct curl_slist *easy_options_headers(const struct http_request *req) {
  struct curl_slist *lines = NULL;
  struct buf line;
  /* No round trip before the body. */
  bool ok = add_line(&lines, "Expect:");
  buf_init(&line, HTTP_HEADER_MAX);
  for (size_t i = 0; ok && i < req->headers_len; i++) {
    const struct http_header *h = &req->headers[i];
    buf_reset(&line);
    ok = buf_addf(&line, NULL, "%s: %s", h->name, h->value.data) &&
         add_line(&lines, line.data);
  }
  buf_free(&line);
  if (ok)
    return lines;
  easy_options_free_headers(lines);
  return NULL;
}

/* Options */

/* Where nothing is verified, nothing is loaded: GnuTLS would read all of the
 * system's certificates for each connection nevertheless. */
static bool set_connect(CURL *easy,
                        const struct http_connect_options *connect) {
  CURLcode e = CURLE_OK;
  e |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER,
                        (long)connect->verify_peer);
  e |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST,
                        connect->verify_host ? 2L : 0L);
  e |=
      curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (!connect->verify_peer) {
    e |= curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    e |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  }
  e |= curl_easy_setopt(easy, CURLOPT_PROXY, connect->proxy);
  e |= curl_easy_setopt(easy, CURLOPT_NOPROXY, connect->no_proxy ? "*" : NULL);
  e |= curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  return e == CURLE_OK;
}

static bool set_url(CURL *easy, const struct http_request *req) {
  struct buf url;
  buf_init(&url, HTTP_HEADER_MAX);
  bool ok = http_request_url(req, &url, NULL) &&
            curl_easy_setopt(easy, CURLOPT_URL, url.data) == CURLE_OK;
  buf_free(&url);
  return ok;
}

static bool set_request(CURL *easy, const struct http_request *req,
                        const char *body) {
  CURLcode e = CURLE_OK;
  e |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  /* docs/internals/decisions.md says why not HTTP/2. */
  e |=
      curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  if (req->body != NULL) {
    e |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                          (curl_off_t)req->body_len);
    e |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
  }
  e |= curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, req->method);
  return e == CURLE_OK;
}

/* A request that must not be repeated gets a connection of its own: on a reused
 * one that turns out to be closed, libcurl repeats it by itself. Signals are
 * off. Redirects are, too, by libcurl's default; so the only protocols are
 * those of the configured URLs, which url_check_endpoint has accepted. */
static bool set_transfer(CURL *easy, bool no_retry) {
  CURLcode e = CURLE_OK;
  e |= curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_MAX);
#if LIBCURL_VERSION_NUM >= 0x075000 /* before, only idle ones have an end */
  e |= curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, LIFETIME_MAX);
#endif
  e |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, no_retry ? 1L : 0L);
  e |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, no_retry ? 1L : 0L);
  e |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700 /* before, see the manual on stopping */
  /* Do not wait for the thread of a lookup that was given up. */
  e |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
  return e == CURLE_OK;
}

bool easy_options_set(CURL *easy, const struct http_request *req,
                      const char *body, struct curl_slist *headers) {
  return set_url(easy, req) && set_request(easy, req, body) &&
         set_connect(easy, req->connect) && set_transfer(easy, req->no_retry) &&
         curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
}

/* Files */

/* GnuTLS has no blob of authorities in 7.88, and takes one of a certificate
 * without using it. */
bool easy_options_accept_blobs(void) {
  static const char *const libraries[] = {"OpenSSL/", "quictls/", "LibreSSL/",
                                          "BoringSSL", "AWS-LC/"};
  const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
  for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++)
    if (v->version_num >= 0x074d00 && v->ssl_version != NULL &&
        strncmp(v->ssl_version, libraries[i], strlen(libraries[i])) == 0)
      return BLOBS;
  return false;
}

bool easy_options_set_tls_file(CURL *easy, enum easy_tls_file file,
                               const char *path, const struct buf *bytes) {
  if (file == EASY_CA) /* instead of the system's, not with them */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
#if BLOBS
  if (bytes->len > 0) {
    struct curl_blob b = {bytes->data, bytes->len, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, blobs[file], &b) == CURLE_OK;
  }
#endif
  (void)bytes;
  return curl_easy_setopt(easy, paths[file], path) == CURLE_OK;
}

bool easy_options_set_ca_cache_time(CURL *easy, long seconds) {
#if LIBCURL_VERSION_NUM >= 0x075700 /* before, there is no cache */
  return curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, seconds) == CURLE_OK;
#else
  (void)easy, (void)seconds;
  return true;
#endif
}

/* The system's certificates */

/* On Debian these are a folder that has each certificate three times. GnuTLS
 * would read all of them for each connection, and OpenSSL caches only a file.
 */
const char *easy_options_system_ca_cert(void) {
#if LIBCURL_VERSION_NUM >= 0x074600 /* before, it is not told */
  static const char folder[] = "/etc/ssl/certs",
                    file[] = "/etc/ssl/certs/ca-certificates.crt";
  const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
  const char *bundle = NULL;
  if (v->age >= CURLVERSION_SEVENTH && v->capath != NULL)
    bundle = v->cainfo != NULL                ? v->cainfo
             : strcmp(v->capath, folder) == 0 ? file
                                              : NULL;
  if (bundle != NULL && access(bundle, R_OK) == 0)
    return bundle;
#endif
  return NULL;
}
