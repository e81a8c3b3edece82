/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Bodies that carry credentials: the login to the identity service (Keystone
 * v3, POST {IdentityEndpoint}/auth/tokens), its response, and the keys of an
 * ECS agency (GET .../openstack/latest/securitykey of the metadata service).
 * The token itself is not in a body: it comes in a header.
 *
 *     {"token":{"expires_at":"2015-11-09T01:42:57.527363Z",...}}
 *     {"credential":{"access","secret","securitytoken","expires_at"}}
 *
 * or an error in any shape of base/error_body.h. One decoder reads them all;
 * a member that the response does not have is empty. */

#ifndef DRS_AUTH_MESSAGES_H
#define DRS_AUTH_MESSAGES_H

#include "base/clock.h"
#include "base/json_decoder.h"

#include <time.h>

/* Bytes kept of an error's code and message, the NUL included. */
#define MESSAGES_TEXT_MAX JSON_TEXT_MAX
/* The most bytes of a key or a token: a gateway's limit for one header. */
#define MESSAGES_SECRET_MAX (32 * 1024)

struct identity_login {
  const char *domain, *user; /* names */
  const char *password;
  const char *project_id; /* the scope of the token */
};

/* Appends the body of a login. No copy of the password remains elsewhere. */
bool messages_login(struct buf *body, const struct identity_login *login,
                    struct err *err);

struct messages_response {
  bool has_expires_at;
  time_t expires_at;                         /* of the token or the keys */
  struct buf access, secret, security_token; /* of an agency */
  const char *code, *message;                /* of an error, or "" */
};

struct messages_reader;

/* NULL: out of memory. Freeing it wipes all that was decoded. */
struct messages_reader *messages_reader_new(void);
void messages_reader_free(struct messages_reader *r);

/* Decodes a part of the body; its end. False, or an error: as json_feed and
 * json_finish have it, or ERR_RESPONSE: a key that cannot be sent in a header.
 * Nothing is kept after that. */
bool messages_feed(struct messages_reader *r, const char *bytes, size_t len,
                   struct err *err);

/* What was decoded; valid as long as the reader. */
const struct messages_response *messages_finish(struct messages_reader *r,
                                                struct err *err);

/* Milliseconds until the token or the keys end, by the clock of the server,
 * which is ours where it is not known (-1); `unknown`: the response has no end.
 */
msec_t messages_life(const struct messages_response *r, time_t server_now,
                     msec_t unknown);

/* "2015-11-09T01:42:57.527363Z", with or without the fraction, which is
 * dropped. False: it is not that. */
bool messages_time(const char *text, size_t len, time_t *time);

#endif
