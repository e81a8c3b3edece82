/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A token from the identity service (Keystone v3), for a user and a project. It
 * is renewed before it ends, while the old one still serves, and once when the
 * service rejects it.
 *
 * Rejected logins lock the user, so all credentials of a user log in one after
 * another and share a pause. */

#include "auth/account.h"
#include "auth/auth.h"
#include "auth/lease.h"
#include "auth/messages.h"
#include "base/text.h"
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Milliseconds. */
static const struct lease_margins margins = {5 * 60 * 1000, 10 * 60 * 1000};
/* The life of a token without a known end. */
#define LIFE_UNKNOWN (60 * 60 * 1000)

struct password {
  struct auth base;
  struct account *account;
  struct auth_options options;
  struct http_endpoint endpoint;
  struct request_queue queue; /* of its requests */
  struct secret password;
  bool replaced; /* the password's file has a new value, not tried yet */

  struct lease lease;
  struct secret token;
  struct http_transfer *transfer; /* a login; NULL: none */
  struct messages_reader *reader;
};

/* The end of a login */

static void clear_token(struct password *p) {
  secret_clear(&p->token);
  p->lease.granted = false;
}

static bool is_visible(const char *text) {
  for (; *text != '\0'; text++)
    if (*text <= ' ' || *text > '~')
      return false;
  return true;
}

static void accept_token(struct password *p,
                         const struct http_response *response, msec_t now) {
  const char *token = response->captured;
  struct err cause = ERR_INIT;
  if (token == NULL || !is_visible(token)) {
    err_set(&p->lease.failure, ERR_RESPONSE,
            "the identity service sent no token");
  } else if (secret_set(&p->token, token, &cause)) {
    account_accept(p->account, &p->password);
    msec_t life = messages_life(messages_finish(p->reader, NULL),
                                response->date, LIFE_UNKNOWN);
    /* One that seems to have ended is tried nevertheless. */
    lease_grant(&p->lease, life > 0 ? life : LIFE_UNKNOWN, &margins, now);
    auth_renewed(&p->base);
    return;
  } else {
    err_set(&p->lease.failure, ERR_RESPONSE, "identity service: the token %s",
            cause.text);
    clear_token(p);
  }
  lease_fail(&p->lease, -1, now);
}

/* 400 only with the identity service's own message: gateways send it as well.
 */
static bool is_login_rejection(long status,
                               const struct messages_response *message) {
  return status == 401 || status == 403 ||
         (status == 400 && (*message->code || *message->message));
}

#define QUOTE_MAX (2 * MESSAGES_TEXT_MAX + 32)

/* "401 AUTH.1: no entry": the status and the service's message. */
static void quote(char text[QUOTE_MAX], long status,
                  const struct messages_response *m) {
  const char *code = error_body_shown_code(m->code, status);
  snprintf(text, QUOTE_MAX, "%ld%s%s%s%s", status, *code ? " " : "", code,
           *m->message ? ": " : "", m->message);
}

static void note_login_error(struct password *p,
                             const struct http_response *response, msec_t now) {
  const struct messages_response *message = messages_finish(p->reader, NULL);
  char text[QUOTE_MAX];
  struct err rejection = ERR_INIT;
  quote(text, response->status, message);
  if (is_login_rejection(response->status, message)) {
    err_set(&rejection, ERR_AUTH,
            "the identity service rejected the login of user %s (HTTP %s)",
            p->options.credential->user, text);
    account_reject(p->account, &p->password, &rejection, now);
    return;
  }
  err_set(&p->lease.failure, response->status == 429 ? ERR_THROTTLED : ERR_HTTP,
          "the identity service gave no token to user %s (HTTP %s)",
          p->options.credential->user, text);
  lease_fail(&p->lease, response->retry_after, now);
}

static void end_login(struct password *p) {
  p->transfer = NULL;
  messages_reader_free(p->reader);
  p->reader = NULL;
}

static void login_done(void *arg, const struct http_response *response,
                       const struct err *err) {
  struct password *p = arg;
  msec_t now = clock_now();
  err_clear(&p->lease.failure);
  if (err_is_set(err)) {
    err_set(&p->lease.failure, err->kind, "identity service: %s", err->text);
    lease_fail(&p->lease, response->retry_after, now);
  } else if (response->status == 200 || response->status == 201) {
    accept_token(p, response, now);
  } else {
    note_login_error(p, response, now);
  }
  p->account->trying = NULL;
  end_login(p);
}

/* A body that is not JSON has no message, which is all that it costs. */
static bool login_body(void *arg, const struct http_response *response,
                       const char *bytes, size_t len) {
  (void)response;
  struct password *p = arg;
  messages_feed(p->reader, bytes, len, NULL);
  return true;
}

static const struct http_handler login_handler = {
    .capture = "X-Subject-Token", .body = login_body, .done = login_done};

/* The start of a login */

static bool send_login(struct password *p, struct http *http, struct buf *body,
                       struct err *err) {
  struct http_request req = {.method = "POST",
                             .endpoint = &p->endpoint,
                             .path = "/auth/tokens",
                             .query = "nocatalog=true",
                             .timeout = p->options.timeout,
                             .no_retry = true,
                             .connect = &p->options.connect,
                             .queue = &p->queue};
  const struct credential_config *c = p->options.credential;
  struct identity_login login = {.domain = c->domain_name,
                                 .user = c->user,
                                 .password = p->password.value.data,
                                 .project_id = p->options.project_id};
  if (messages_login(body, &login, err) &&
      http_request_add_header(&req, "Content-Type", "application/json", err) &&
      http_request_add_header(&req, "Accept", "application/json", err)) {
    req.body = body->data;
    req.body_len = body->len;
    p->transfer = http_start(http, &req, &login_handler, p, err);
  }
  http_request_finish(&req);
  return p->transfer != NULL;
}

static void log_in(struct password *p, struct http *http, msec_t now) {
  struct buf body;
  buf_init(&body, 4 * SECRET_MAX);
  err_clear(&p->lease.failure);
  p->reader = messages_reader_new();
  if (p->reader == NULL)
    err_memory(&p->lease.failure);
  if (p->reader != NULL && send_login(p, http, &body, &p->lease.failure)) {
    p->account->trying = p;
    p->replaced = false;
    p->base.requests++;
  } else {
    messages_reader_free(p->reader);
    p->reader = NULL;
    lease_fail(&p->lease, -1, now);
  }
  buf_free(&body);
}

/* The scheme */

static enum auth_state refresh_password(struct password *p, msec_t now,
                                        struct err *err) {
  bool known = secret_is_known(&p->password);
  enum auth_state state =
      auth_refresh(&p->base, &p->password, "password", now, err);
  if (p->base.refreshed)
    p->replaced = known;
  return state;
}

static enum auth_state password_prepare(struct auth *a, struct http *http,
                                        msec_t now, struct err *err) {
  struct password *p = (struct password *)a;
  struct err pause = ERR_INIT;
  bool usable = lease_is_usable(&p->lease, now);
  if (usable && now < p->lease.renew_at)
    return AUTH_READY;
  enum auth_state file = refresh_password(p, now, &pause);
  if (file == AUTH_READY && p->account->trying == NULL &&
      lease_is_wanted(&p->lease, now) &&
      account_allows(p->account, &p->password, p->replaced, now, &pause))
    log_in(p, http, now);
  if (usable)
    return AUTH_READY;
  if (p->account->trying != NULL || file == AUTH_BUSY)
    return AUTH_BUSY;
  if (err_is_set(&pause))
    *err = pause;
  else
    lease_explain(&p->lease, now, err);
  return AUTH_REFUSED;
}

static bool password_apply(struct auth *a, const char *project_id,
                           struct http_request *req, struct err *err) {
  (void)project_id;
  struct password *p = (struct password *)a;
  return http_request_add_header(req, "X-Auth-Token", p->token.value.data, err);
}

/* A token that served ended early, and another one will serve. After one that
 * never served the next may be no better. */
static void password_reject(struct auth *a, const struct auth_report *outcome,
                            msec_t now) {
  struct password *p = (struct password *)a;
  if (!p->lease.granted)
    return; /* another request was rejected first */
  err_clear(&p->lease.rejection);
  err_set(&p->lease.rejection, ERR_AUTH, "a new token was rejected (%s)",
          outcome->err->text);
  clear_token(p);
  lease_reject(&p->lease, a->accepted, now);
}

static void password_free(struct auth *a) {
  struct password *p = (struct password *)a;
  if (p->transfer != NULL)
    http_cancel(p->transfer);
  end_login(p);
  if (p->account != NULL && p->account->trying == p)
    p->account->trying = NULL;
  account_close(p->account);
  secret_free(&p->password);
  secret_free(&p->token);
  http_endpoint_finish(&p->endpoint);
  free(p);
}

static bool password_share_key(const struct auth_options *o, struct buf *key,
                               struct err *err) {
  const struct credential_config *c = o->credential;
  return registry_key_add(key, c->identity_endpoint, err) &&
         registry_key_add(key, c->domain_name, err) &&
         registry_key_add(key, c->user, err) &&
         registry_key_add(key, o->project_id, err) &&
         auth_key_add_connect(key, &o->connect, err) &&
         auth_key_add_secret(key, &c->password, err);
}

/* Identity services compare names without regard to case or to blanks at their
 * end, so spellings of one name are one user. */
static bool add_name(struct buf *key, const char *name, struct err *err) {
  size_t len;
  char *folded = strdup(name);
  if (folded == NULL)
    return err_memory(err);
  text_make_lowercase(folded);
  for (len = strlen(folded); len > 0 && folded[len - 1] == ' '; len--)
    folded[len - 1] = '\0';
  bool ok = registry_key_add(key, folded, err);
  free(folded);
  return ok;
}

/* Neither the scheme nor the path makes another user. */
static bool add_server(struct buf *key, const char *url, struct err *err) {
  struct buf server;
  buf_init(&server, REGISTRY_KEY_MAX);
  bool ok = url_add_server(url, &server, err) &&
            registry_key_add(key, url_after_user(server.data), err);
  buf_free(&server);
  return ok;
}

static struct account *open_user_account(struct auths *auths,
                                         const struct credential_config *c,
                                         struct err *err) {
  struct buf key;
  struct account *account = NULL;
  buf_init(&key, REGISTRY_KEY_MAX);
  if (add_server(&key, c->identity_endpoint, err) &&
      add_name(&key, c->domain_name, err) && add_name(&key, c->user, err))
    account = account_open(&auths->accounts, &key, err);
  buf_free(&key);
  return account;
}

static struct auth *password_open(struct auths *auths,
                                  const struct auth_options *o,
                                  struct err *err) {
  struct password *p = calloc(1, sizeof(*p));
  if (p == NULL)
    return err_memory(err), NULL;
  request_queue_init(&p->queue);
  p->options = *o;
  if (http_endpoint_init(&p->endpoint, o->credential->identity_endpoint, err) &&
      secret_init(&p->password, &o->credential->password, err) &&
      secret_init(&p->token, NULL, err) &&
      (p->account = open_user_account(auths, o->credential, err)) != NULL) {
    return &p->base;
  }
  password_free(&p->base);
  return NULL;
}

const struct auth_scheme auth_password = {
    .share_key = password_share_key,
    .open = password_open,
    .prepare = password_prepare,
    .apply = password_apply,
    .reject = password_reject,
    .free = password_free,
};
