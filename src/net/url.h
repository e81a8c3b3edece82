/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * URLs of the configuration, read by libcurl's own parser, so that an invalid
 * one is rejected at the start and the host that was checked is the host that
 * is asked. No initialization of libcurl is needed. No error has a part of the
 * URL in it: that part may be a password.
 *
 *     if (url_check_endpoint(text, err))
 *       url_add_server(text, &key, err);    "https://drs.example.com:443"
 */

#ifndef DRS_NET_URL_H
#define DRS_NET_URL_H

#include "base/buf.h"

/* An http or https URL with a host and perhaps a port and a path, and without
 * user, query or fragment. */
bool url_check_endpoint(const char *url, struct err *err);

/* A proxy as libcurl takes it: [SCHEME://][USER[:PASSWORD]@]HOST[:PORT], the
 * scheme being http, https, socks4, socks4a, socks5 or socks5h. */
bool url_check_proxy(const char *url, struct err *err);

/* The functions below expect a URL that one of these has accepted. */

/* Whether an endpoint's URL, valid or normalized, asks for TLS. */
bool url_is_https(const char *url);

/* Whether the host is localhost, 127.0.0.1 or [::1]. */
bool url_is_loopback(const char *url);

/* Within the URL, "HOST[:PORT]" and what follows it: without scheme and user.
 */
const char *url_after_user(const char *url);

/* Appends "SCHEME://HOST:PORT", the one spelling of the server that an endpoint
 * names: in lower case, with the port even where it is the scheme's default,
 * without a dot at the end of the host, an address as libcurl sends it in the
 * header Host, and without the path. False: out of memory. */
bool url_add_server(const char *url, struct buf *server, struct err *err);

/* Appends the password in the URL of a proxy, decoded; nothing if there is
 * none. False: out of memory. */
bool url_add_proxy_password(const char *url, struct buf *password,
                            struct err *err);

#endif
