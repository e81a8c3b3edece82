/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A request signed with an access key: common to lasting keys and the
 * temporary ones of an agency. */

#ifndef DRS_AUTH_REQUEST_SIGNING_H
#define DRS_AUTH_REQUEST_SIGNING_H

#include "auth/auth.h"

struct signer {
  const char *access_key, *secret_key;
  const char *security_token; /* of a temporary key; else NULL or "" */
};

/* Adds the headers that sign the request as it is now: Content-Type, Host and
 * X-*, as the vendor's clients do, and no other header, since proxies may
 * rewrite those. */
bool request_sign(struct http_request *req, const struct signer *signer,
                  const char *project_id, struct err *err);

/* Fills `e` with why a signature was rejected. True: because this machine's
 * clock is so wrong that every signature is, by the response's Date. */
bool request_signing_describe(struct err *e, const struct auth_report *outcome);

#endif
