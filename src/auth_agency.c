/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Temporary keys of the agency that this server has, from the cloud's metadata
 * service: no secret is stored. Two requests, a session token first where it is
 * offered; before the keys end, again. */

#include "signature.h"

#include "backoff.h"
#include "iam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_PATH "/meta-data/latest/api/token"
#define SESSION_SECONDS "21600"
#define KEYS_PATH "/openstack/latest/securitykey"

/* Milliseconds. Keys are renewed 10 to 40 minutes before their end, those of a
 * short life in the second half of it. */
#define MARGIN_MIN (10 * 60 * 1000)
#define MARGIN_MAX (40 * 60 * 1000)
#define ILL_MIN 1000
#define ILL_MAX (5 * 60 * 1000)
/* After something new that the service does not take. */
#define USELESS_MIN 1000
#define USELESS_MAX (30 * 60 * 1000)

/* What is kept of an answer that is not JSON. */
#define TEXT_MAX 4096

struct auth_agency {
  struct auth base;
  const struct project_options *o;
  struct http_peer peer;

  struct buf access_key, secret_key, security_token; /* empty: none */
  msec_t ends, renew_at;
  struct backoff useless; /* after new keys that the service did not take */
  struct err why;         /* the last of which were refused so */

  /* The way to new ones. */
  struct http_call *call;
  bool has_session; /* it was asked for, and `session` is what came */
  struct buf session;
  struct buf text;
  struct iam_reader *reader;
  struct backoff ill; /* the metadata service */
  struct err trouble;
};

static void give_up(struct auth_agency *g, msec_t now) {
  g->has_session = false;
  backoff_grow(&g->ill, ILL_MIN, ILL_MAX, now);
}

/* The session token */

static bool text_body(void *arg, const struct http_reply *reply,
                      const char *bytes, size_t len) {
  (void)reply;
  struct auth_agency *g = arg;
  return buf_add(&g->text, bytes, len, NULL);
}

/* Where it is not offered, the keys are to be had without. */
static void session_done(void *arg, const struct http_reply *reply,
                         const struct err *err) {
  struct auth_agency *g = arg;
  g->call = NULL;
  g->has_session = true;
  buf_reset(&g->session);
  if (reply->status == 200)
    buf_add(&g->session, g->text.data, g->text.len, NULL);
  else if (err_is_set(err)) {
    err_set(&g->trouble, err->kind, "the metadata service: %s", err->text);
    give_up(g, deadline_now());
  }
}

/* The keys */

static void take_keys(struct auth_agency *g, const struct http_reply *reply,
                      msec_t now) {
  const struct iam_reply *keys = iam_reader_reply(g->reader);
  buf_reset(&g->access_key);
  buf_reset(&g->secret_key);
  buf_reset(&g->security_token);
  if (keys->access.len == 0 || keys->secret.len == 0 ||
      !buf_adds(&g->access_key, keys->access.data, &g->trouble) ||
      !buf_adds(&g->secret_key, keys->secret.data, &g->trouble) ||
      !buf_adds(&g->security_token, keys->security_token.data, &g->trouble)) {
    err_set(&g->trouble, ERR_REPLY, "the metadata service sent no keys");
    buf_reset(&g->access_key);
    give_up(g, now);
    return;
  }
  time_t server_now = reply->date >= 0 ? reply->date : time(NULL);
  msec_t life = keys->has_expires_at
                    ? ((msec_t)keys->expires_at - server_now) * 1000
                    : 2 * MARGIN_MAX;
  msec_t most = deadline_earlier(MARGIN_MAX, life / 2);
  msec_t least = deadline_earlier(MARGIN_MIN, most);
  g->ends = now + life;
  g->renew_at = g->ends - least - random() % (most - least + 1);
  backoff_reset(&g->ill);
  auth_renewed(&g->base);
}

static bool keys_body(void *arg, const struct http_reply *reply,
                      const char *bytes, size_t len) {
  struct auth_agency *g = arg;
  if (reply->status != 200)
    return text_body(arg, reply, bytes, len);
  return iam_feed(g->reader, bytes, len, &g->trouble);
}

static void judge(struct auth_agency *g, const struct http_reply *reply,
                  msec_t now) {
  if (strstr(g->text.data, "configure Cloud Service Agency") != NULL)
    err_set(&g->trouble, ERR_AUTH,
            "this server has no agency; give it one that may read DRS tasks");
  else
    err_set(&g->trouble, ERR_AUTH,
            "the metadata service gives no keys (HTTP %ld)", reply->status);
  give_up(g, now);
}

static void keys_done(void *arg, const struct http_reply *reply,
                      const struct err *err) {
  struct auth_agency *g = arg;
  msec_t now = deadline_now();
  g->call = NULL;
  g->has_session = false;
  if (err_is_set(err)) {
    err_set(&g->trouble, err->kind, "the metadata service: %s", err->text);
    give_up(g, now);
  } else if (reply->status == 200) {
    take_keys(g, reply, now);
  } else {
    judge(g, reply, now);
  }
  iam_reader_free(g->reader);
  g->reader = NULL;
}

/* Asking */

static const struct http_handler session_handler = {.body = text_body,
                                                    .done = session_done};
static const struct http_handler keys_handler = {.body = keys_body,
                                                 .done = keys_done};

static bool send_request(struct auth_agency *g, struct http *http,
                         const char *method, const char *path, const char *name,
                         const char *value,
                         const struct http_handler *handler) {
  char *url;
  struct http_request req = {.method = method,
                             .timeout = g->o->timeout,
                             .peer = &g->peer,
                             .body = handler->done == session_done ? "" : NULL};
  if (asprintf(&url, "%s%s", g->o->metadata_endpoint, path) < 0)
    return err_memory(&g->trouble);
  buf_init(&req.headers, HTTP_HEADER_MAX);
  req.url = url;
  if (*value == '\0' || auth_add_header(&req, name, value, &g->trouble))
    g->call = http_start(http, &req, handler, g, &g->trouble);
  buf_free(&req.headers);
  free(url);
  g->base.requests += g->call != NULL;
  return g->call != NULL;
}

static bool ask_for_keys(struct auth_agency *g, struct http *http) {
  g->reader = iam_reader_new();
  return (g->reader != NULL || err_memory(&g->trouble)) &&
         send_request(g, http, "GET", KEYS_PATH, "X-Metadata-Token",
                      g->session.data, &keys_handler);
}

/* The next of the two requests. */
static void go_on(struct auth_agency *g, struct http *http, msec_t now) {
  buf_reset(&g->text);
  err_clear(&g->trouble);
  bool ok = g->has_session ? ask_for_keys(g, http)
                           : send_request(g, http, "PUT", SESSION_PATH,
                                          "X-Metadata-Token-Ttl-Seconds",
                                          SESSION_SECONDS, &session_handler);
  if (ok)
    return;
  iam_reader_free(g->reader);
  g->reader = NULL;
  give_up(g, now);
}

/* What others see */

static enum auth_state agency_prepare(struct auth *a, struct http *http,
                                      msec_t now, struct err *err) {
  struct auth_agency *g = (struct auth_agency *)a;
  bool usable = g->access_key.len > 0 && now < g->ends;
  bool paused = now < g->ill.until || now < g->useless.until;
  if ((!usable || now >= g->renew_at) && g->call == NULL && !paused)
    go_on(g, http, now);
  if (usable)
    return signature_may_try(a) ? AUTH_READY : AUTH_BUSY;
  if (g->call != NULL)
    return AUTH_BUSY;
  *err = err_is_set(&g->trouble) ? g->trouble : g->why;
  return AUTH_REFUSED;
}

static bool agency_apply(struct auth *a, const char *project_id,
                         struct http_request *req, struct err *err) {
  struct auth_agency *g = (struct auth_agency *)a;
  struct signer signer = {.access_key = g->access_key.data,
                          .secret_key = g->secret_key.data,
                          .security_token = g->security_token.data};
  return signature_add(req, &signer, project_id, err);
}

/* Keys that have served are renewed at once; new ones that did not serve are
 * not followed by others before a pause. */
static void agency_reject(struct auth *a, const struct auth_outcome *outcome,
                          msec_t now) {
  struct auth_agency *g = (struct auth_agency *)a;
  if (g->access_key.len == 0)
    return;
  buf_reset(&g->access_key);
  signature_explain(&g->why, outcome);
  if (a->accepted)
    backoff_reset(&g->useless);
  else
    backoff_grow(&g->useless, USELESS_MIN, USELESS_MAX, now);
}

static void agency_free(struct auth *a) {
  struct auth_agency *g = (struct auth_agency *)a;
  if (g->call != NULL)
    http_cancel(g->call);
  iam_reader_free(g->reader);
  buf_free(&g->access_key);
  buf_free(&g->secret_key);
  buf_free(&g->security_token);
  buf_free(&g->session);
  buf_free(&g->text);
  free(g);
}

static const struct auth_scheme agency_scheme = {
    .prepare = agency_prepare,
    .apply = agency_apply,
    .reject = agency_reject,
    .free = agency_free,
};

struct auth *auth_agency_new(struct auths *auths, struct project_options *o,
                             struct err *err) {
  (void)auths;
  struct auth_agency *g = calloc(1, sizeof(*g));
  if (g == NULL)
    return err_memory(err), NULL;
  g->base.scheme = &agency_scheme;
  g->o = o;
  g->peer = (struct http_peer){.no_proxy = true};
  buf_init(&g->access_key, IAM_SECRET_MAX);
  buf_init(&g->secret_key, IAM_SECRET_MAX);
  buf_init(&g->security_token, IAM_SECRET_MAX);
  buf_init(&g->session, TEXT_MAX);
  buf_init(&g->text, TEXT_MAX);
  return &g->base;
}
