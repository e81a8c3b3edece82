/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * libcurl takes more than RFC 3986 does, and each release of it other things.
 * So the characters are checked here, and the grammar is left to libcurl. */

#include "net/url.h"

#include "base/c_locale.h"
#include "base/text.h"

#include <curl/curl.h>
#include <stdint.h>
#include <string.h>

/* A name, and a port. */
#define AUTHORITY_LEN_MAX (253 + 6)

/* A part of a text. */
struct span {
  const char *at;
  size_t len;
};

/* As libcurl reads its options URL and PROXY. The caller cleans *u up. */
static CURLUcode parse_url(CURLU **u, const char *url) {
  *u = curl_url();
  return *u == NULL ? CURLUE_OUT_OF_MEMORY
                    : curl_url_set(*u, CURLUPART_URL, url,
                                   CURLU_NON_SUPPORT_SCHEME |
                                       CURLU_GUESS_SCHEME | CURLU_PATH_AS_IS);
}

/* For curl_free. NULL: there is none. */
static char *get_part(CURLU *u, CURLUPart part, unsigned flags) {
  char *text = NULL;
  return curl_url_get(u, part, &text, flags) == CURLUE_OK ? text : NULL;
}

/* Whether a part is one of these texts, in any case. */
static bool is_one_of(CURLU *u, CURLUPart part, const char *const *texts) {
  char *text = get_part(u, part, 0);
  while (text != NULL && *texts != NULL &&
         c_locale_strncasecmp(text, *texts, PTRDIFF_MAX) != 0)
    texts++;
  curl_free(text);
  return text != NULL && *texts != NULL;
}

/* Letters, digits, percent-encoded bytes, and those in `more`. libcurl decodes
 * no control character in a password. */
static bool has_only(struct span s, const char *more) {
  for (const char *at = s.at; at < s.at + s.len; at++)
    if (*at == '%' ? text_hex_value(at[1]) < 2 || text_hex_value(at[2]) < 0
                   : !text_is_alnum(*at) && strchr(more, *at) == NULL)
      return false;
  return true;
}

/* HOST[:PORT] or [ADDRESS][:PORT], as far as single characters tell. */
static bool is_plain(struct span authority) {
  const char *end = memchr(authority.at, ']', authority.len);
  return authority.len > 0 && authority.len <= AUTHORITY_LEN_MAX &&
         strchr(".-:", *authority.at) == NULL &&
         memchr(authority.at, '%', authority.len) == NULL &&
         has_only(authority, "-._:[]") &&
         (end == NULL
              ? *authority.at != '['
              : end + 1 == authority.at + authority.len || end[1] == ':');
}

static bool has_port(CURLU *u, struct span authority) {
  static const char *const invalid[] = {"0", NULL};
  return authority.at[authority.len - 1] != ':' &&
         !is_one_of(u, CURLUPART_PORT, invalid);
}

/* Checks HOST[:PORT] of a URL that was parsed with this result. */
static bool check_authority(CURLU *u, CURLUcode parsed, struct span authority,
                            struct err *err) {
  if (parsed == CURLUE_OUT_OF_MEMORY)
    return err_memory(err);
  if (!is_plain(authority) ||
      (parsed != CURLUE_OK && parsed != CURLUE_BAD_PORT_NUMBER))
    return err_set(err, ERR_CONFIG,
                   "the URL's host is not a name or an address");
  return (parsed == CURLUE_OK && has_port(u, authority)) ||
         err_set(err, ERR_CONFIG,
                 "the URL's port is not a number from 1 to 65535");
}

static bool check_endpoint(CURLU *u, CURLUcode parsed, const char *url,
                           struct err *err) {
  const char *at = url_after_user(url);
  bool has_scheme =
      c_locale_strncasecmp(url, "https://", strlen("https://")) == 0 ||
      c_locale_strncasecmp(url, "http://", strlen("http://")) == 0;
  if (!has_scheme || strpbrk(url, "@?#") != NULL)
    return err_set(err, ERR_CONFIG,
                   "expected https://HOST[:PORT][/PATH] without user, query or "
                   "fragment");
  struct span authority = {at, strcspn(at, "/")};
  struct span path = {at + authority.len, strlen(at + authority.len)};
  if (!has_only(path, "/-._~!$&'()*+,;=:"))
    return err_set(
        err, ERR_CONFIG,
        "the URL's path has a character that must be percent-encoded");
  return check_authority(u, parsed, authority, err);
}

bool url_check_endpoint(const char *url, struct err *err) {
  CURLU *u;
  CURLUcode parsed = parse_url(&u, url);
  bool ok = check_endpoint(u, parsed, url, err);
  curl_url_cleanup(u);
  return ok;
}

static bool check_proxy(CURLU *u, CURLUcode parsed, const char *url,
                        struct err *err) {
  static const char *const schemes[] = {
      "http", "https", "socks4", "socks4a", "socks5", "socks5h", NULL};
  if (parsed == CURLUE_OK && !is_one_of(u, CURLUPART_SCHEME, schemes))
    return err_set(err, ERR_CONFIG,
                   "expected a proxy of the scheme http, https, socks4, "
                   "socks4a, socks5 or socks5h");
  const char *scheme = strstr(url, "://");
  const char *user = scheme == NULL ? url : scheme + strlen("://");
  const char *host = url_after_user(url);
  struct span before = {user, host == user ? 0 : (size_t)(host - user - 1)};
  struct span authority = {host, strcspn(host, "/")};
  const char *rest = host + authority.len;
  if (!has_only(before, "-._~!$&'()*+,;=:") || strlen(rest) > 1)
    return err_set(err, ERR_CONFIG,
                   "expected [SCHEME://][USER:PASSWORD@]HOST[:PORT], with "
                   "special characters of user and password percent-encoded");
  return check_authority(u, parsed, authority, err);
}

bool url_check_proxy(const char *url, struct err *err) {
  CURLU *u;
  CURLUcode parsed = parse_url(&u, url);
  bool ok = check_proxy(u, parsed, url, err);
  curl_url_cleanup(u);
  return ok;
}

bool url_is_https(const char *url) {
  return c_locale_strncasecmp(url, "https:", strlen("https:")) == 0;
}

bool url_is_loopback(const char *url) {
  static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
  const char *host = url_after_user(url);
  for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
    size_t len = strlen(hosts[i]);
    if (c_locale_strncasecmp(host, hosts[i], len) == 0 &&
        (host[len] == '\0' || host[len] == ':' || host[len] == '/'))
      return true;
  }
  return false;
}

const char *url_after_user(const char *url) {
  const char *scheme = strstr(url, "://");
  const char *user = scheme == NULL ? url : scheme + strlen("://");
  const char *sign = strrchr(user, '@');
  return sign == NULL ? user : sign + 1;
}

bool url_add_server(const char *url, struct buf *server, struct err *err) {
  CURLU *u;
  parse_url(&u, url);
  char *scheme = get_part(u, CURLUPART_SCHEME, 0);
  char *host = get_part(u, CURLUPART_HOST, 0);
  char *port = get_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  size_t before = server->len;
  bool ok = scheme != NULL && host != NULL && port != NULL;
  if (ok) {
    text_drop_suffix(host, ".");
    ok = buf_addf(server, err, "%s://%s:%s", scheme, host, port);
  } else {
    err_memory(err);
  }
  if (ok)
    text_make_lowercase(server->data + before);
  curl_free(scheme);
  curl_free(host);
  curl_free(port);
  curl_url_cleanup(u);
  return ok;
}

bool url_add_proxy_password(const char *url, struct buf *password,
                            struct err *err) {
  CURLU *u;
  char *text = NULL;
  parse_url(&u, url);
  CURLUcode code = curl_url_get(u, CURLUPART_PASSWORD, &text, CURLU_URLDECODE);
  bool ok = text != NULL ? buf_adds(password, text, err)
                         : code == CURLUE_NO_PASSWORD || err_memory(err);
  if (text != NULL)
    explicit_bzero(text, strlen(text));
  curl_free(text);
  curl_url_cleanup(u);
  return ok;
}
