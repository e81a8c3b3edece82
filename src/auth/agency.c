/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Temporary keys of the agency that this server has, from the cloud's metadata
 * service: no secret is stored. Two requests, a session token first where it is
 * offered; before the keys end, again. */

#include "auth/request_signing.h"

#include "auth/messages.h"
#include "base/backoff.h"

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
#define SERVICE_RETRY_MIN 1000
#define SERVICE_RETRY_MAX (5 * 60 * 1000)
/* After something new that the service does not take. */
#define REJECTED_RETRY_MIN 1000
#define REJECTED_RETRY_MAX (30 * 60 * 1000)

/* What is kept of an answer that is not JSON. */
#define TEXT_MAX 4096

struct agency {
  struct auth base;
  msec_t timeout;
  struct http_endpoint endpoint;
  struct http_connect_options connect;

  struct buf access_key, secret_key, security_token; /* empty: none */
  msec_t ends, renew_at;
  struct backoff
      rejected_backoff; /* after new keys that the service did not take */
  struct err why;       /* the last of which were refused so */

  /* The way to new ones. */
  struct http_transfer *transfer;
  bool has_session; /* it was asked for, and `session` is what came */
  struct buf session;
  struct buf text;
  struct messages_reader *reader;
  struct backoff service_backoff; /* the metadata service */
  struct err service_error;
};

static void give_up(struct agency *g, msec_t now) {
  g->has_session = false;
  backoff_grow(&g->service_backoff, SERVICE_RETRY_MIN, SERVICE_RETRY_MAX, now);
}

/* The session token */

static bool text_body(void *arg, const struct http_response *reply,
                      const char *bytes, size_t len) {
  (void)reply;
  struct agency *g = arg;
  return buf_add(&g->text, bytes, len, NULL);
}

/* Where it is not offered, the keys are to be had without. */
static void session_done(void *arg, const struct http_response *reply,
                         const struct err *err) {
  struct agency *g = arg;
  g->transfer = NULL;
  g->has_session = true;
  buf_reset(&g->session);
  if (reply->status == 200)
    buf_add(&g->session, g->text.data, g->text.len, NULL);
  else if (err_is_set(err)) {
    err_set(&g->service_error, err->kind, "the metadata service: %s",
            err->text);
    give_up(g, clock_now());
  }
}

/* The keys */

static void take_keys(struct agency *g, const struct http_response *reply,
                      msec_t now) {
  const struct messages_response *keys = messages_reader_reply(g->reader);
  buf_reset(&g->access_key);
  buf_reset(&g->secret_key);
  buf_reset(&g->security_token);
  if (keys->access.len == 0 || keys->secret.len == 0 ||
      !buf_adds(&g->access_key, keys->access.data, &g->service_error) ||
      !buf_adds(&g->secret_key, keys->secret.data, &g->service_error) ||
      !buf_adds(&g->security_token, keys->security_token.data,
                &g->service_error)) {
    err_set(&g->service_error, ERR_RESPONSE,
            "the metadata service sent no keys");
    buf_reset(&g->access_key);
    give_up(g, now);
    return;
  }
  time_t server_now = reply->date >= 0 ? reply->date : time(NULL);
  msec_t life = keys->has_expires_at
                    ? ((msec_t)keys->expires_at - server_now) * 1000
                    : 2 * MARGIN_MAX;
  msec_t most = msec_min(MARGIN_MAX, life / 2);
  msec_t least = msec_min(MARGIN_MIN, most);
  g->ends = now + life;
  g->renew_at = g->ends - least - random() % (most - least + 1);
  backoff_reset(&g->service_backoff);
  auth_renewed(&g->base);
}

static bool keys_body(void *arg, const struct http_response *reply,
                      const char *bytes, size_t len) {
  struct agency *g = arg;
  if (reply->status != 200)
    return text_body(arg, reply, bytes, len);
  return messages_feed(g->reader, bytes, len, &g->service_error);
}

static void judge(struct agency *g, const struct http_response *reply,
                  msec_t now) {
  if (strstr(g->text.data, "configure Cloud Service Agency") != NULL)
    err_set(&g->service_error, ERR_AUTH,
            "this server has no agency; give it one that may read DRS tasks");
  else
    err_set(&g->service_error, ERR_AUTH,
            "the metadata service gives no keys (HTTP %ld)", reply->status);
  give_up(g, now);
}

static void keys_done(void *arg, const struct http_response *reply,
                      const struct err *err) {
  struct agency *g = arg;
  msec_t now = clock_now();
  g->transfer = NULL;
  g->has_session = false;
  if (err_is_set(err)) {
    err_set(&g->service_error, err->kind, "the metadata service: %s",
            err->text);
    give_up(g, now);
  } else if (reply->status == 200) {
    take_keys(g, reply, now);
  } else {
    judge(g, reply, now);
  }
  messages_reader_free(g->reader);
  g->reader = NULL;
}

/* Asking */

static const struct http_handler session_handler = {.body = text_body,
                                                    .done = session_done};
static const struct http_handler keys_handler = {.body = keys_body,
                                                 .done = keys_done};

static bool send_request(struct agency *g, struct http *http,
                         const char *method, const char *path, const char *name,
                         const char *value,
                         const struct http_handler *handler) {
  struct http_request req = {.method = method,
                             .endpoint = &g->endpoint,
                             .path = path,
                             .timeout = g->timeout,
                             .connect = &g->connect,
                             .body = handler->done == session_done ? "" : NULL};
  if (*value == '\0' ||
      http_request_add_header(&req, name, value, &g->service_error))
    g->transfer = http_start(http, &req, handler, g, &g->service_error);
  http_request_finish(&req);
  g->base.requests += g->transfer != NULL;
  return g->transfer != NULL;
}

static bool request_keys(struct agency *g, struct http *http) {
  g->reader = messages_reader_new();
  return (g->reader != NULL || err_memory(&g->service_error)) &&
         send_request(g, http, "GET", KEYS_PATH, "X-Metadata-Token",
                      g->session.data, &keys_handler);
}

/* The next of the two requests. */
static void go_on(struct agency *g, struct http *http, msec_t now) {
  buf_reset(&g->text);
  err_clear(&g->service_error);
  bool ok = g->has_session ? request_keys(g, http)
                           : send_request(g, http, "PUT", SESSION_PATH,
                                          "X-Metadata-Token-Ttl-Seconds",
                                          SESSION_SECONDS, &session_handler);
  if (ok)
    return;
  messages_reader_free(g->reader);
  g->reader = NULL;
  give_up(g, now);
}

/* What others see */

static enum auth_state agency_prepare(struct auth *a, struct http *http,
                                      msec_t now, struct err *err) {
  struct agency *g = (struct agency *)a;
  bool usable = g->access_key.len > 0 && now < g->ends;
  bool paused =
      now < g->service_backoff.until || now < g->rejected_backoff.until;
  if ((!usable || now >= g->renew_at) && g->transfer == NULL && !paused)
    go_on(g, http, now);
  if (usable)
    return request_signing_allowed(a) ? AUTH_READY : AUTH_BUSY;
  if (g->transfer != NULL)
    return AUTH_BUSY;
  *err = err_is_set(&g->service_error) ? g->service_error : g->why;
  return AUTH_REFUSED;
}

static bool agency_apply(struct auth *a, const char *project_id,
                         struct http_request *req, struct err *err) {
  struct agency *g = (struct agency *)a;
  struct signer signer = {.access_key = g->access_key.data,
                          .secret_key = g->secret_key.data,
                          .security_token = g->security_token.data};
  return request_sign(req, &signer, project_id, err);
}

/* Keys that have served are renewed at once; new ones that did not serve are
 * not followed by others before a pause. */
static void agency_reject(struct auth *a, const struct auth_outcome *outcome,
                          msec_t now) {
  struct agency *g = (struct agency *)a;
  if (g->access_key.len == 0)
    return;
  buf_reset(&g->access_key);
  request_signing_describe(&g->why, outcome);
  if (a->accepted)
    backoff_reset(&g->rejected_backoff);
  else
    backoff_grow(&g->rejected_backoff, REJECTED_RETRY_MIN, REJECTED_RETRY_MAX,
                 now);
}

static void agency_free(struct auth *a) {
  struct agency *g = (struct agency *)a;
  if (g->transfer != NULL)
    http_cancel(g->transfer);
  messages_reader_free(g->reader);
  buf_free(&g->access_key);
  buf_free(&g->secret_key);
  buf_free(&g->security_token);
  buf_free(&g->session);
  buf_free(&g->text);
  http_endpoint_finish(&g->endpoint);
  free(g);
}

static bool agency_share_key(const struct auth_options *o, struct buf *key,
                             struct err *err) {
  return registry_key_add(key, o->credential->metadata_endpoint, err);
}

static struct auth *agency_open(struct auths *auths,
                                const struct auth_options *o, struct err *err) {
  (void)auths;
  struct agency *g = calloc(1, sizeof(*g));
  if (g == NULL)
    return err_memory(err), NULL;
  g->timeout = o->timeout;
  g->connect = (struct http_connect_options){.no_proxy = true};
  buf_init(&g->access_key, MESSAGES_SECRET_MAX);
  buf_init(&g->secret_key, MESSAGES_SECRET_MAX);
  buf_init(&g->security_token, MESSAGES_SECRET_MAX);
  buf_init(&g->session, TEXT_MAX);
  buf_init(&g->text, TEXT_MAX);
  if (http_endpoint_init(&g->endpoint, o->credential->metadata_endpoint, err))
    return &g->base;
  agency_free(&g->base);
  return NULL;
}

const struct auth_scheme auth_agency = {
    .type = CREDENTIAL_AGENCY,
    .share_key = agency_share_key,
    .open = agency_open,
    .prepare = agency_prepare,
    .apply = agency_apply,
    .reject = agency_reject,
    .free = agency_free,
};
