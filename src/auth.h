/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * "Authorize this request": one seam for a token, which is a header, and for a
 * signature, which needs the whole request. Each way has a file of its own,
 * with a const table of methods at its end.
 *
 * In a read: auth_prepare until it is not busy, auth_apply on each request,
 * auth_reject when the service does not accept what was applied, and then
 * auth_prepare again. Like all of the network it belongs to one thread. */

#ifndef DRS_AUTH_H
#define DRS_AUTH_H

#include "http.h"
#include "secret.h"

enum auth_state {
  AUTH_READY,  /* requests can be authorized */
  AUTH_BUSY,   /* a request of its own is under way: ask again */
  AUTH_REFUSED /* not now; `err` says why */
};

struct auth;

/* All must be set. */
struct auth_scheme {
  const char *name;
  /* A read starts: what was refused in an earlier one may be tried again,
   * where that does no harm. */
  void (*begin)(struct auth *a, msec_t now);
  /* Gets what is missing or will end soon. May use the network. */
  enum auth_state (*prepare)(struct auth *a, struct http *http, msec_t now,
                             struct err *err);
  /* Adds to the request's headers. Does not use the network. */
  bool (*apply)(struct auth *a, struct http_request *req, struct err *err);
  /* What was applied was refused, with these words, by a server with this
   * clock (-1: unknown). */
  void (*reject)(struct auth *a, const struct err *why, time_t server_date,
                 msec_t now);
  void (*free)(struct auth *a);
};

/* The common part; first member of each scheme's own struct. */
struct auth {
  const struct auth_scheme *scheme;
  unsigned serial;   /* of what apply uses now; changes with it */
  uint64_t requests; /* sent for credentials, since the start */
};

/* A token: literal, or from a file that is read again when it changes. Takes
 * over the secret, also when it fails. NULL: out of memory. */
struct auth *auth_token_new(struct secret *token, struct err *err);

void auth_free(struct auth *a);

static inline void auth_begin(struct auth *a, msec_t now) {
  a->scheme->begin(a, now);
}

static inline enum auth_state auth_prepare(struct auth *a, struct http *http,
                                           msec_t now, struct err *err) {
  return a->scheme->prepare(a, http, now, err);
}

/* `*serial` is to be handed to auth_reject if the request is refused. */
static inline bool auth_apply(struct auth *a, struct http_request *req,
                              unsigned *serial, struct err *err) {
  *serial = a->serial;
  return a->scheme->apply(a, req, err);
}

/* Of several requests under way with the same credentials, the first refusal
 * counts; the others tell nothing new. */
static inline void auth_reject(struct auth *a, unsigned serial,
                               const struct err *why, time_t server_date,
                               msec_t now) {
  if (serial == a->serial)
    a->scheme->reject(a, why, server_date, now);
}

/* Appends the header "Name: value" to those of a request. */
bool auth_add_header(struct http_request *req, const char *name,
                     const char *value, struct err *err);

#endif
