/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One request to the service, whatever it is for: authorizes it, sends it,
 * hands on the reply as it arrives, and says in the end what the reply means
 * for the one who asked. */

#ifndef DRS_POST_H
#define DRS_POST_H

#include "auth.h"
#include "refusal.h"

/* Whom all requests of a project go to, and how. Strings are the caller's. */
struct post_service {
  struct http *http;
  struct auth *auth;
  char *url; /* ENDPOINT/v3/PROJECT/jobs */
  const char *project_id, *language;
  struct http_peer peer;
};

/* What a reply says of itself. Strings are the reader's. */
struct post_words {
  const char *code, *message; /* of a refusal, or "" */
  const char *lacks; /* what a success should have had; NULL: nothing */
};

/* Who reads the reply. `arg` is the caller's. */
struct post_handler {
  /* A part of the body; false and an error: it is not as it should be. Not
   * believed of a refusal, which need not be JSON. */
  bool (*body)(void *arg, const char *bytes, size_t len, struct err *err);
  /* The reply is here; false and an error: the body should go on. */
  bool (*end)(void *arg, struct post_words *words, struct err *err);
  /* It is over; the outcome is in the post, which is free again. */
  void (*done)(void *arg);
};

/* A place for one request. */
struct post {
  const struct post_service *service;
  const struct post_handler *handler;
  void *arg;
  unsigned serial;        /* of the credentials */
  struct http_call *call; /* NULL: the place is free */

  /* The outcome; while a reply arrives, `refusal` says whether it is one. */
  enum refusal_kind refusal; /* REFUSAL_NONE: a success */
  struct err err;            /* set unless REFUSAL_NONE */
  bool blames_job;           /* for certain, an id is the reason */
  msec_t retry_after;        /* -1: not said */
};

/* Credentials for the next request; adds to `*requests` those that it sends for
 * them. */
enum auth_state post_prepare(const struct post_service *service,
                             uint64_t *requests, msec_t now, struct err *err);

/* Sends `body` to the service's URL with `path` behind it. False and an error:
 * nothing was sent, and no handler will be called. */
bool post_start(struct post *post, const char *path, const struct buf *body,
                msec_t timeout, struct err *err);

/* Ends it without a call of the handler. */
void post_cancel(struct post *post);

#endif
