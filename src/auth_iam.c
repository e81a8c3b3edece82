/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A token that we get by a login as a user of an identity service (Keystone
 * v3), for one project. It is renewed before it ends, while the old one goes on
 * serving; and once when the service refuses it.
 *
 * What locks a user is a refused login. So all who log in as one user share
 * its password and the pause after a refusal, and log in one by one. */

#include "auth.h"

#include "backoff.h"
#include "iam.h"
#include "lockout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Milliseconds. A token is renewed between one and two margins before its end:
 * a quarter of its life, this at most. */
#define MARGIN_MAX (5 * 60 * 1000)
/* What a token lives of which we do not know it. */
#define LIFE_UNKNOWN (60 * 60 * 1000)
/* An identity service that is ill is asked again after this long. */
#define ILL_MIN 1000
#define ILL_MAX (5 * 60 * 1000)
/* After something new that the service does not take. */
#define USELESS_MIN 1000
#define USELESS_MAX (30 * 60 * 1000)

/* A user, with all that may lock it. */
struct user {
  struct shared shared;
  struct secret password;
  bool busy; /* a login is under way */
  struct lockout lockout;
  struct err why; /* of the last refusal */
};

struct auth_iam {
  struct auth base;
  struct auths *auths;
  struct user *user;
  const struct project_options *o;
  struct http_peer peer;
  char *url;

  struct buf token; /* empty: none that is good for anything */
  msec_t ends, renew_at;
  struct backoff useless; /* after new tokens that the service did not take */
  struct err why;         /* the last of which was refused so */

  struct http_call *call; /* a login; NULL: none */
  struct iam_reader *reader;
  struct backoff ill; /* the identity service */
  struct err trouble;
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
static msec_t life_of(const struct iam_reply *reply, time_t server_date) {
  if (!reply->has_expires_at)
    return LIFE_UNKNOWN;
  time_t server_now = server_date >= 0 ? server_date : time(NULL);
  msec_t life = ((msec_t)reply->expires_at - server_now) * 1000;
  return life > 0 ? life : LIFE_UNKNOWN;
}

static void take_token(struct auth_iam *i, const struct http_reply *reply,
                       msec_t now) {
  const char *token = reply->captured;
  msec_t life = life_of(iam_reader_reply(i->reader), reply->date);
  msec_t margin = deadline_earlier(life / 4, MARGIN_MAX);
  if (token == NULL || *token == '\0' || !is_visible(token)) {
    err_set(&i->trouble, ERR_REPLY, "the identity service sent no token");
    backoff_grow(&i->ill, ILL_MIN, ILL_MAX, now);
    return;
  }
  buf_reset(&i->token);
  if (!buf_adds(&i->token, token, &i->trouble)) {
    buf_reset(&i->token);
    backoff_grow(&i->ill, ILL_MIN, ILL_MAX, now);
    return;
  }
  i->ends = now + life;
  i->renew_at = i->ends - margin - random() % (margin + 1);
  lockout_end(&i->user->lockout);
  backoff_reset(&i->ill);
  auth_renewed(&i->base);
}

/* The identity service is not well, or has too much to do. */
static void wait_for_service(struct auth_iam *i, const struct http_reply *reply,
                             msec_t now) {
  if (reply->retry_after >= 0)
    backoff_obey(&i->ill, reply->retry_after, now);
  else
    backoff_grow(&i->ill, ILL_MIN, ILL_MAX, now);
}

static bool says_wait(const struct http_reply *reply) {
  return reply->status == 429 || reply->status >= 500 || reply->status < 400;
}

static void judge(struct auth_iam *i, const struct http_reply *reply,
                  msec_t now) {
  const struct iam_reply *words = iam_reader_reply(i->reader);
  struct err *e = says_wait(reply) ? &i->trouble : &i->user->why;
  err_clear(e);
  err_set(e,
          reply->status == 429 ? ERR_THROTTLED
          : says_wait(reply)   ? ERR_HTTP
                               : ERR_AUTH,
          "the identity service refuses the login of user %s (HTTP "
          "%ld%s%s%s%s)",
          i->o->user, reply->status, *words->code ? " " : "", words->code,
          *words->message ? ": " : "", words->message);
  if (says_wait(reply))
    wait_for_service(i, reply, now);
  else
    lockout_refused(&i->user->lockout, now);
}

static void login_done(void *arg, const struct http_reply *reply,
                       const struct err *err) {
  struct auth_iam *i = arg;
  msec_t now = deadline_now();
  i->call = NULL;
  i->user->busy = false;
  err_clear(&i->trouble);
  if (err_is_set(err)) {
    err_set(&i->trouble, err->kind, "the identity service: %s", err->text);
    wait_for_service(i, reply, now);
  } else if (reply->status == 200 || reply->status == 201) {
    take_token(i, reply, now);
  } else {
    judge(i, reply, now);
  }
  iam_reader_free(i->reader);
  i->reader = NULL;
}

/* A body that is not JSON leaves us without its words, and that is all. */
static bool login_body(void *arg, const struct http_reply *reply,
                       const char *bytes, size_t len) {
  (void)reply;
  struct auth_iam *i = arg;
  iam_feed(i->reader, bytes, len, NULL);
  return true;
}

static const struct http_handler login_handler = {
    .capture = "X-Subject-Token", .body = login_body, .done = login_done};

/* The start of a login */

static bool send_login(struct auth_iam *i, struct http *http, struct buf *body,
                       struct err *err) {
  struct http_request req = {.method = "POST",
                             .url = i->url,
                             .timeout = i->o->timeout,
                             .peer = &i->peer};
  struct iam_login login = {.domain = i->o->domain_name,
                            .user = i->o->user,
                            .password = i->user->password.value.data,
                            .project_id = i->o->project_id};
  buf_init(&req.headers, 1024);
  bool ok = iam_login_body(body, &login, err) &&
            auth_add_header(&req, "Content-Type", "application/json", err) &&
            auth_add_header(&req, "Accept", "application/json", err);
  req.body = body->data;
  req.body_len = body->len;
  if (ok)
    i->call = http_start(http, &req, &login_handler, i, err);
  buf_free(&req.headers);
  return i->call != NULL;
}

static void log_in(struct auth_iam *i, struct http *http, msec_t now) {
  struct buf body;
  buf_init(&body, 4 * SECRET_MAX);
  err_clear(&i->trouble);
  i->reader = iam_reader_new();
  if (i->reader == NULL)
    err_memory(&i->trouble);
  if (i->reader != NULL && send_login(i, http, &body, &i->trouble)) {
    i->user->busy = true;
    i->base.requests++;
  } else {
    iam_reader_free(i->reader);
    i->reader = NULL;
    backoff_grow(&i->ill, ILL_MIN, ILL_MAX, now);
  }
  buf_free(&body);
}

/* What others see */

/* A new password ends every pause of its user. */
static bool refresh_password(struct auth_iam *i, struct err *err) {
  struct user *user = i->user;
  bool changed;
  bool ok = auth_refresh(&i->base, &user->password, "password", &changed, err);
  if (changed)
    lockout_end(&user->lockout);
  return ok;
}

/* Why there is no login now, if there is none. */
static bool explain_pause(const struct auth_iam *i, msec_t now,
                          struct err *err) {
  const struct err *why = NULL;
  if (lockout_holds(&i->user->lockout, now))
    why = &i->user->why;
  else if (now < i->ill.until)
    why = &i->trouble;
  else if (now < i->useless.until)
    why = &i->why;
  return why != NULL && !err_set(err, why->kind, "%s", why->text);
}

static enum auth_state iam_prepare(struct auth *a, struct http *http,
                                   msec_t now, struct err *err) {
  struct auth_iam *i = (struct auth_iam *)a;
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
  *err = err_is_set(&pause) ? pause : i->trouble;
  return AUTH_REFUSED;
}

static bool iam_apply(struct auth *a, const char *project_id,
                      struct http_request *req, struct err *err) {
  (void)project_id;
  struct auth_iam *i = (struct auth_iam *)a;
  return auth_add_header(req, "X-Auth-Token", i->token.data, err);
}

/* A token that has served has come to its end early, and another one will do.
 * After one that never served the next may be no better, and we are not to log
 * in for it at each interval. */
static void iam_reject(struct auth *a, const struct auth_outcome *outcome,
                       msec_t now) {
  struct auth_iam *i = (struct auth_iam *)a;
  if (i->token.len == 0)
    return; /* another request has told it */
  buf_reset(&i->token);
  err_clear(&i->why);
  err_set(&i->why, ERR_AUTH, "a new token is refused: %s", outcome->why->text);
  if (a->accepted)
    backoff_reset(&i->useless);
  else
    backoff_grow(&i->useless, USELESS_MIN, USELESS_MAX, now);
}

static void iam_free(struct auth *a) {
  struct auth_iam *i = (struct auth_iam *)a;
  if (i->call != NULL)
    http_cancel(i->call);
  iam_reader_free(i->reader);
  if (i->user != NULL && shared_leave(&i->auths->users, &i->user->shared)) {
    secret_free(&i->user->password);
    free(i->user);
  }
  buf_free(&i->token);
  free(i->url);
  free(i);
}

static const struct auth_scheme iam_scheme = {
    .prepare = iam_prepare,
    .apply = iam_apply,
    .reject = iam_reject,
    .free = iam_free,
};

/* What makes two projects log in as the same user with the same password. */
static bool user_key(const struct project_options *o, struct buf *key,
                     struct err *err) {
  const char *path = o->password.file.path;
  return shared_key_add(key, o->identity_endpoint, err) &&
         shared_key_add(key, o->domain_name, err) &&
         shared_key_add(key, o->user, err) && shared_key_add(key, path, err) &&
         shared_key_add(key, path ? NULL : o->password.value.data, err);
}

static struct user *open_user(struct auths *auths, struct project_options *o,
                              struct err *err) {
  struct buf key;
  struct shared *user = NULL;
  buf_init(&key, SHARED_KEY_MAX);
  bool ok = user_key(o, &key, err);
  if (ok)
    user = shared_find(auths->users, &key);
  if (ok && user == NULL && (user = calloc(1, sizeof(struct user))) != NULL) {
    ((struct user *)user)->password = o->password;
    o->password = (struct secret){0};
    shared_add(&auths->users, user, &key);
  }
  buf_free(&key);
  return (struct user *)user;
}

struct auth *auth_iam_new(struct auths *auths, struct project_options *o,
                          struct err *err) {
  struct auth_iam *i = calloc(1, sizeof(*i));
  if (i == NULL)
    return err_memory(err), NULL;
  i->base.scheme = &iam_scheme;
  i->auths = auths;
  i->o = o;
  i->peer = auth_peer(o);
  buf_init(&i->token, IAM_SECRET_MAX);
  i->user = open_user(auths, o, err);
  if (i->user != NULL && asprintf(&i->url, "%s/auth/tokens?nocatalog=true",
                                  o->identity_endpoint) >= 0)
    return &i->base;
  i->url = NULL;
  iam_free(&i->base);
  err_memory(err);
  return NULL;
}
