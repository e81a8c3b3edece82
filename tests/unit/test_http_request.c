/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Endpoints in their spellings, and the parts of a request. */

#include "alloc.h"

#include "net/http_request.h"
#include "net/url.h"

#include <string.h>

static void spellings_of_an_endpoint_are_one(void **state) {
  (void)state;
  static const struct {
    const char *url, *origin, *path, *host;
  } rows[] = {
      {"https://drs", "https://drs", "", "drs"},
      {"HTTPS://Drs:443/", "https://drs", "", "drs"},
      {"http://drs:80/A/b//", "http://drs", "/A/b", "drs"},
      {"https://drs:80", "https://drs:80", "", "drs:80"},
      {"http://drs:443", "http://drs:443", "", "drs:443"},
      {"https://drs:4430/", "https://drs:4430", "", "drs:4430"},
      {"https://[::1]:443/v3", "https://[::1]", "/v3", "[::1]"},
      {"drs", "drs", "", "drs"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct http_endpoint e;
    assert_true(http_endpoint_init(&e, rows[i].url, NULL));
    assert_string_equal(e.origin, rows[i].origin);
    assert_string_equal(e.path, rows[i].path);
    assert_string_equal(url_after_user(e.origin), rows[i].host);
    http_endpoint_finish(&e);
  }
}

static bool make_endpoint(void) {
  struct http_endpoint e;
  bool ok = http_endpoint_init(&e, "https://drs/prefix", NULL);
  http_endpoint_finish(&e);
  return ok;
}

static void the_parts_make_a_url(void **state) {
  (void)state;
  struct http_endpoint e;
  struct buf url;
  assert_true(http_endpoint_init(&e, "https://drs/prefix", NULL));
  struct http_request req = {.endpoint = &e, .path = "/v3/p"};
  buf_init(&url, 1024);
  assert_true(http_request_url(&req, &url, NULL));
  assert_string_equal(url.data, "https://drs/prefix/v3/p");
  buf_reset(&url);
  req.query = "a=b";
  assert_true(http_request_url(&req, &url, NULL));
  assert_string_equal(url.data, "https://drs/prefix/v3/p?a=b");
  buf_free(&url);
  http_endpoint_finish(&e);
}

static void a_header_cannot_start_another(void **state) {
  (void)state;
  static const char *const bad[] = {"a\nX-Evil: 1", "a\r\n", "\x01", "\x7F"};
  struct http_request req = {0};
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct err err = ERR_INIT;
    assert_false(http_request_add_header(&req, "X", bad[i], &err));
    assert_int_equal(err.kind, ERR_LOCAL);
    assert_null(strstr(err.text, "Evil"));
  }
  assert_int_equal(req.headers_len, 0);
  assert_true(http_request_add_header(&req, "X", "\xC3\xA9 b", NULL));
  http_request_finish(&req);
}

static void there_is_room_for_so_many_headers(void **state) {
  (void)state;
  struct http_request req = {0};
  for (int i = 0; i < HTTP_HEADERS_MAX; i++)
    assert_true(http_request_add_header(&req, "X", "1", NULL));
  assert_false(http_request_add_header(&req, "X", "1", NULL));
  assert_int_equal(req.headers_len, HTTP_HEADERS_MAX);
  http_request_finish(&req);
}

static bool add_header(void) {
  struct http_request req = {0};
  bool ok = http_request_add_header(&req, "X", "secret-of-a-header", NULL);
  http_request_finish(&req);
  return ok;
}

static void no_failure_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(make_endpoint);
  alloc_fail_each(add_header);
}

static void headers_are_wiped(void **state) {
  (void)state;
  alloc_reset();
  alloc.secret = "secret-of-a-header";
  assert_true(add_header());
  assert_int_equal(alloc.spilled, 0);
  alloc.secret = NULL;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spellings_of_an_endpoint_are_one),
      cmocka_unit_test(the_parts_make_a_url),
      cmocka_unit_test(a_header_cannot_start_another),
      cmocka_unit_test(there_is_room_for_so_many_headers),
      cmocka_unit_test(no_failure_is_overlooked),
      cmocka_unit_test(headers_are_wiped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
