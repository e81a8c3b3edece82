/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A token that somebody else renews: it stands in the configuration or in a
 * file. A refused one is tried once in each read, because the plugin cannot
 * get another, and no account is locked by it. */

#include "auth.h"

#include <stdlib.h>

struct auth_token {
  struct auth base;
  struct secret token;
  bool refused; /* in this read */
  struct err why;
};

static void token_begin(struct auth *a, msec_t now) {
  (void)now;
  struct auth_token *t = (struct auth_token *)a;
  t->refused = false;
}

static enum auth_state token_prepare(struct auth *a, struct http *http,
                                     msec_t now, struct err *err) {
  (void)http, (void)now;
  struct auth_token *t = (struct auth_token *)a;
  struct err cause = ERR_INIT;
  bool changed;
  if (!secret_refresh(&t->token, &changed, &cause)) {
    err_set(err, ERR_AUTH, "the token file %s %s", t->token.path, cause.text);
    return AUTH_REFUSED;
  }
  if (changed) {
    t->refused = false;
    a->serial++;
  }
  if (!t->refused)
    return AUTH_READY;
  err_set(err, ERR_AUTH, "the token was refused: %s", t->why.text);
  return AUTH_REFUSED;
}

static bool token_apply(struct auth *a, struct http_request *req,
                        struct err *err) {
  struct auth_token *t = (struct auth_token *)a;
  return auth_add_header(req, "X-Auth-Token", t->token.value.data, err);
}

static void token_reject(struct auth *a, const struct err *why,
                         time_t server_date, msec_t now) {
  (void)server_date, (void)now;
  struct auth_token *t = (struct auth_token *)a;
  t->refused = true;
  t->why = *why;
}

static void token_free(struct auth *a) {
  struct auth_token *t = (struct auth_token *)a;
  secret_free(&t->token);
  free(t);
}

static const struct auth_scheme token_scheme = {
    .name = "token",
    .begin = token_begin,
    .prepare = token_prepare,
    .apply = token_apply,
    .reject = token_reject,
    .free = token_free,
};

struct auth *auth_token_new(struct secret *token, struct err *err) {
  struct auth_token *t = calloc(1, sizeof(*t));
  if (t == NULL) {
    secret_free(token);
    err_memory(err);
    return NULL;
  }
  t->base.scheme = &token_scheme;
  t->token = *token;
  *token = (struct secret){0};
  return &t->base;
}
