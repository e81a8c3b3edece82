/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A project's credential as the operator configured it. The configuration
 * decides the type once; the options of other types are NULL. */

#ifndef DRS_AUTH_CREDENTIAL_CONFIG_H
#define DRS_AUTH_CREDENTIAL_CONFIG_H

#include "base/secret.h"

/* The types: a token that somebody else renews, a login to the identity
 * service, signed requests, and signed requests with keys of the server's
 * agency. Each has a file auth/NAME.c, which ends with the const struct
 * auth_scheme auth_NAME. */
#define CREDENTIAL_ROWS(ROW)                                                   \
  ROW(TOKEN, token)                                                            \
  ROW(PASSWORD, password)                                                      \
  ROW(ACCESS_KEY, access_key)                                                  \
  ROW(AGENCY, agency)

#define CREDENTIAL_NUMBER(NAME, name) CREDENTIAL_##NAME,
enum credential_type { CREDENTIAL_ROWS(CREDENTIAL_NUMBER) CREDENTIAL_TYPES };

struct credential_config {
  enum credential_type type;
  struct secret_config token;
  char *identity_endpoint, *domain_name, *user;
  struct secret_config password;
  char *access_key;
  struct secret_config secret_key;
  struct secret_config security_token; /* of a temporary key; else not set */
  bool agency;
  char *metadata_endpoint;
};

#endif
