/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A call of the API: writes the request, authorizes and sends it, decodes the
 * response as it arrives, and classifies the outcome.
 *
 * Each kind of call is a const struct api_call_type at the end of a file of its
 * own. Those that jobs are polled with are listed in job_call.h.
 *
 *     call->target = &response;
 *     switch (api_call_start(call, &progress_call, &ids, now, &err)) {
 *     case AUTH_READY: ...    call->done(call), when the outcome is in `call`
 *     case AUTH_BUSY: ...     it waits for credentials: try again
 *     case AUTH_REFUSED: ...  it cannot be made: err
 *     } */

#ifndef DRS_API_CALL_H
#define DRS_API_CALL_H

#include "api/error.h"
#include "auth/auth.h"
#include "base/json_decoder.h"

struct api_call_type {
  const char *path; /* below /v3/PROJECT/jobs */
  /* Appends the request's body. */
  bool (*write)(struct buf *body, const void *args, struct err *err);
  const struct json_shape *response; /* the table of its root */
  const char *required; /* the member that each success has; NULL: none */
  size_t item_size;     /* of a call in job_call.h ... */
  size_t ids_max; /* ... and how many ids a request may have; 0: not known */
  bool optional;  /* rejected for any reason where it is not offered, so that a
                     rejection says nothing of the credentials */
};

/* Common to the calls of a project. Strings are the owner's. */
struct api_service {
  const char *name; /* of the project, for the observer */
  struct http *http;
  struct auth *auth;
  struct http_endpoint endpoint;
  char *path; /* /v3/PROJECT/jobs */
  const char *project_id, *language;
  struct http_connect_options connect;
  struct request_queue *queue;         /* of their requests */
  msec_t timeout;                      /* of each */
  uint64_t *requests, *token_requests; /* count those that are sent */
  /* A call is over. NULL: nothing is called. */
  void (*wake_owner)(void *arg);
  void *owner;
};

/* A call under way, or over. The owner sets the first four. */
struct api_call {
  const struct api_service *service;
  void (*done)(struct api_call *call); /* the call may be started anew in it */
  void *arg;
  void *target; /* of the response's table */

  const struct api_call_type *type;
  struct json_decoder *decoder;
  unsigned serial;                /* of the credentials */
  struct http_transfer *transfer; /* NULL: not under way */

  /* The outcome. */
  enum api_error error; /* API_ERROR_NONE: a success */
  struct err err;       /* set unless API_ERROR_NONE */
  bool rejects_job;     /* an id is certainly the reason */
  bool refuses_call;    /* see api_error_refuses_call */
  msec_t retry_after;   /* -1: the service requests no pause */
};

/* Sees all responses before their owners do: of use to drs-check alone, whose
 * `collectd -T` sets it before any call starts. NULL: nobody looks. */
struct api_call_observer {
  /* A part of a body; may be NULL. */
  void (*body)(const struct api_call *call, long status, const char *bytes,
               size_t len);
  /* The outcome. Status 0: no response came. */
  void (*response)(const struct api_call *call, long status);
};
extern const struct api_call_observer *api_call_observer;

/* `args` are for the type's `write`. AUTH_READY: it is under way. Otherwise it
 * was not sent, and `done` will not be called: AUTH_BUSY while credentials are
 * requested, AUTH_REFUSED with an error. */
enum auth_state api_call_start(struct api_call *call,
                               const struct api_call_type *type,
                               const void *args, msec_t now, struct err *err);

/* Ends it without `done`. */
void api_call_cancel(struct api_call *call);

static inline bool api_call_is_under_way(const struct api_call *call) {
  return call->transfer != NULL;
}

#endif
