/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What all credential_types to authorize a request have in common: which one it
 * is, who shares it, and what is known of it. */

#include "auth/auth.h"

struct way {
  /* Whether the options choose it. */
  bool (*chosen)(const struct project_config *o);
  /* Appends what makes two projects share it. */
  bool (*key)(const struct project_config *o, struct buf *key, struct err *err);
  struct auth *(*open)(struct auths *auths, struct project_config *o,
                       struct err *err);
};

/* Appends to a key how hosts are to be reached. */
static bool connect_options_key(const struct project_config *o, struct buf *key,
                                struct err *err) {
  return registry_key_add(key, o->verify_peer ? "peer" : NULL, err) &&
         registry_key_add(key, o->verify_host ? "host" : NULL, err) &&
         registry_key_add(key, o->ca_cert, err) &&
         registry_key_add(key, o->client_cert, err) &&
         registry_key_add(key, o->client_key, err) &&
         registry_key_add(key, o->proxy, err);
}

static bool secret_key(const struct secret *s, struct buf *key,
                       struct err *err) {
  return registry_key_add(key, s->file.path, err) &&
         (s->file.path != NULL || registry_key_add(key, s->value.data, err));
}

static bool token_chosen(const struct project_config *o) {
  return secret_is_set(&o->token);
}

static bool token_key(const struct project_config *o, struct buf *key,
                      struct err *err) {
  return registry_key_add(key, "token", err) && secret_key(&o->token, key, err);
}

static bool password_chosen(const struct project_config *o) {
  return o->identity_endpoint != NULL;
}

static bool password_key(const struct project_config *o, struct buf *key,
                         struct err *err) {
  return registry_key_add(key, "iam", err) &&
         registry_key_add(key, o->identity_endpoint, err) &&
         registry_key_add(key, o->domain_name, err) &&
         registry_key_add(key, o->user, err) &&
         registry_key_add(key, o->project_id, err) &&
         connect_options_key(o, key, err) && secret_key(&o->password, key, err);
}

static bool access_key_chosen(const struct project_config *o) {
  return o->access_key != NULL;
}

static bool access_key_key(const struct project_config *o, struct buf *key,
                           struct err *err) {
  return registry_key_add(key, "key", err) &&
         registry_key_add(key, o->access_key, err) &&
         secret_key(&o->secret_key, key, err) &&
         secret_key(&o->security_token, key, err);
}

static bool agency_chosen(const struct project_config *o) { return o->agency; }

static bool agency_key(const struct project_config *o, struct buf *key,
                       struct err *err) {
  return registry_key_add(key, "agency", err) &&
         registry_key_add(key, o->metadata_endpoint, err);
}

static const struct way credential_types[] = {
    {token_chosen, token_key, auth_token_new},
    {password_chosen, password_key, auth_password_new},
    {access_key_chosen, access_key_key, auth_access_key_new},
    {agency_chosen, agency_key, auth_agency_new},
};

static const struct way *find_credential_type(const struct project_config *o) {
  const struct way *way = credential_types;
  while (!way->chosen(o))
    way++;
  return way;
}

struct auth *auth_open(struct auths *auths, struct project_config *o,
                       struct err *err) {
  const struct way *way = find_credential_type(o);
  struct buf key;
  struct registry_entry *shared = NULL;
  buf_init(&key, REGISTRY_KEY_MAX);
  if (way->key(o, &key, err))
    shared = registry_find(auths->all, &key);
  if (shared == NULL && key.len > 0) {
    struct auth *fresh = way->open(auths, o, err);
    if (fresh != NULL)
      registry_add(&auths->all, shared = &fresh->entry, &key);
  }
  buf_free(&key);
  return (struct auth *)shared;
}

void auth_close(struct auths *auths, struct auth *a) {
  if (a != NULL && registry_release(&auths->all, &a->entry))
    a->scheme->free(a);
}

bool auth_apply(struct auth *a, const char *project_id,
                struct http_request *req, unsigned *serial, struct err *err) {
  *serial = a->serial;
  if (!a->scheme->apply(a, project_id, req, err))
    return false;
  a->in_flight++;
  return true;
}

/* Of several requests under way with the same credentials, the first refusal
 * counts; the others tell nothing new. */
void auth_done(struct auth *a, const struct auth_outcome *outcome, msec_t now) {
  a->in_flight--;
  if (outcome->serial != a->serial)
    return;
  if (outcome->verdict == AUTH_ACCEPTED)
    a->accepted = true;
  else if (outcome->verdict == AUTH_REJECTED)
    a->scheme->reject(a, outcome, now);
}

bool auth_refresh(struct auth *a, struct secret *s, const char *name,
                  bool *changed, struct err *err) {
  struct err cause = ERR_INIT;
  bool ok = secret_refresh(s, changed, &cause);
  a->insecure_file = s->readable_by_others ? s->file.path : NULL;
  return ok || err_set(err, ERR_AUTH, "the %s file %s %s", name, s->file.path,
                       cause.text);
}

void auth_renewed(struct auth *a) {
  a->serial++;
  a->accepted = false;
}

struct http_connect_options
auth_connect_options(const struct project_config *o) {
  return (struct http_connect_options){.verify_peer = o->verify_peer,
                                       .verify_host = o->verify_host,
                                       .ca_cert = o->ca_cert,
                                       .client_cert = o->client_cert,
                                       .client_key = o->client_key,
                                       .proxy = o->proxy};
}
