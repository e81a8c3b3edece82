/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Classifies error responses by the action that a caller takes. Codes are those
 * that the vendors' documents and SDKs show; the gateway spells its own both
 * APIG.0301 and APIGW.0301. */

#ifndef DRS_API_ERROR_H
#define DRS_API_ERROR_H

#include "base/err.h"

enum api_error {
  API_ERROR_NONE,       /* success */
  API_ERROR_CREDENTIAL, /* token or signature rejected: a new one may work */
  API_ERROR_PERMISSION, /* authenticated and not allowed: a new token won't help
                         */
  API_ERROR_THROTTLED,  /* too many requests */
  API_ERROR_SIZE,     /* too many ids, or bytes, in one request; or the gateway
                         is failing */
  API_ERROR_HEADER,   /* the header is too large, or the gateway is failing */
  API_ERROR_RESPONSE, /* the response is too large: fewer ids may do */
  API_ERROR_JOB,      /* at least one id of the request, perhaps all */
  API_ERROR_EMPTY,    /* none of the ids is known */
  API_ERROR_TIMEOUT,  /* no response in time: too many ids, or an outage */
  API_ERROR_SERVICE,  /* the service is failing */
  API_ERROR_OTHER     /* rejected for good: a retry won't help */
};

/* `status`: the HTTP status; `code`, `message`: the body's, or "". An error
 * code inside a success (DRS.M01504 comes with 202) is a rejection. */
enum api_error api_error_classify(long status, const char *code,
                                  const char *message);

/* Whether an id is certainly the reason. Other errors classified as
 * API_ERROR_JOB only may be due to one. */
bool api_error_rejects_job(const char *code);

/* Whether the service, or its gateway, says with a code of its own that it does
 * not offer this call, or not to us. Anything else may pass: a page of a proxy,
 * a status without a code. */
bool api_error_refuses_call(enum api_error kind, long status, const char *code);

/* Fills `e` with the error in words: its meaning, status, code, message.
 * Always returns false. */
bool api_error_describe(struct err *e, enum api_error kind, long status,
                        const char *code, const char *message);

#endif
