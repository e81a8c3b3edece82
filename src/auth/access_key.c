/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * An access key that lasts, or a temporary one that somebody else renews. A
 * few refused signatures lock it, so a refused one is left alone for a while.
 */

#include "auth/request_signing.h"

#include "base/lockout.h"

#include <stdlib.h>

struct auth_access_key {
  struct auth base;
  const char *access_key; /* of the options */
  struct secret secret_key, security_token;
  struct lockout lockout;
  struct err why; /* of the last refusal */
};

static enum auth_state access_key_prepare(struct auth *a, struct http *http,
                                          msec_t now, struct err *err) {
  (void)http;
  struct auth_access_key *k = (struct auth_access_key *)a;
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
  struct auth_access_key *k = (struct auth_access_key *)a;
  struct signer signer = {.access_key = k->access_key,
                          .secret_key = k->secret_key.value.data,
                          .security_token = k->security_token.value.data};
  return request_sign(req, &signer, project_id, err);
}

/* Those that were under way with the first that was refused tell no more. */
static void access_key_reject(struct auth *a,
                              const struct auth_outcome *outcome, msec_t now) {
  struct auth_access_key *k = (struct auth_access_key *)a;
  if (lockout_is_active(&k->lockout, now))
    return;
  request_signing_describe(&k->why, outcome);
  a->accepted = false;
  lockout_rejected(&k->lockout, now);
}

static void access_key_free(struct auth *a) {
  struct auth_access_key *k = (struct auth_access_key *)a;
  secret_free(&k->secret_key);
  secret_free(&k->security_token);
  free(k);
}

static const struct auth_scheme access_key_scheme = {
    .prepare = access_key_prepare,
    .apply = access_key_apply,
    .reject = access_key_reject,
    .free = access_key_free,
};

struct auth *auth_access_key_new(struct auths *auths, struct project_config *o,
                                 struct err *err) {
  (void)auths;
  struct auth_access_key *k = calloc(1, sizeof(*k));
  if (k == NULL)
    return err_memory(err), NULL;
  k->base.scheme = &access_key_scheme;
  k->access_key = o->access_key;
  k->secret_key = o->secret_key;
  k->security_token = o->security_token;
  o->secret_key = o->security_token = (struct secret){0};
  return &k->base;
}
