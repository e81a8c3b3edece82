/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * URLs of the configuration: valid ones, and the error of each other. */

#include "unit.h"

#include "net/url.h"

#include <string.h>

#define SHAPE                                                                  \
  "expected https://HOST[:PORT][/PATH] without user, query or fragment"
#define LABEL_64                                                               \
  "a234567890123456789012345678901234567890123456789012345678901234"
#define HOST "the URL's host is not a name or an address"
#define PORT "the URL's port is not a number from 1 to 65535"
#define PATH "the URL's path has a character that must be percent-encoded"
#define SCHEME                                                                 \
  "expected a proxy of the scheme http, https, socks4, socks4a, socks5 or "    \
  "socks5h"
#define PROXY                                                                  \
  "expected [SCHEME://][USER:PASSWORD@]HOST[:PORT], with special characters "  \
  "of user and password percent-encoded"

struct row {
  const char *url, *error; /* NULL: it is valid */
};

static const struct row endpoints[] = {
    {"https://drs.eu-de.otc.t-systems.com", NULL},
    {"HTTP://drs", NULL},
    {"https://drs.example.com:8443/drs/", NULL},
    {"https://drs_1.example.com./a%20b/~x;y=1", NULL},
    {"https://192.0.2.1:1", NULL},
    {"https://[2001:db8::1]:65535/drs", NULL},
    {"https://[::ffff:192.0.2.1]", NULL},
    {"", SHAPE},
    {"drs.example.com", SHAPE},
    {"ftp://drs.example.com", SHAPE},
    {"file:///etc/passwd", SHAPE},
    {"https://me:secret@drs.example.com", SHAPE},
    {"https://drs.example.com?a", SHAPE},
    {"https://drs.example.com/#a", SHAPE},
    {"https://", HOST},
    {"https:///drs", HOST},
    {"https://:443", HOST},
    {"https://drs.example.com;x", HOST},
    {"https://drs example.com", HOST},
    {"https://drs.ex\xc3\xa4mple.com", HOST},
    {"https://.example.com", HOST},
    {"https://-a", HOST},
    {"https://" LABEL_64 "." LABEL_64 "." LABEL_64 "." LABEL_64 ":1234", HOST},
    {"https://[::1", HOST},
    {"https://[]", HOST},
    {"https://[::1]x:443", HOST},
    {"https://[fe80::1%25eth0]", HOST},
    {"https://[1.2.3.4]", HOST},
    {"https://a%2eb", HOST},
    {"https://drs:", PORT},
    {"https://drs:0", PORT},
    {"https://drs:65536", PORT},
    {"https://drs:99999", PORT},
    {"https://drs:99999999999999999999999", PORT},
    {"https://drs:abc", PORT},
    {"https://drs:-1", PORT},
    {"https://drs:443:443", PORT},
    {"https://drs/a b", PATH},
    {"https://drs/a\\b", PATH},
    {"https://drs/%", PATH},
    {"https://drs/%2", PATH},
    {"https://drs/%gg", PATH},
    {"https://drs/%0a", PATH},
    {"https://drs/\xc3\xa4", PATH},
};

static const struct row proxies[] = {
    {"proxy", NULL},
    {"proxy:3128", NULL},
    {"http://proxy:3128/", NULL},
    {"socks5h://[::1]:1080", NULL},
    {"https://user:pa%23ss%2f%40@proxy:3128", NULL},
    {"user@proxy", NULL},
    {"foo://user:SECRET@proxy", SCHEME},
    {"http:/user:SECRET@proxy", PROXY},
    {"http://user:SECRET#1@proxy:3128", PROXY},
    {"http://user:SECRET/1@proxy:3128", PROXY},
    {"http://user:SECRET@1@proxy:3128", PROXY},
    {"http://user:SECRET 1@proxy", PROXY},
    {"http://user:SECRET@proxy/path", PROXY},
    {"http://user:SECRET%0a@proxy", PROXY},
    {"http://user%1f:SECRET@proxy", PROXY},
    {"http://user:SECRET", PORT},
    {"http://user:SECRET@", HOST},
    {"http://user:SECRET@:3128", HOST},
    {"http://user:SECRET@pro xy", HOST},
    {"http://user:SECRET@proxy:port", PORT},
    {"", HOST},
    {"ftp.example.com:3128", SCHEME}, /* libcurl guesses ftp */
};

static void check(const struct row *row,
                  bool (*fn)(const char *, struct err *)) {
  struct err err = ERR_INIT;
  bool ok = fn(row->url, &err);
  if (ok != (row->error == NULL) ||
      strcmp(err.text, row->error ? row->error : "") != 0)
    fail_msg("%s: %s", row->url, err.text);
  assert_null(strstr(err.text, "SECRET"));
}

static void test_endpoints(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++)
    check(&endpoints[i], url_check_endpoint);
}

static void test_proxies(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(proxies) / sizeof(*proxies); i++)
    check(&proxies[i], url_check_proxy);
}

static void check_password(const char *url, const char *expected) {
  struct err err = ERR_INIT;
  struct buf password;
  buf_init(&password, 100);
  assert_true(url_check_proxy(url, &err));
  assert_true(url_add_proxy_password(url, &password, &err));
  assert_string_equal(password.data, expected);
  buf_free(&password);
}

static void test_passwords_of_proxies(void **state) {
  (void)state;
  check_password("http://u:pass-word@proxy:3128/", "pass-word");
  check_password("u:a%40b%2f%C3%a4:c@proxy", "a@b/\xc3\xa4:c");
  check_password("socks5h://u:@proxy", "");
  check_password("socks5://u@[::1]:1080", "");
  check_password("http://proxy:3128", "");
}

static void check_server(const char *url, const char *expected) {
  struct err err = ERR_INIT;
  struct buf server;
  buf_init(&server, 100);
  assert_true(url_check_endpoint(url, &err));
  assert_true(url_add_server(url, &server, &err));
  assert_string_equal(server.data, expected);
  buf_free(&server);
}

static void test_each_server_has_one_spelling(void **state) {
  (void)state;
  check_server("https://iam.example.com/v3", "https://iam.example.com:443");
  check_server("HTTPS://IAM.Example.COM.:0443", "https://iam.example.com:443");
  check_server("http://iam:80/", "http://iam:80");
  check_server("http://iam:443", "http://iam:443");
  check_server("https://[::1]:8443/v3", "https://[::1]:8443");
}

static void test_loopback(void **state) {
  (void)state;
  assert_true(url_is_loopback("http://LocalHost:8080/v3"));
  assert_true(url_is_loopback("http://127.0.0.1"));
  assert_true(url_is_loopback("http://[::1]/v3"));
  assert_false(url_is_loopback("http://localhost.example.com"));
  assert_false(url_is_loopback("http://127.0.0.10"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_endpoints),
      cmocka_unit_test(test_proxies),
      cmocka_unit_test(test_passwords_of_proxies),
      cmocka_unit_test(test_each_server_has_one_spelling),
      cmocka_unit_test(test_loopback),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
