/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * An access key that lasts, or a temporary one that somebody else renews. The
 * service locks it after a few rejected signatures, so a secret key that was
 * not accepted yet is tried in one request at a time, over all projects. */

#include "auth/account.h"
#include "auth/request_signing.h"

#include <stdlib.h>
#include <time.h>

struct access_key {
  struct auth base;
  struct account *account;
  const char *access_key; /* of the configuration */
  struct secret secret_key, security_token;
  bool replaced; /* the secret key's file has a new value, not tried yet */
  /* The machine's clock was wrong when the key was rejected, and stood so many
   * milliseconds before ours. */
  bool clock_was_wrong;
  msec_t clock_offset;
};

/* Milliseconds by which the clock has to be set to end the pause. */
#define CLOCK_STEP_MIN (60 * 1000)

static msec_t clock_offset(msec_t now) {
  return (msec_t)time(NULL) * 1000 - now;
}

/* A clock that was set since is the cause no more. */
static void excuse_clock(struct access_key *k, msec_t now) {
  if (!k->clock_was_wrong ||
      llabs(clock_offset(now) - k->clock_offset) < CLOCK_STEP_MIN)
    return;
  k->clock_was_wrong = false;
  account_excuse(k->account, &k->secret_key);
}

static enum auth_state access_key_prepare(struct auth *a, struct http *http,
                                          msec_t now, struct err *err) {
  (void)http;
  struct access_key *k = (struct access_key *)a;
  bool known = secret_is_known(&k->secret_key);
  enum auth_state state =
      auth_refresh(a, &k->secret_key, "secret key", now, err);
  if (state == AUTH_REFUSED || (state == AUTH_BUSY && !a->accepted))
    return state;
  if (a->refreshed) {
    k->replaced = known;
    auth_renewed(a);
  }
  if (a->accepted)
    return AUTH_READY;
  if (k->account->trying != NULL || a->in_flight > 0)
    return AUTH_BUSY;
  excuse_clock(k, now);
  return account_allows(k->account, &k->secret_key, k->replaced, now, err)
             ? AUTH_READY
             : AUTH_REFUSED;
}

static bool access_key_apply(struct auth *a, const char *project_id,
                             struct http_request *req, struct err *err) {
  struct access_key *k = (struct access_key *)a;
  struct signer signer = {.access_key = k->access_key,
                          .secret_key = k->secret_key.value.data,
                          .security_token = k->security_token.value.data};
  if (!request_sign(req, &signer, project_id, err))
    return false;
  if (!a->accepted) {
    k->account->trying = a;
    k->replaced = false;
  }
  return true;
}

static void access_key_done(struct auth *a, const struct auth_report *outcome) {
  struct access_key *k = (struct access_key *)a;
  if (k->account->trying == a && a->in_flight == 0)
    k->account->trying = NULL;
  if (outcome->result == AUTH_ACCEPTED && outcome->serial == a->serial &&
      !a->accepted)
    account_accept(k->account, &k->secret_key);
}

/* The other requests in flight with this key will be rejected, too: they are
 * one rejection. */
static void access_key_reject(struct auth *a, const struct auth_report *outcome,
                              msec_t now) {
  struct access_key *k = (struct access_key *)a;
  struct err rejection = ERR_INIT;
  k->clock_was_wrong = request_signing_describe(&rejection, outcome);
  k->clock_offset = clock_offset(now);
  account_reject(k->account, &k->secret_key, &rejection, now);
  auth_renewed(a);
}

static void access_key_free(struct auth *a) {
  struct access_key *k = (struct access_key *)a;
  account_close(k->account);
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

static struct account *
open_key_account(struct auths *auths, const char *access_key, struct err *err) {
  struct buf key;
  struct account *account = NULL;
  buf_init(&key, REGISTRY_KEY_MAX);
  if (registry_key_add(&key, access_key, err))
    account = account_open(&auths->accounts, &key, err);
  buf_free(&key);
  return account;
}

static struct auth *access_key_open(struct auths *auths,
                                    const struct auth_options *o,
                                    struct err *err) {
  const struct credential_config *c = o->credential;
  struct access_key *k = calloc(1, sizeof(*k));
  if (k == NULL)
    return err_memory(err), NULL;
  k->access_key = c->access_key;
  k->account = open_key_account(auths, c->access_key, err);
  if (k->account != NULL && secret_init(&k->secret_key, &c->secret_key, err) &&
      secret_init(&k->security_token, &c->security_token, err)) {
    return &k->base;
  }
  access_key_free(&k->base);
  return NULL;
}

const struct auth_scheme auth_access_key = {
    .share_key = access_key_share_key,
    .open = access_key_open,
    .prepare = access_key_prepare,
    .apply = access_key_apply,
    .done = access_key_done,
    .reject = access_key_reject,
    .free = access_key_free,
};
