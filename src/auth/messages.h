/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Bodies that have to do with credentials: the login to the identity service
 * (Keystone v3, POST {IdentityEndpoint}/auth/tokens), its answer, and the keys
 * of an ECS agency (GET .../openstack/latest/securitykey of the metadata
 * service). The token itself is not here: it comes in a header.
 *
 *     {"token":{"expires_at":"2015-11-09T01:42:57.527363Z",...}}
 *     {"credential":{"access","secret","securitytoken","expires_at"}}
 *     {"error":{"code":401,"message":"...","title":"..."}}
 *     {"error_code":"...","error_msg":"..."}   {"code":"...","message":"..."}
 *
 * One decoder reads them all; what an answer did not have is empty. */

#ifndef DRS_AUTH_MESSAGES_H
#define DRS_AUTH_MESSAGES_H

#include "base/json.h"

#include <time.h>

/* What is kept of an error's words, with a NUL. */
#define MESSAGES_TEXT_MAX 257
/* The most bytes of a key or a token: what a gateway takes as one header. */
#define MESSAGES_SECRET_MAX (32 * 1024)

struct identity_login {
  const char *domain, *user; /* names */
  const char *password;
  const char *project_id; /* what the token is good for */
};

/* Appends the body of a login. The password is nowhere but in `body`. */
bool messages_login(struct buf *body, const struct identity_login *login,
                    struct err *err);

struct messages_response {
  bool has_expires_at;
  time_t expires_at;                         /* of the token or the keys */
  struct buf access, secret, security_token; /* of an agency */
  char code[MESSAGES_TEXT_MAX];              /* of a refusal */
  char message[MESSAGES_TEXT_MAX];           /* likewise */
};

struct messages_reader;

/* NULL: out of memory. Freeing it wipes what was read. */
struct messages_reader *messages_reader_new(void);
void messages_reader_free(struct messages_reader *r);

/* Reads on; to the end. False: as json_feed and json_finish have it, and
 * ERR_RESPONSE for a key that cannot go into a header; nothing is kept after
 * that. */
bool messages_feed(struct messages_reader *r, const char *bytes, size_t len,
                   struct err *err);
bool messages_finish(struct messages_reader *r, struct err *err);

/* Valid as long as the reader. */
const struct messages_response *
messages_reader_reply(const struct messages_reader *r);

/* "2015-11-09T01:42:57.527363Z", with or without the fraction, which is
 * dropped. False: it is not that. */
bool messages_time(const char *text, size_t len, time_t *time);

#endif
