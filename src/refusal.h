/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What an answer other than "here you are" means for the one who asked. Codes
 * are those that the vendors' documents and SDKs show; the gateway spells its
 * own both APIG.0301 and APIGW.0301. */

#ifndef DRS_REFUSAL_H
#define DRS_REFUSAL_H

#include "err.h"

enum refusal_kind {
  REFUSAL_NONE,       /* success */
  REFUSAL_CREDENTIAL, /* token or signature not accepted: a new one may be */
  REFUSAL_PERMISSION, /* we are known, and may not: a new token won't help */
  REFUSAL_THROTTLED,  /* too many requests */
  REFUSAL_SIZE,       /* too many ids, or bytes, in one request */
  REFUSAL_JOB,        /* at least one id of the request, perhaps all */
  REFUSAL_EMPTY,      /* none of the ids is known */
  REFUSAL_SERVICE,    /* the service is ill */
  REFUSAL_OTHER       /* it will not do this, whatever we change */
};

/* `status`: the HTTP status; `code`, `message`: the body's, or "". An error
 * code inside a success (DRS.M01504 comes with 202) is a refusal. */
enum refusal_kind refusal_kind(long status, const char *code,
                               const char *message);

/* Whether the code is one that blames an id for certain. Other refusals of
 * kind REFUSAL_JOB only may mean that. */
bool refusal_blames_job(const char *code);

/* Where an error of this kind is counted. */
enum err_kind refusal_err_kind(enum refusal_kind kind);

/* Fills `e` with the refusal in words: what it means, status, code, message.
 * Always returns false. */
bool refusal_explain(struct err *e, enum refusal_kind kind, long status,
                     const char *code, const char *message);

#endif
