/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * URLs of the configuration. libcurl accepts each URL that the checks accept,
 * and connects to the host that the checks saw. The input is the URL. */

#include "fuzz.h"

#include "base/url.h"
#include "net/http_request.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>

const char fuzz_name[] = "url";

/* "127.1" and "127.0.0.1" are one host, and so are "[::0]" and "[::]". */
static bool is_same_host(const char *a, const char *b) {
  struct in_addr v4[2];
  struct in6_addr v6[2];
  char copy[2][INET6_ADDRSTRLEN + 2] = {"", ""};
  if (strcasecmp(a, b) == 0)
    return true;
  if (*a != '[')
    return inet_aton(a, &v4[0]) && inet_aton(b, &v4[1]) &&
           v4[0].s_addr == v4[1].s_addr;
  sscanf(a, "[%47[^]]", copy[0]);
  sscanf(b, "[%47[^]]", copy[1]);
  return inet_pton(AF_INET6, copy[0], &v6[0]) == 1 &&
         inet_pton(AF_INET6, copy[1], &v6[1]) == 1 &&
         memcmp(&v6[0], &v6[1], sizeof(v6[0])) == 0;
}

static void must_have_host(CURLU *url, const char *wanted) {
  char *got = NULL;
  MUST(curl_url_get(url, CURLUPART_HOST, &got, 0) == CURLUE_OK);
  MUST(is_same_host(wanted, got));
  curl_free(got);
}

static void must_not_have(CURLU *url, CURLUPart part) {
  char *got = NULL;
  MUST(curl_url_get(url, part, &got, 0) != CURLUE_OK);
}

/* "HOST" of "HOST:PORT", as a string of its own. */
static char *host_of(const char *authority) {
  const char *bracket = strchr(authority, ']');
  const char *from = bracket == NULL ? authority : bracket;
  char *host =
      strndup(authority, (size_t)(from - authority) + strcspn(from, ":/"));
  MUST(host != NULL);
  return host;
}

static void check_request(const struct http_endpoint *endpoint) {
  const struct http_request req = {
      .endpoint = endpoint, .path = "/v3/p/jobs", .query = "a=b"};
  struct buf url;
  CURLU *parsed = curl_url();
  char *host = host_of(http_endpoint_host(endpoint));
  buf_init(&url, HTTP_HEADER_MAX);
  MUST(parsed != NULL && http_request_url(&req, &url, NULL));
  MUST(curl_url_set(parsed, CURLUPART_URL, url.data, CURLU_PATH_AS_IS) ==
       CURLUE_OK);
  must_have_host(parsed, host);
  must_not_have(parsed, CURLUPART_USER);
  must_not_have(parsed, CURLUPART_FRAGMENT);
  free(host);
  buf_free(&url);
  curl_url_cleanup(parsed);
}

static void check_endpoint(const char *url) {
  struct http_endpoint endpoint;
  struct err err = ERR_INIT;
  bool ok = url_check_endpoint(url, &err);
  MUST(ok == !err_is_set(&err));
  if (!ok)
    return;
  MUST(http_endpoint_init(&endpoint, url, NULL));
  check_request(&endpoint);
  http_endpoint_finish(&endpoint);
}

static void check_proxy(const char *url) {
  struct err err = ERR_INIT;
  bool ok = url_check_proxy(url, &err);
  MUST(ok == !err_is_set(&err));
  if (!ok)
    return;
  const char *scheme = strstr(url, "://"), *at = strrchr(url, '@');
  CURLU *parsed = curl_url();
  char *host = host_of(at != NULL ? at + 1 : scheme != NULL ? scheme + 3 : url);
  /* As libcurl does with CURLOPT_PROXY. */
  MUST(parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url,
                                      CURLU_NON_SUPPORT_SCHEME |
                                          CURLU_GUESS_SCHEME) == CURLUE_OK);
  must_have_host(parsed, host);
  free(host);
  curl_url_cleanup(parsed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  char *url = strndup((const char *)bytes, len);
  MUST(url != NULL);
  check_endpoint(url);
  check_proxy(url);
  free(url);
  return 0;
}
