/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From libcurl's result codes to kinds of errors and plain words. libcurl's own
 * text is used only where it cannot hold a part of a URL: a proxy's URL has a
 * password in it. */

#ifndef DRS_NET_TRANSFER_ERROR_H
#define DRS_NET_TRANSFER_ERROR_H

#include "net/transfer.h"

/* Why an attempt that ended with this code, which is not CURLE_OK, failed.
 * Fills the transfer's error unless it holds one already. */
void transfer_error_describe(struct http_transfer *t, CURLcode code);

#endif
