/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A token that we get by a login as a user of an identity service (Keystone
 * v3), for one project. It is renewed before it ends, while the old one goes on
 * serving; and once when the service refuses it.
 *
 * What locks a user is a refused login. So all who log in as one user share
 * its password and the pause after a refusal, and log in one by one. */

#include "auth/auth.h"

#include "auth/messages.h"
#include "base/backoff.h"
#include "base/lockout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Milliseconds. A token is renewed between one and two margins before its end:
 * a quarter of its life, this at most. */
#define MARGIN_MAX (5 * 60 * 1000)
/* What a token lives of which we do not know it. */
#define LIFE_UNKNOWN (60 * 60 * 1000)
/* An identity service that is service_backoff is asked again after this long.
 */
#define SERVICE_RETRY_MIN 1000
#define SERVICE_RETRY_MAX (5 * 60 * 1000)
/* After something new that the service does not take. */
#define REJECTED_RETRY_MIN 1000
#define REJECTED_RETRY_MAX (30 * 60 * 1000)

/* A user, with all that may lock it. */
struct user {
  struct registry_entry entry;
  struct secret password;
  bool busy; /* a login is under way */
  struct lockout lockout;
  struct err why; /* of the last refusal */
};

struct password {
  struct auth base;
  struct auths *auths;
  struct user *user;
  const struct credential_config *config;
  const char *project_id;
  msec_t timeout;
  struct http_connect_options connect;
  struct http_endpoint endpoint;

  struct buf token; /* empty: none that is good for anything */
  msec_t ends, renew_at;
  struct backoff
      rejected_backoff; /* after new tokens that the service did not take */
  struct err why;       /* the last of which was refused so */

  struct http_transfer *transfer; /* a login; NULL: none */
  struct messages_reader *reader;
  struct backoff service_backoff; /* the identity service */
  struct err service_error;
};

/* The end of a login */

static bool is_visible(const char *text) {
  for (; *text != '\0'; text++)
    if (*text <= ' ' || *text > '~')
      return false;
  return true;
}

/* Milliseconds that the token will live, by the clock of the server that
 * dated it. */
static msec_t life_of(const struct messages_response *reply,
                      time_t server_date) {
  if (!reply->has_expires_at)
    return LIFE_UNKNOWN;
  time_t server_now = server_date >= 0 ? server_date : time(NULL);
  msec_t life = ((msec_t)reply->expires_at - server_now) * 1000;
  return life > 0 ? life : LIFE_UNKNOWN;
}

static void take_token(struct password *i, const struct http_response *reply,
                       msec_t now) {
  const char *token = reply->captured;
  msec_t life = life_of(messages_reader_reply(i->reader), reply->date);
  msec_t margin = msec_min(life / 4, MARGIN_MAX);
  if (token == NULL || *token == '\0' || !is_visible(token)) {
    err_set(&i->service_error, ERR_RESPONSE,
            "the identity service sent no token");
    backoff_grow(&i->service_backoff, SERVICE_RETRY_MIN, SERVICE_RETRY_MAX,
                 now);
    return;
  }
  buf_reset(&i->token);
  if (!buf_adds(&i->token, token, &i->service_error)) {
    buf_reset(&i->token);
    backoff_grow(&i->service_backoff, SERVICE_RETRY_MIN, SERVICE_RETRY_MAX,
                 now);
    return;
  }
  i->ends = now + life;
  i->renew_at = i->ends - margin - random() % (margin + 1);
  lockout_end(&i->user->lockout);
  backoff_reset(&i->service_backoff);
  auth_renewed(&i->base);
}

/* The identity service is not well, or has too much to do. */
static void wait_for_service(struct password *i,
                             const struct http_response *reply, msec_t now) {
  if (reply->retry_after >= 0)
    backoff_obey(&i->service_backoff, reply->retry_after, now);
  else
    backoff_grow(&i->service_backoff, SERVICE_RETRY_MIN, SERVICE_RETRY_MAX,
                 now);
}

static bool says_wait(const struct http_response *reply) {
  return reply->status == 429 || reply->status >= 500 || reply->status < 400;
}

static void judge(struct password *i, const struct http_response *reply,
                  msec_t now) {
  const struct messages_response *words = messages_reader_reply(i->reader);
  struct err *e = says_wait(reply) ? &i->service_error : &i->user->why;
  err_clear(e);
  err_set(e,
          reply->status == 429 ? ERR_THROTTLED
          : says_wait(reply)   ? ERR_HTTP
                               : ERR_AUTH,
          "the identity service refuses the login of user %s (HTTP "
          "%ld%s%s%s%s)",
          i->config->user, reply->status, *words->code ? " " : "", words->code,
          *words->message ? ": " : "", words->message);
  if (says_wait(reply))
    wait_for_service(i, reply, now);
  else
    lockout_rejected(&i->user->lockout, now);
}

static void login_done(void *arg, const struct http_response *reply,
                       const struct err *err) {
  struct password *i = arg;
  msec_t now = clock_now();
  i->transfer = NULL;
  i->user->busy = false;
  err_clear(&i->service_error);
  if (err_is_set(err)) {
    err_set(&i->service_error, err->kind, "the identity service: %s",
            err->text);
    wait_for_service(i, reply, now);
  } else if (reply->status == 200 || reply->status == 201) {
    take_token(i, reply, now);
  } else {
    judge(i, reply, now);
  }
  messages_reader_free(i->reader);
  i->reader = NULL;
}

/* A body that is not JSON leaves us without its words, and that is all. */
static bool login_body(void *arg, const struct http_response *reply,
                       const char *bytes, size_t len) {
  (void)reply;
  struct password *i = arg;
  messages_feed(i->reader, bytes, len, NULL);
  return true;
}

static const struct http_handler login_handler = {
    .capture = "X-Subject-Token", .body = login_body, .done = login_done};

/* The start of a login */

static bool send_login(struct password *i, struct http *http, struct buf *body,
                       struct err *err) {
  struct http_request req = {.method = "POST",
                             .endpoint = &i->endpoint,
                             .path = "/auth/tokens",
                             .query = "nocatalog=true",
                             .once = true,
                             .timeout = i->timeout,
                             .connect = &i->connect};
  struct identity_login login = {.domain = i->config->domain_name,
                                 .user = i->config->user,
                                 .password = i->user->password.value.data,
                                 .project_id = i->project_id};
  bool ok =
      messages_login(body, &login, err) &&
      http_request_add_header(&req, "Content-Type", "application/json", err) &&
      http_request_add_header(&req, "Accept", "application/json", err);
  req.body = body->data;
  req.body_len = body->len;
  if (ok)
    i->transfer = http_start(http, &req, &login_handler, i, err);
  http_request_finish(&req);
  return i->transfer != NULL;
}

static void log_in(struct password *i, struct http *http, msec_t now) {
  struct buf body;
  buf_init(&body, 4 * SECRET_MAX);
  err_clear(&i->service_error);
  i->reader = messages_reader_new();
  if (i->reader == NULL)
    err_memory(&i->service_error);
  if (i->reader != NULL && send_login(i, http, &body, &i->service_error)) {
    i->user->busy = true;
    i->base.requests++;
  } else {
    messages_reader_free(i->reader);
    i->reader = NULL;
    backoff_grow(&i->service_backoff, SERVICE_RETRY_MIN, SERVICE_RETRY_MAX,
                 now);
  }
  buf_free(&body);
}

/* What others see */

/* A new password ends every pause of its user. */
static bool refresh_password(struct password *i, struct err *err) {
  struct user *user = i->user;
  bool changed;
  bool ok = auth_refresh(&i->base, &user->password, "password", &changed, err);
  if (changed)
    lockout_end(&user->lockout);
  return ok;
}

/* Why there is no login now, if there is none. */
static bool explain_pause(const struct password *i, msec_t now,
                          struct err *err) {
  const struct err *why = NULL;
  if (lockout_is_active(&i->user->lockout, now))
    why = &i->user->why;
  else if (now < i->service_backoff.until)
    why = &i->service_error;
  else if (now < i->rejected_backoff.until)
    why = &i->why;
  return why != NULL && !err_set(err, why->kind, "%s", why->text);
}

static enum auth_state password_prepare(struct auth *a, struct http *http,
                                        msec_t now, struct err *err) {
  struct password *i = (struct password *)a;
  struct err pause = ERR_INIT;
  bool usable = i->token.len > 0 && now < i->ends;
  if (usable && now < i->renew_at)
    return AUTH_READY;
  if (refresh_password(i, &pause) && !i->user->busy &&
      !explain_pause(i, now, &pause))
    log_in(i, http, now);
  if (usable)
    return AUTH_READY;
  if (i->user->busy)
    return AUTH_BUSY;
  *err = err_is_set(&pause) ? pause : i->service_error;
  return AUTH_REFUSED;
}

static bool password_apply(struct auth *a, const char *project_id,
                           struct http_request *req, struct err *err) {
  (void)project_id;
  struct password *i = (struct password *)a;
  return http_request_add_header(req, "X-Auth-Token", i->token.data, err);
}

/* A token that has served has come to its end early, and another one will do.
 * After one that never served the next may be no better, and we are not to log
 * in for it at each interval. */
static void password_reject(struct auth *a, const struct auth_outcome *outcome,
                            msec_t now) {
  struct password *i = (struct password *)a;
  if (i->token.len == 0)
    return; /* another request has told it */
  buf_reset(&i->token);
  err_clear(&i->why);
  err_set(&i->why, ERR_AUTH, "a new token is refused: %s", outcome->why->text);
  if (a->accepted)
    backoff_reset(&i->rejected_backoff);
  else
    backoff_grow(&i->rejected_backoff, REJECTED_RETRY_MIN, REJECTED_RETRY_MAX,
                 now);
}

static void password_free(struct auth *a) {
  struct password *i = (struct password *)a;
  if (i->transfer != NULL)
    http_cancel(i->transfer);
  messages_reader_free(i->reader);
  if (i->user != NULL && registry_release(&i->auths->users, &i->user->entry)) {
    secret_free(&i->user->password);
    free(i->user);
  }
  buf_free(&i->token);
  http_endpoint_finish(&i->endpoint);
  free(i);
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

/* What makes two projects log in as the same user with the same password. */
static bool user_key(const struct credential_config *c, struct buf *key,
                     struct err *err) {
  return registry_key_add(key, c->identity_endpoint, err) &&
         registry_key_add(key, c->domain_name, err) &&
         registry_key_add(key, c->user, err) &&
         auth_key_add_secret(key, &c->password, err);
}

static struct user *new_user(const struct credential_config *c,
                             struct err *err) {
  struct user *user = calloc(1, sizeof(*user));
  if (user == NULL)
    return err_memory(err), NULL;
  if (secret_init(&user->password, &c->password, err))
    return user;
  secret_free(&user->password);
  free(user);
  return NULL;
}

static struct user *open_user(struct auths *auths,
                              const struct credential_config *c,
                              struct err *err) {
  struct buf key;
  struct registry_entry *entry = NULL;
  buf_init(&key, REGISTRY_KEY_MAX);
  if (user_key(c, &key, err)) {
    entry = registry_find(auths->users, &key);
    if (entry == NULL && (entry = (void *)new_user(c, err)) != NULL)
      registry_add(&auths->users, entry, &key);
  }
  buf_free(&key);
  return (struct user *)entry;
}

static struct auth *password_open(struct auths *auths,
                                  const struct auth_options *o,
                                  struct err *err) {
  struct password *i = calloc(1, sizeof(*i));
  if (i == NULL)
    return err_memory(err), NULL;
  i->auths = auths;
  i->config = o->credential;
  i->project_id = o->project_id;
  i->timeout = o->timeout;
  i->connect = o->connect;
  buf_init(&i->token, MESSAGES_SECRET_MAX);
  i->user = open_user(auths, o->credential, err);
  if (i->user != NULL &&
      http_endpoint_init(&i->endpoint, o->credential->identity_endpoint, err))
    return &i->base;
  password_free(&i->base);
  return NULL;
}

const struct auth_scheme auth_password = {
    .type = CREDENTIAL_PASSWORD,
    .share_key = password_share_key,
    .open = password_open,
    .prepare = password_prepare,
    .apply = password_apply,
    .reject = password_reject,
    .free = password_free,
};
