/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A request signed with an access key: what lasting keys and the temporary
 * ones of an agency have in common. */

#ifndef DRS_AUTH_REQUEST_SIGNING_H
#define DRS_AUTH_REQUEST_SIGNING_H

#include "auth/auth.h"

struct signer {
  const char *access_key, *secret_key;
  const char *security_token; /* of a temporary key; else NULL or "" */
};

/* Adds the headers that sign all that is in the request now. */
bool request_sign(struct http_request *req, const struct signer *signer,
                  const char *project_id, struct err *err);

/* Fills `e` with why a signature was refused; with our clock, where the
 * server's says that it is the reason. */
void request_signing_describe(struct err *e,
                              const struct auth_outcome *outcome);

/* Until a key has been accepted it is tried in one request at a time: a few
 * refusals in a row lock it. */
static inline bool request_signing_allowed(const struct auth *a) {
  return a->accepted || a->in_flight == 0;
}

#endif
