/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Checks URLs of the configuration, so that an invalid one is rejected at the
 * start and not by each request. No error has a part of the URL in it: that
 * part may be a password. */

#ifndef DRS_BASE_URL_H
#define DRS_BASE_URL_H

#include "base/buf.h"

/* An http or https URL with a host and perhaps a port and a path, and without
 * user, query or fragment. */
bool url_check_endpoint(const char *url, struct err *err);

/* Whether an endpoint's URL, valid or normalized, asks for TLS. */
bool url_is_https(const char *url);

/* A proxy as libcurl takes it: [SCHEME://][USER[:PASSWORD]@]HOST[:PORT], the
 * scheme being http, https, socks4, socks4a, socks5 or socks5h. */
bool url_check_proxy(const char *url, struct err *err);

/* Appends the password in a valid URL of a proxy, decoded; nothing if there is
 * none. False: out of memory. */
bool url_add_proxy_password(const char *url, struct buf *password,
                            struct err *err);

#endif
