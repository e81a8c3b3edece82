/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A project's credential as the operator configured it. The configuration
 * decides the type once; the options of other types are NULL. */

#ifndef DRS_AUTH_CREDENTIAL_CONFIG_H
#define DRS_AUTH_CREDENTIAL_CONFIG_H

#include "base/secret.h"

enum credential_type {
  CREDENTIAL_NONE,
  CREDENTIAL_TOKEN,      /* a token that somebody else renews */
  CREDENTIAL_PASSWORD,   /* a login to the identity service */
  CREDENTIAL_ACCESS_KEY, /* signed requests */
  CREDENTIAL_AGENCY      /* signed requests, with keys of the server's agency */
};

/* In a file of its own each. */
struct auth_scheme;
extern const struct auth_scheme auth_token, auth_password, auth_access_key,
    auth_agency;

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
