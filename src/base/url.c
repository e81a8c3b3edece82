/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * RFC 3986, less the parts that no service of ours needs. */

#include "base/url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* A part of a text. */
struct span {
  const char *at;
  size_t len;
};

static bool is_alnum(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

static bool is_hex(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
         (c >= 'A' && c <= 'F');
}

/* Letters, digits, percent-encoded bytes, and those in `more`. */
static bool has_only(struct span s, const char *more) {
  for (size_t i = 0; i < s.len; i++) {
    char c = s.at[i];
    if (c == '%' && i + 2 < s.len && is_hex((unsigned char)s.at[i + 1]) &&
        is_hex((unsigned char)s.at[i + 2]))
      i += 2;
    else if (c == '\0' ||
             (!is_alnum((unsigned char)c) && strchr(more, c) == NULL))
      return false;
  }
  return true;
}

static bool is_ipv6(struct span host) {
  char text[INET6_ADDRSTRLEN];
  struct in6_addr address;
  if (host.len < 2 || host.len - 2 >= sizeof(text) ||
      host.at[host.len - 1] != ']')
    return false;
  memcpy(text, host.at + 1, host.len - 2);
  text[host.len - 2] = '\0';
  return inet_pton(AF_INET6, text, &address) == 1;
}

/* A host name, an IPv4 address, or an IPv6 address in brackets. */
static bool is_host(struct span host) {
  if (host.len > 0 && *host.at == '[')
    return is_ipv6(host);
  for (size_t i = 0; i < host.len; i++)
    if (!is_alnum((unsigned char)host.at[i]) &&
        (strchr("-._", host.at[i]) == NULL || host.at[i] == '\0'))
      return false;
  return host.len > 0 && host.len <= 253 && *host.at != '.' && *host.at != '-';
}

static bool is_port(struct span port) {
  long number = 0;
  for (size_t i = 0; i < port.len; i++) {
    if (port.at[i] < '0' || port.at[i] > '9' || number > 65535)
      return false;
    number = 10 * number + (port.at[i] - '0');
  }
  return number >= 1 && number <= 65535;
}

/* Checks HOST[:PORT]. */
static bool check_authority(struct span authority, struct err *err) {
  const char *end = authority.at + authority.len;
  const char *bracket = memchr(authority.at, ']', authority.len);
  const char *from = bracket == NULL ? authority.at : bracket;
  const char *colon = memchr(from, ':', (size_t)(end - from));
  struct span host = {authority.at,
                      (size_t)((colon == NULL ? end : colon) - authority.at)};
  if (!is_host(host))
    return err_set(err, ERR_CONFIG,
                   "the URL's host is not a name or an address");
  if (colon != NULL &&
      !is_port((struct span){colon + 1, (size_t)(end - colon - 1)}))
    return err_set(err, ERR_CONFIG,
                   "the URL's port is not a number from 1 to 65535");
  return true;
}

bool url_check_endpoint(const char *url, struct err *err) {
  const char *at = strncasecmp(url, "https://", 8) == 0  ? url + 8
                   : strncasecmp(url, "http://", 7) == 0 ? url + 7
                                                         : NULL;
  if (at == NULL || strpbrk(at, "@?#") != NULL)
    return err_set(err, ERR_CONFIG,
                   "expected https://HOST[:PORT][/PATH] without user, query or "
                   "fragment");
  struct span authority = {at, strcspn(at, "/")};
  struct span path = {at + authority.len, strlen(at + authority.len)};
  if (!check_authority(authority, err))
    return false;
  return has_only(path, "/-._~!$&'()*+,;=:") ||
         err_set(err, ERR_CONFIG,
                 "the URL's path has a character that must be percent-encoded");
}

static const char *after_proxy_scheme(const char *url) {
  static const char *const schemes[] = {"http://",   "https://",
                                        "socks4://", "socks4a://",
                                        "socks5://", "socks5h://"};
  for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
    if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
      return url + strlen(schemes[i]);
  return strstr(url, "://") == NULL ? url : NULL;
}

bool url_is_https(const char *url) {
  return strncasecmp(url, "https:", strlen("https:")) == 0;
}

bool url_check_proxy(const char *url, struct err *err) {
  const char *at = after_proxy_scheme(url);
  if (at == NULL)
    return err_set(err, ERR_CONFIG,
                   "expected a proxy of the scheme http, https, socks4, "
                   "socks4a, socks5 or socks5h");
  size_t len = strlen(at);
  if (len > 0 && at[len - 1] == '/')
    len--;
  const char *sign = memrchr(at, '@', len);
  const char *host = sign == NULL ? at : sign + 1;
  struct span user = {at, sign == NULL ? 0 : (size_t)(sign - at)};
  struct span authority = {host, (size_t)(at + len - host)};
  if (!has_only(user, "-._~!$&'()*+,;=:") ||
      memchr(authority.at, '/', authority.len) != NULL)
    return err_set(err, ERR_CONFIG,
                   "expected [SCHEME://][USER:PASSWORD@]HOST[:PORT], with "
                   "special characters of user and password percent-encoded");
  return check_authority(authority, err);
}

bool url_add_proxy_password(const char *url, struct buf *password,
                            struct err *err) {
  const char *user = after_proxy_scheme(url);
  const char *end = strrchr(user, '@');
  const char *at = end == NULL ? NULL : memchr(user, ':', (size_t)(end - user));
  if (at == NULL)
    return true;
  for (at++; at < end; at++) {
    char byte = *at;
    if (byte == '%') {
      byte = (char)strtol((char[]){at[1], at[2], '\0'}, NULL, 16);
      at += 2;
    }
    if (!buf_add(password, &byte, 1, err))
      return false;
  }
  return true;
}
