/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table of error codes, and the meaning of a status where the code is
 * not in it. */

#include "api/error.h"

#include "base/error_body.h"
#include "net/http.h"

#include <string.h>

/* The status 0 stands for any. */
struct row {
  const char *code;
  long status;
  enum api_error kind;
};

static const struct row codes[] = {
    {"DRS.M00100", 0, API_ERROR_CREDENTIAL},
    {"APIG.0301", 0, API_ERROR_CREDENTIAL},
    {"APIG.0307", 0, API_ERROR_CREDENTIAL},
    {"DRS.M00102", 0, API_ERROR_PERMISSION},
    {"DRS.M00103", 0, API_ERROR_PERMISSION},
    {"DRS.M00261", 0, API_ERROR_PERMISSION},
    {"DRS.M01503", 0, API_ERROR_THROTTLED},
    {"APIG.0308", 0, API_ERROR_THROTTLED},
    {"IAM.0012", 0, API_ERROR_THROTTLED},
    {"DRS.M00299", 0, API_ERROR_SIZE},
    {"APIG.0201", 400, API_ERROR_SIZE},
    {"DRS.M00289", 0, API_ERROR_JOB},
    {"DRS.M05003", 0, API_ERROR_JOB},
    {"DRS.M05004", 0, API_ERROR_JOB},
    {"DRS.10000010", 0, API_ERROR_JOB},
    {"DRS.M00301", 0, API_ERROR_OTHER},
    {"DRS.M00002", 0, API_ERROR_EMPTY},
    {"DRS.M00004", 0, API_ERROR_SERVICE},
    {"DRS.M01504", 0, API_ERROR_SERVICE},
};

/* The words for each error, and the kind that counts it. */
static const struct {
  const char *meaning;
  enum err_kind counted;
} kinds[] = {
    [API_ERROR_NONE] = {"accepted", ERR_NONE},
    [API_ERROR_CREDENTIAL] = {"credentials rejected", ERR_AUTH},
    [API_ERROR_PERMISSION] = {"access denied", ERR_AUTH},
    [API_ERROR_THROTTLED] = {"too many requests", ERR_THROTTLED},
    [API_ERROR_SIZE] = {"request rejected", ERR_HTTP},
    [API_ERROR_HEADER] = {"request header rejected", ERR_HTTP},
    [API_ERROR_RESPONSE] = {"", ERR_RESPONSE}, /* worded by net/ */
    [API_ERROR_JOB] = {"job rejected", ERR_JOB},
    [API_ERROR_EMPTY] = {"none of the jobs is known", ERR_JOB},
    [API_ERROR_TIMEOUT] = {"", ERR_HTTP}, /* worded by net/ */
    [API_ERROR_SERVICE] = {"service error", ERR_HTTP},
    [API_ERROR_OTHER] = {"request rejected", ERR_HTTP},
};

static bool same_code(const char *listed, const char *code) {
  if (strncmp(code, "APIGW.", 6) == 0 && strncmp(listed, "APIG.", 5) == 0)
    return strcmp(listed + 5, code + 6) == 0;
  return strcmp(listed, code) == 0;
}

static enum api_error kind_of_status(long status) {
  switch (status) {
  case 400:
    return API_ERROR_JOB; /* nothing else is known to be wrong with a request */
  case 401:
    return API_ERROR_CREDENTIAL;
  case 403:
    return API_ERROR_PERMISSION;
  case 413:
  case 414:
    return API_ERROR_SIZE;
  case 431:
  case 494:
    return API_ERROR_HEADER;
  case 429:
    return API_ERROR_THROTTLED;
  case 501:
    return API_ERROR_OTHER;
  default:
    return status >= 500 ? API_ERROR_SERVICE : API_ERROR_OTHER;
  }
}

enum api_error api_error_classify(long status, const char *code,
                                  const char *message) {
  for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
    if (same_code(codes[i].code, code) &&
        (codes[i].status == 0 || codes[i].status == status))
      return codes[i].kind;
  if (strstr(message, "Only one jobId is allowed") != NULL)
    return API_ERROR_SIZE;
  if (http_is_success(status))
    return *code == '\0' ? API_ERROR_NONE : API_ERROR_SERVICE;
  return kind_of_status(status);
}

bool api_error_rejects_job(const char *code) {
  for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
    if (codes[i].kind == API_ERROR_JOB && same_code(codes[i].code, code))
      return true;
  return false;
}

bool api_error_refuses_call(enum api_error kind, long status,
                            const char *code) {
  bool coded = strncmp(code, "DRS.", 4) == 0 ||
               strncmp(code, "APIG.", 5) == 0 ||
               strncmp(code, "APIGW.", 6) == 0;
  bool rejected = status == 400 || status == 403 || status == 404;
  return coded &&
         (kind == API_ERROR_PERMISSION ||
          (rejected && (kind == API_ERROR_JOB || kind == API_ERROR_OTHER)));
}

bool api_error_describe(struct err *e, enum api_error kind, long status,
                        const char *code, const char *message) {
  code = error_body_shown_code(code, status);
  return err_set(e, kinds[kind].counted, "%s (HTTP %ld%s%s%s%s)",
                 kinds[kind].meaning, status, *code ? " " : "", code,
                 *message ? ": " : "", message);
}
