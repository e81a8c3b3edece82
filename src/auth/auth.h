/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * "Authorize this request": one seam for a token, which is a header, and for a
 * signature, which needs the whole request. Each way has a file of its own,
 * with a const table of methods at its end.
 *
 * In a read: auth_begin, auth_prepare until it is not busy, auth_apply on each
 * request, and for each of these auth_done when the request is over, with what
 * came of it; after a refusal auth_prepare again. Like all of the network it
 * belongs to one thread.
 *
 * Projects with the same credentials share one struct auth, and with it one
 * login and one pause after a refusal. */

#ifndef DRS_AUTH_AUTH_H
#define DRS_AUTH_AUTH_H

#include "auth/registry.h"
#include "net/http.h"
#include "poll/project_config.h"

enum auth_state {
  AUTH_READY,  /* requests can be authorized */
  AUTH_BUSY,   /* wait for what is under way, and ask again */
  AUTH_REFUSED /* not now; `err` says why */
};

enum auth_result {
  AUTH_ACCEPTED,    /* the service knows us */
  AUTH_REJECTED,    /* it does not: `err` has its words */
  AUTH_INCONCLUSIVE /* it did not say, or not to us */
};

/* A request that is over. */
struct auth_outcome {
  enum auth_result verdict;
  unsigned serial; /* what auth_apply used */
  const struct err *why;
  time_t server_date; /* the server's clock; -1: unknown */
};

struct auth;

struct auth_scheme {
  /* A read starts: what was refused in an earlier one may be tried again. NULL
   * where that could do harm. */
  void (*begin)(struct auth *a);
  /* Gets what is missing or will end soon. May use the network. */
  enum auth_state (*prepare)(struct auth *a, struct http *http, msec_t now,
                             struct err *err);
  /* Adds to the request's headers. Does not use the network. */
  bool (*apply)(struct auth *a, const char *project_id,
                struct http_request *req, struct err *err);
  /* What was applied was refused. */
  void (*reject)(struct auth *a, const struct auth_outcome *outcome,
                 msec_t now);
  void (*free)(struct auth *a);
};

/* The common part; first member of each scheme's own struct. */
struct auth {
  struct registry_entry entry;
  const struct auth_scheme *scheme;
  const char
      *insecure_file; /* a secret's file that not only its owner may read */
  uint64_t requests;  /* sent for credentials, since the start */
  unsigned serial;    /* of what apply uses now */
  bool accepted;      /* the service has accepted it at least once */
  unsigned in_flight; /* requests applied to and not yet done */
};

/* What is shared; all zero at first, and again when all has been closed. */
struct auths {
  struct registry_entry *all;
  struct registry_entry *users; /* of identity services */
};

/* Credentials for a project, in the way that its options choose. Takes over
 * the secrets of the options; the rest must outlive all that is in `auths`,
 * because what is shared may use the options of the first who opened it. */
struct auth *auth_open(struct auths *auths, struct project_config *o,
                       struct err *err);
void auth_close(struct auths *auths, struct auth *a);

static inline void auth_begin(struct auth *a) {
  if (a->scheme->begin != NULL)
    a->scheme->begin(a);
}

static inline enum auth_state auth_prepare(struct auth *a, struct http *http,
                                           msec_t now, struct err *err) {
  return a->scheme->prepare(a, http, now, err);
}

/* `*serial` is to be handed to auth_done. */
bool auth_apply(struct auth *a, const char *project_id,
                struct http_request *req, unsigned *serial, struct err *err);
void auth_done(struct auth *a, const struct auth_outcome *outcome, msec_t now);

/* For the schemes */

/* Reads a secret again that may have changed. False: there is none; the error
 * calls it by `name`. */
bool auth_refresh(struct auth *a, struct secret *s, const char *name,
                  bool *changed, struct err *err);

/* From now on apply uses something new. */
void auth_renewed(struct auth *a);

/* How the project's options say that hosts are to be reached. */
struct http_connect_options
auth_connect_options(const struct project_config *o);

/* The credential_types. Each takes over its secrets from the options. NULL: out
 * of memory. */
struct auth *auth_token_new(struct auths *auths, struct project_config *o,
                            struct err *err);
struct auth *auth_password_new(struct auths *auths, struct project_config *o,
                               struct err *err);
struct auth *auth_access_key_new(struct auths *auths, struct project_config *o,
                                 struct err *err);
struct auth *auth_agency_new(struct auths *auths, struct project_config *o,
                             struct err *err);

#endif
