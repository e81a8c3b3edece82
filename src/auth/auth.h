/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * "Authorize this request": one interface for a token, which is a header, and
 * for a signature, which needs the whole request. Each credential type has a
 * file of its own with its struct auth_scheme at the end.
 *
 *     auth_begin(a)                            a cycle starts
 *     while (auth_prepare(a, ...) == AUTH_BUSY)
 *       ...                                    wait for the network
 *     auth_apply(a, ..., &req, &serial, ...)   for each request
 *     auth_done(a, &outcome, now)              when it is over
 *
 * After a rejection, auth_prepare again. All of it belongs to the thread that
 * owns the network.
 *
 * Projects with the same credential share one struct auth, and with it one
 * login and one pause after a rejection. */

#ifndef DRS_AUTH_AUTH_H
#define DRS_AUTH_AUTH_H

#include "auth/credential_config.h"
#include "auth/registry.h"
#include "net/http.h"

enum auth_state {
  AUTH_READY,  /* requests can be authorized */
  AUTH_BUSY,   /* a request for credentials is in flight, or a file is being
                  written: call again */
  AUTH_REFUSED /* not now; `err` says why */
};

enum auth_result {
  AUTH_ACCEPTED,    /* the service accepted the credential */
  AUTH_REJECTED,    /* the service rejected it; `err` has its message */
  AUTH_INCONCLUSIVE /* no response, or an inconclusive one */
};

/* A request that is over. */
struct auth_report {
  enum auth_result result;
  unsigned serial; /* as auth_apply gave it */
  const struct err *err;
  time_t server_date; /* the server's clock; -1: unknown */
};

struct auth;
struct auths;

/* A project's credential, and how its services are reached. */
struct auth_options {
  const struct credential_config *credential;
  const char *project_id; /* the scope of a login */
  msec_t timeout;
  struct http_connect_options connect;
};

struct auth_scheme {
  /* Appends all that makes two projects share a credential. */
  bool (*share_key)(const struct auth_options *o, struct buf *key,
                    struct err *err);
  /* NULL: out of memory. */
  struct auth *(*open)(struct auths *auths, const struct auth_options *o,
                       struct err *err);
  /* A cycle starts: a credential rejected in an earlier one may be tried
   * again. NULL where that could lock an account. */
  void (*begin)(struct auth *a);
  /* Gets credentials that are missing or end soon. May use the network. */
  enum auth_state (*prepare)(struct auth *a, struct http *http, msec_t now,
                             struct err *err);
  /* Adds headers to the request. Does not use the network. */
  bool (*apply)(struct auth *a, const char *project_id,
                struct http_request *req, struct err *err);
  /* The service rejected the credentials that apply uses now. */
  void (*reject)(struct auth *a, const struct auth_report *outcome, msec_t now);
  /* A request is over, whatever its result; before `reject`. May be NULL. */
  void (*done)(struct auth *a, const struct auth_report *outcome);
  void (*free)(struct auth *a);
};

#define AUTH_EXTERN(NAME, name) extern const struct auth_scheme auth_##name;
CREDENTIAL_ROWS(AUTH_EXTERN)

/* The common part; the first member of each scheme's own struct. */
struct auth {
  struct registry_entry entry;
  const struct auth_scheme *scheme;
  const struct err *exposure; /* others may read a secret's file; or NULL */
  uint64_t requests;          /* sent for credentials, since the start */
  unsigned serial;            /* of the credentials that apply uses now */
  bool accepted;              /* the service has accepted it at least once */
  unsigned in_flight;         /* requests applied to and not yet done */
  bool refreshed;             /* the last look at a file found another value */
  msec_t look_at; /* a file is looked at again then; CLOCK_NEVER: not */
};

/* Shared by projects; all zero at first, and again when all is closed. */
struct auths {
  struct registry all;
  struct registry accounts; /* users and access keys */
};

/* The credential of a project. It borrows the strings of the options, which
 * have to stay until all of `auths` is closed: a shared credential uses those
 * of the project that opened it first. NULL: out of memory, and nothing is
 * kept. */
struct auth *auth_open(struct auths *auths, const struct auth_options *o,
                       struct err *err);
void auth_close(struct auth *a);

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
void auth_done(struct auth *a, const struct auth_report *outcome, msec_t now);

/* For the schemes */

/* Reads a secret again that may have changed, and sets `refreshed`. AUTH_BUSY:
 * its file is being written, and is looked at again at `look_at`; the old
 * value, if any, is still there. AUTH_REFUSED: there is no value; the error
 * calls it by `name`. */
enum auth_state auth_refresh(struct auth *a, struct secret *s, const char *name,
                             msec_t now, struct err *err);

/* From now on apply uses something new. */
void auth_renewed(struct auth *a);

/* Appends to a key a secret as it is configured; how hosts are reached. */
bool auth_key_add_secret(struct buf *key, const struct secret_config *s,
                         struct err *err);
bool auth_key_add_connect(struct buf *key, const struct http_connect_options *c,
                          struct err *err);

#endif
