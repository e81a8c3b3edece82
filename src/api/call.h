/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One request to the service, whatever it is for: authorizes it, sends it,
 * hands on the reply as it arrives, and says in the end what the reply means
 * for the one who asked. */

#ifndef DRS_API_CALL_H
#define DRS_API_CALL_H

#include "api/error.h"
#include "auth/auth.h"

/* Whom all requests of a project go to, and how. Strings are the caller's. */
struct api_service {
  struct http *http;
  struct auth *auth;
  struct http_endpoint endpoint;
  char *path; /* /v3/PROJECT/jobs */
  const char *project_id, *language;
  struct http_connect_options connect;
  void (*touched)(void *arg); /* after the end of each call; NULL: nothing */
  void *touched_arg;
};

/* What a reply says of itself. Strings are the reader's. */
struct api_error_body {
  const char *code, *message; /* of a refusal, or "" */
  const char *lacks; /* what a success should have had; NULL: nothing */
};

/* Who reads the reply. `arg` is the caller's. */
struct api_call_handler {
  /* A part of the body; false and an error: it is not as it should be. Not
   * believed of a refusal, which need not be JSON. */
  bool (*body)(void *arg, const char *bytes, size_t len, struct err *err);
  /* The reply is here; false and an error: the body should go on. */
  bool (*end)(void *arg, struct api_error_body *words, struct err *err);
  /* It is over; the outcome is in the post, which is free again. */
  void (*done)(void *arg);
};

/* A place for one request. */
struct api_call {
  const struct api_service *service;
  const struct api_call_handler *handler;
  void *arg;
  unsigned serial;                /* of the credentials */
  struct http_transfer *transfer; /* NULL: the place is free */

  /* The outcome; while a reply arrives, `refusal` says whether it is one. */
  enum api_error error; /* API_ERROR_NONE: a success */
  struct err err;       /* set unless API_ERROR_NONE */
  bool rejects_job;     /* for certain, an id is the reason */
  msec_t retry_after;   /* -1: not said */
};

/* Credentials for the next request; adds to `*requests` those that it sends for
 * them. */
enum auth_state api_call_prepare(const struct api_service *service,
                                 uint64_t *requests, msec_t now,
                                 struct err *err);

/* Sends `body` to the service's URL with `path` behind it. False and an error:
 * nothing was sent, and no handler will be called. */
bool api_call_start(struct api_call *post, const char *path,
                    const struct buf *body, msec_t timeout, struct err *err);

/* Ends it without a call of the handler. */
void api_call_cancel(struct api_call *post);

#endif
