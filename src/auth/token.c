/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A token that somebody else renews: a literal or a file. A rejected one is
 * tried once in each cycle: the plugin cannot get another, and no account is
 * locked by it. */

#include "auth/auth.h"

#include <stdlib.h>

struct token {
  struct auth base;
  struct secret token;
  bool rejected; /* in this cycle */
  struct err err;
};

static void token_begin(struct auth *a) {
  struct token *t = (struct token *)a;
  t->rejected = false;
}

static enum auth_state token_prepare(struct auth *a, struct http *http,
                                     msec_t now, struct err *err) {
  (void)http;
  struct token *t = (struct token *)a;
  enum auth_state state = auth_refresh(a, &t->token, "token", now, err);
  bool serves = secret_is_known(&t->token) && !t->rejected;
  if (state == AUTH_REFUSED || (state == AUTH_BUSY && !serves))
    return state;
  if (a->refreshed) {
    t->rejected = false;
    auth_renewed(a);
  }
  if (!t->rejected)
    return AUTH_READY;
  err_set(err, ERR_AUTH, "the token was rejected (%s)", t->err.text);
  return AUTH_REFUSED;
}

static bool token_apply(struct auth *a, const char *project_id,
                        struct http_request *req, struct err *err) {
  (void)project_id;
  struct token *t = (struct token *)a;
  return http_request_add_header(req, "X-Auth-Token", t->token.value.data, err);
}

static void token_reject(struct auth *a, const struct auth_report *outcome,
                         msec_t now) {
  (void)now;
  struct token *t = (struct token *)a;
  t->rejected = true;
  t->err = *outcome->err;
}

static void token_free(struct auth *a) {
  struct token *t = (struct token *)a;
  secret_free(&t->token);
  free(t);
}

static bool token_share_key(const struct auth_options *o, struct buf *key,
                            struct err *err) {
  return auth_key_add_secret(key, &o->credential->token, err);
}

static struct auth *token_open(struct auths *auths,
                               const struct auth_options *o, struct err *err) {
  (void)auths;
  struct token *t = calloc(1, sizeof(*t));
  if (t == NULL)
    return err_memory(err), NULL;
  if (secret_init(&t->token, &o->credential->token, err))
    return &t->base;
  token_free(&t->base);
  return NULL;
}

const struct auth_scheme auth_token = {
    .share_key = token_share_key,
    .open = token_open,
    .begin = token_begin,
    .prepare = token_prepare,
    .apply = token_apply,
    .reject = token_reject,
    .free = token_free,
};
