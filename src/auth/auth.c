/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The credential types; sharing between projects; results of requests. */

#include "auth/auth.h"

#define ADDRESS(NAME, name) &auth_##name,
static const struct auth_scheme *const schemes[CREDENTIAL_TYPES] = {
    CREDENTIAL_ROWS(ADDRESS)};

struct auth *auth_open(struct auths *auths, const struct auth_options *o,
                       struct err *err) {
  enum credential_type type = o->credential->type;
  const struct auth_scheme *scheme = schemes[type];
  struct buf key;
  struct auth *a = NULL;
  buf_init(&key, REGISTRY_KEY_MAX);
  if (buf_addf(&key, err, "%d", type) && scheme->share_key(o, &key, err)) {
    a = (struct auth *)registry_find(&auths->all, &key);
    if (a == NULL && (a = scheme->open(auths, o, err)) != NULL) {
      a->scheme = scheme;
      a->look_at = CLOCK_NEVER;
      registry_add(&auths->all, &a->entry, &key);
    }
  }
  buf_free(&key);
  return a;
}

void auth_close(struct auth *a) {
  if (a != NULL && registry_release(&a->entry))
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

/* A result from before the last renewal says nothing of the new credentials.
 */
void auth_done(struct auth *a, const struct auth_report *outcome, msec_t now) {
  bool current = outcome->serial == a->serial;
  a->in_flight--;
  if (a->scheme->done != NULL)
    a->scheme->done(a, outcome);
  if (current && outcome->result == AUTH_ACCEPTED)
    a->accepted = true;
  else if (current && outcome->result == AUTH_REJECTED)
    a->scheme->reject(a, outcome, now);
}

enum auth_state auth_refresh(struct auth *a, struct secret *s, const char *name,
                             msec_t now, struct err *err) {
  struct err cause = ERR_INIT;
  enum file_state state = secret_refresh(s, now, &cause);
  a->exposure = err_is_set(&s->exposure) ? &s->exposure : NULL;
  a->look_at = CLOCK_NEVER;
  a->refreshed = state == FILE_NEW;
  if (state == FILE_CHANGING) {
    a->look_at = file_next_look(&s->file, now);
    if (a->look_at != CLOCK_NEVER)
      return AUTH_BUSY;
    if (!secret_is_known(s))
      err_set(&cause, ERR_AUTH, "is being written");
  }
  if (!err_is_set(&cause) || secret_is_known(s))
    return AUTH_READY;
  err_set(err, ERR_AUTH, "the %s file %s %s", name, s->file.path, cause.text);
  return AUTH_REFUSED;
}

void auth_renewed(struct auth *a) {
  a->serial++;
  a->accepted = false;
}

bool auth_key_add_secret(struct buf *key, const struct secret_config *s,
                         struct err *err) {
  return registry_key_add(key, s->path, err) &&
         registry_key_add(key, s->value, err);
}

bool auth_key_add_connect(struct buf *key, const struct http_connect_options *c,
                          struct err *err) {
  return registry_key_add(key, c->verify_peer ? "peer" : NULL, err) &&
         registry_key_add(key, c->verify_host ? "host" : NULL, err) &&
         registry_key_add(key, c->ca_cert, err) &&
         registry_key_add(key, c->client_cert, err) &&
         registry_key_add(key, c->client_key, err) &&
         registry_key_add(key, c->proxy, err);
}
