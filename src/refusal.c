/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table of error codes, and what a status alone says where the code is
 * not in it. */

#include "refusal.h"

#include <string.h>

/* The status 0 stands for any. */
struct row {
  const char *code;
  long status;
  enum refusal_kind kind;
};

static const struct row codes[] = {
    {"DRS.M00100", 0, REFUSAL_CREDENTIAL},
    {"APIG.0301", 0, REFUSAL_CREDENTIAL},
    {"APIG.0307", 0, REFUSAL_CREDENTIAL},
    {"DRS.M00102", 0, REFUSAL_PERMISSION},
    {"DRS.M00103", 0, REFUSAL_PERMISSION},
    {"DRS.M00261", 0, REFUSAL_PERMISSION},
    {"DRS.M01503", 0, REFUSAL_THROTTLED},
    {"APIG.0308", 0, REFUSAL_THROTTLED},
    {"IAM.0012", 0, REFUSAL_THROTTLED},
    {"DRS.M00299", 0, REFUSAL_SIZE},
    {"APIG.0201", 400, REFUSAL_SIZE},
    {"DRS.M00289", 0, REFUSAL_JOB},
    {"DRS.M05003", 0, REFUSAL_JOB},
    {"DRS.M05004", 0, REFUSAL_JOB},
    {"DRS.10000010", 0, REFUSAL_JOB},
    {"DRS.M00301", 0, REFUSAL_OTHER},
    {"DRS.M00002", 0, REFUSAL_EMPTY},
    {"DRS.M00004", 0, REFUSAL_SERVICE},
    {"DRS.M01504", 0, REFUSAL_SERVICE},
};

/* What each kind is called, and which self-metric counts it. */
static const struct {
  const char *meaning;
  enum err_kind counted;
} kinds[] = {
    [REFUSAL_NONE] = {"accepted", ERR_NONE},
    [REFUSAL_CREDENTIAL] = {"credentials are not accepted", ERR_AUTH},
    [REFUSAL_PERMISSION] = {"access is not permitted", ERR_AUTH},
    [REFUSAL_THROTTLED] = {"too many requests", ERR_THROTTLED},
    [REFUSAL_SIZE] = {"too many ids in one request", ERR_HTTP},
    [REFUSAL_JOB] = {"a job is refused", ERR_JOB},
    [REFUSAL_EMPTY] = {"none of the jobs is known", ERR_JOB},
    [REFUSAL_SERVICE] = {"the service is ill", ERR_HTTP},
    [REFUSAL_OTHER] = {"the request is refused", ERR_HTTP},
};

static bool same_code(const char *listed, const char *code) {
  if (strncmp(code, "APIGW.", 6) == 0 && strncmp(listed, "APIG.", 5) == 0)
    return strcmp(listed + 5, code + 6) == 0;
  return strcmp(listed, code) == 0;
}

static enum refusal_kind kind_of_status(long status) {
  switch (status) {
  case 400:
    return REFUSAL_JOB; /* nothing else is known to be wrong with a request */
  case 401:
  case 407:
    return REFUSAL_CREDENTIAL;
  case 403:
    return REFUSAL_PERMISSION;
  case 413:
  case 414:
  case 431:
  case 494:
    return REFUSAL_SIZE;
  case 429:
    return REFUSAL_THROTTLED;
  default:
    return status >= 500 ? REFUSAL_SERVICE : REFUSAL_OTHER;
  }
}

enum refusal_kind refusal_kind(long status, const char *code,
                               const char *message) {
  for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
    if (same_code(codes[i].code, code) &&
        (codes[i].status == 0 || codes[i].status == status))
      return codes[i].kind;
  if (strstr(message, "Only one jobId is allowed") != NULL)
    return REFUSAL_SIZE;
  if (status >= 200 && status < 300)
    return *code == '\0' ? REFUSAL_NONE : REFUSAL_SERVICE;
  return kind_of_status(status);
}

bool refusal_blames_job(const char *code) {
  for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
    if (codes[i].kind == REFUSAL_JOB && same_code(codes[i].code, code))
      return true;
  return false;
}

enum err_kind refusal_err_kind(enum refusal_kind kind) {
  return kinds[kind].counted;
}

bool refusal_explain(struct err *e, enum refusal_kind kind, long status,
                     const char *code, const char *message) {
  return err_set(e, kinds[kind].counted, "%s (HTTP %ld%s%s%s%s)",
                 kinds[kind].meaning, status, *code ? " " : "", code,
                 *message ? ": " : "", message);
}
