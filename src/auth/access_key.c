/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * An access key that lasts, or a temporary one that somebody else renews. A
 * few refused signatures lock it, so a refused one is left alone for a while.
 */

#include "auth/request_signing.h"

#include "base/lockout.h"

#include <stdlib.h>

struct access_key {
  struct auth base;
  const char *access_key; /* of the configuration */
  struct secret secret_key, security_token;
  struct lockout lockout;
  struct err why; /* of the last refusal */
};

static enum auth_state access_key_prepare(struct auth *a, struct http *http,
                                          msec_t now, struct err *err) {
  (void)http;
  struct access_key *k = (struct access_key *)a;
  bool changed;
  if (!auth_refresh(a, &k->secret_key, "secret key", &changed, err))
    return AUTH_REFUSED;
  if (changed) {
    lockout_end(&k->lockout);
    auth_renewed(a);
  }
  if (lockout_is_active(&k->lockout, now)) {
    *err = k->why;
    return AUTH_REFUSED;
  }
  return request_signing_allowed(a) ? AUTH_READY : AUTH_BUSY;
}

static bool access_key_apply(struct auth *a, const char *project_id,
                             struct http_request *req, struct err *err) {
  struct access_key *k = (struct access_key *)a;
  struct signer signer = {.access_key = k->access_key,
                          .secret_key = k->secret_key.value.data,
                          .security_token = k->security_token.value.data};
  return request_sign(req, &signer, project_id, err);
}

/* Those that were under way with the first that was refused tell no more. */
static void access_key_reject(struct auth *a,
                              const struct auth_outcome *outcome, msec_t now) {
  struct access_key *k = (struct access_key *)a;
  if (lockout_is_active(&k->lockout, now))
    return;
  request_signing_describe(&k->why, outcome);
  a->accepted = false;
  lockout_rejected(&k->lockout, now);
}

static void access_key_free(struct auth *a) {
  struct access_key *k = (struct access_key *)a;
  secret_free(&k->secret_key);
  secret_free(&k->security_token);
  free(k);
}

static bool access_key_share_key(const struct auth_options *o, struct buf *key,
                                 struct err *err) {
  const struct credential_config *c = o->credential;
  return registry_key_add(key, c->access_key, err) &&
         auth_key_add_secret(key, &c->secret_key, err) &&
         auth_key_add_secret(key, &c->security_token, err);
}

static struct auth *access_key_open(struct auths *auths,
                                    const struct auth_options *o,
                                    struct err *err) {
  (void)auths;
  const struct credential_config *c = o->credential;
  struct access_key *k = calloc(1, sizeof(*k));
  if (k == NULL)
    return err_memory(err), NULL;
  k->access_key = c->access_key;
  if (secret_init(&k->secret_key, &c->secret_key, err) &&
      secret_init(&k->security_token, &c->security_token, err))
    return &k->base;
  access_key_free(&k->base);
  return NULL;
}

const struct auth_scheme auth_access_key = {
    .type = CREDENTIAL_ACCESS_KEY,
    .share_key = access_key_share_key,
    .open = access_key_open,
    .prepare = access_key_prepare,
    .apply = access_key_apply,
    .reject = access_key_reject,
    .free = access_key_free,
};
