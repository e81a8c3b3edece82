/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A token that somebody else renews: it stands in the configuration or in a
 * file. A refused one is tried once in each read, because the plugin cannot
 * get another, and no account is locked by it. */

#include "auth/auth.h"

#include <stdlib.h>

struct auth_token {
  struct auth base;
  struct secret token;
  bool refused; /* in this read */
  struct err why;
};

static void token_begin(struct auth *a) {
  struct auth_token *t = (struct auth_token *)a;
  t->refused = false;
}

static enum auth_state token_prepare(struct auth *a, struct http *http,
                                     msec_t now, struct err *err) {
  (void)http, (void)now;
  struct auth_token *t = (struct auth_token *)a;
  bool changed;
  if (!auth_refresh(a, &t->token, "token", &changed, err))
    return AUTH_REFUSED;
  if (changed) {
    t->refused = false;
    auth_renewed(a);
  }
  if (!t->refused)
    return AUTH_READY;
  err_set(err, ERR_AUTH, "the token was refused: %s", t->why.text);
  return AUTH_REFUSED;
}

static bool token_apply(struct auth *a, const char *project_id,
                        struct http_request *req, struct err *err) {
  (void)project_id;
  struct auth_token *t = (struct auth_token *)a;
  return http_request_add_header(req, "X-Auth-Token", t->token.value.data, err);
}

static void token_reject(struct auth *a, const struct auth_outcome *outcome,
                         msec_t now) {
  (void)now;
  struct auth_token *t = (struct auth_token *)a;
  t->refused = true;
  t->why = *outcome->why;
}

static void token_free(struct auth *a) {
  struct auth_token *t = (struct auth_token *)a;
  secret_free(&t->token);
  free(t);
}

static const struct auth_scheme token_scheme = {
    .begin = token_begin,
    .prepare = token_prepare,
    .apply = token_apply,
    .reject = token_reject,
    .free = token_free,
};

struct auth *auth_token_new(struct auths *auths, struct project_config *o,
                            struct err *err) {
  (void)auths;
  struct auth_token *t = calloc(1, sizeof(*t));
  if (t == NULL)
    return err_memory(err), NULL;
  t->base.scheme = &token_scheme;
  t->token = o->token;
  o->token = (struct secret){0};
  return &t->base;
}
