/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Temporary keys of the server's agency, from the cloud's metadata service: no
 * secret is stored. There are two requests: for a session token, where the
 * service offers it, and for the keys. They are repeated before the keys end.
 */

#include "auth/lease.h"
#include "auth/messages.h"
#include "auth/request_signing.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>

#define SESSION_PATH "/meta-data/latest/api/token"
#define SESSION_SECONDS "21600"
#define KEYS_PATH "/openstack/latest/securitykey"

/* Milliseconds. */
static const struct lease_margins margins = {10 * 60 * 1000, 40 * 60 * 1000};
/* The life of keys without a known end. */
#define LIFE_UNKNOWN (80 * 60 * 1000)

/* Kept of a response that is not JSON. */
#define TEXT_MAX 4096

struct agency {
  struct auth base;
  struct auth_options options;
  struct http_endpoint endpoint;
  struct request_queue queue; /* of its requests */

  struct lease lease;
  struct buf access_key;
  struct secret secret_key, security_token;

  struct http_transfer *transfer; /* NULL: no request is in flight */
  bool has_session; /* the first request is over; `session` may be empty */
  struct secret session;
  struct buf text;
  struct messages_reader *reader;
};

static void fail_agency(struct agency *g, msec_t now) {
  g->has_session = false;
  lease_fail(&g->lease, -1, now);
}

/* The session token */

static bool text_body(void *arg, const struct http_response *response,
                      const char *bytes, size_t len) {
  (void)response;
  struct agency *g = arg;
  return buf_add(&g->text, bytes, len, NULL);
}

/* Where the service does not offer it, the keys are to be had without. */
static void session_done(void *arg, const struct http_response *response,
                         const struct err *err) {
  struct agency *g = arg;
  struct err cause = ERR_INIT;
  g->transfer = NULL;
  g->has_session = true;
  secret_clear(&g->session);
  if (err_is_set(err))
    err_set(&g->lease.failure, err->kind, "metadata service: %s", err->text);
  else if (response->status == 200 &&
           !secret_set(&g->session, g->text.data, &cause))
    err_set(&g->lease.failure, ERR_RESPONSE,
            "metadata service: the session token %s", cause.text);
  buf_reset(&g->text);
  if (err_is_set(&g->lease.failure))
    fail_agency(g, clock_now());
}

/* The keys */

static void drop_keys(struct agency *g) {
  buf_reset(&g->access_key);
  secret_clear(&g->secret_key);
  secret_clear(&g->security_token);
  g->lease.granted = false;
}

static bool store_keys(struct agency *g, const struct messages_response *keys,
                       struct err *err) {
  if (keys->access.len == 0 || keys->secret.len == 0)
    return err_set(err, ERR_RESPONSE, "the metadata service sent no keys");
  buf_reset(&g->access_key);
  secret_clear(&g->security_token);
  return buf_adds(&g->access_key, keys->access.data, err) &&
         secret_set(&g->secret_key, keys->secret.data, err) &&
         (keys->security_token.len == 0 ||
          secret_set(&g->security_token, keys->security_token.data, err));
}

static void accept_keys(struct agency *g, const struct http_response *response,
                        msec_t now) {
  const struct messages_response *keys = messages_finish(g->reader, NULL);
  msec_t life = messages_life(keys, response->date, LIFE_UNKNOWN);
  if (!store_keys(g, keys, &g->lease.failure)) {
    drop_keys(g);
    fail_agency(g, now);
    return;
  }
  auth_renewed(&g->base);
  if (lease_grant(&g->lease, life, &margins, now))
    return;
  err_set(&g->lease.failure, ERR_RESPONSE,
          "the metadata service sent keys that have expired");
  drop_keys(g);
}

static bool keys_body(void *arg, const struct http_response *response,
                      const char *bytes, size_t len) {
  struct agency *g = arg;
  if (response->status != 200)
    return text_body(arg, response, bytes, len);
  return messages_feed(g->reader, bytes, len, &g->lease.failure);
}

static void note_metadata_error(struct agency *g,
                                const struct http_response *response,
                                msec_t now) {
  if (strstr(g->text.data, "configure Cloud Service Agency") != NULL)
    err_set(&g->lease.failure, ERR_AUTH,
            "this server has no agency; give it one that may read DRS tasks");
  else
    err_set(&g->lease.failure, ERR_AUTH,
            "the metadata service gave no keys (HTTP %ld)", response->status);
  fail_agency(g, now);
}

static void keys_done(void *arg, const struct http_response *response,
                      const struct err *err) {
  struct agency *g = arg;
  msec_t now = clock_now();
  g->transfer = NULL;
  g->has_session = false;
  if (err_is_set(err)) {
    err_set(&g->lease.failure, err->kind, "metadata service: %s", err->text);
    fail_agency(g, now);
  } else if (response->status == 200) {
    accept_keys(g, response, now);
  } else {
    note_metadata_error(g, response, now);
  }
  messages_reader_free(g->reader);
  g->reader = NULL;
}

/* Requests */

static const struct http_handler session_handler = {.body = text_body,
                                                    .done = session_done};
static const struct http_handler keys_handler = {.body = keys_body,
                                                 .done = keys_done};

static bool send_request(struct agency *g, struct http *http,
                         struct http_request *req,
                         const struct http_handler *handler) {
  req->endpoint = &g->endpoint;
  req->timeout = g->options.timeout;
  req->connect = &g->options.connect;
  req->queue = &g->queue;
  g->transfer = http_start(http, req, handler, g, &g->lease.failure);
  g->base.requests += g->transfer != NULL;
  return g->transfer != NULL;
}

static bool request_session(struct agency *g, struct http *http) {
  struct http_request req = {.method = "PUT", .path = SESSION_PATH, .body = ""};
  bool ok = http_request_add_header(&req, "X-Metadata-Token-Ttl-Seconds",
                                    SESSION_SECONDS, &g->lease.failure) &&
            send_request(g, http, &req, &session_handler);
  http_request_finish(&req);
  return ok;
}

static bool request_keys(struct agency *g, struct http *http) {
  struct http_request req = {.method = "GET", .path = KEYS_PATH};
  g->reader = messages_reader_new();
  bool ok =
      (g->reader != NULL || err_memory(&g->lease.failure)) &&
      (!secret_is_known(&g->session) ||
       http_request_add_header(&req, "X-Metadata-Token", g->session.value.data,
                               &g->lease.failure)) &&
      send_request(g, http, &req, &keys_handler);
  http_request_finish(&req);
  return ok;
}

/* Sends the next of the two requests. */
static void request_next(struct agency *g, struct http *http, msec_t now) {
  buf_reset(&g->text);
  err_clear(&g->lease.failure);
  if (g->has_session ? request_keys(g, http) : request_session(g, http))
    return;
  messages_reader_free(g->reader);
  g->reader = NULL;
  fail_agency(g, now);
}

/* The scheme */

static enum auth_state agency_prepare(struct auth *a, struct http *http,
                                      msec_t now, struct err *err) {
  struct agency *g = (struct agency *)a;
  if (g->transfer == NULL && lease_is_wanted(&g->lease, now))
    request_next(g, http, now);
  if (lease_is_usable(&g->lease, now)) /* new keys: one request at a time */
    return a->accepted || a->in_flight == 0 ? AUTH_READY : AUTH_BUSY;
  if (g->transfer != NULL)
    return AUTH_BUSY;
  lease_explain(&g->lease, now, err);
  return AUTH_REFUSED;
}

static bool agency_apply(struct auth *a, const char *project_id,
                         struct http_request *req, struct err *err) {
  struct agency *g = (struct agency *)a;
  struct signer signer = {.access_key = g->access_key.data,
                          .secret_key = g->secret_key.value.data,
                          .security_token = g->security_token.value.data};
  return request_sign(req, &signer, project_id, err);
}

/* Keys that served ended early, and others will serve. After keys that never
 * served the next may be no better. */
static void agency_reject(struct auth *a, const struct auth_report *outcome,
                          msec_t now) {
  struct agency *g = (struct agency *)a;
  if (!g->lease.granted)
    return; /* another request was rejected first */
  request_signing_describe(&g->lease.rejection, outcome);
  drop_keys(g);
  lease_reject(&g->lease, a->accepted, now);
}

static void agency_free(struct auth *a) {
  struct agency *g = (struct agency *)a;
  if (g->transfer != NULL)
    http_cancel(g->transfer);
  messages_reader_free(g->reader);
  buf_free(&g->access_key);
  secret_free(&g->secret_key);
  secret_free(&g->security_token);
  secret_free(&g->session);
  buf_free(&g->text);
  http_endpoint_finish(&g->endpoint);
  free(g);
}

static bool agency_share_key(const struct auth_options *o, struct buf *key,
                             struct err *err) {
  const char *endpoint = o->credential->metadata_endpoint;
  return registry_key_add(key, endpoint, err) &&
         (!url_is_https(endpoint) ||
          auth_key_add_connect(key, &o->connect, err));
}

static struct auth *agency_open(struct auths *auths,
                                const struct auth_options *o, struct err *err) {
  (void)auths;
  struct agency *g = calloc(1, sizeof(*g));
  if (g == NULL)
    return err_memory(err), NULL;
  request_queue_init(&g->queue);
  g->options = *o;
  g->options.connect.proxy = NULL;
  g->options.connect.no_proxy = true; /* each server has a service of its own */
  buf_init(&g->access_key, MESSAGES_SECRET_MAX);
  buf_init(&g->text, TEXT_MAX);
  if (secret_init(&g->secret_key, NULL, err) &&
      secret_init(&g->security_token, NULL, err) &&
      secret_init(&g->session, NULL, err) &&
      http_endpoint_init(&g->endpoint, o->credential->metadata_endpoint, err))
    return &g->base;
  agency_free(&g->base);
  return NULL;
}

const struct auth_scheme auth_agency = {
    .share_key = agency_share_key,
    .open = agency_open,
    .prepare = agency_prepare,
    .apply = agency_apply,
    .reject = agency_reject,
    .free = agency_free,
};
