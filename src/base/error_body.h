/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The error that a response's body reports, in every shape that the services
 * and their gateways send:
 *
 *     {"error_code":"...","error_msg":"...","request_id":"..."}
 *     {"error_code":"...","error_message":"..."}
 *     {"code":"...","message":"..."}
 *     {"error":{"code":401,"message":"...","title":"..."}}
 *     {"results":[{"error_code":"...","error_msg":"..."}]}
 *
 * The decoder (base/json_decoder.h) reads it in the same pass as the response
 * of the call. */

#ifndef DRS_BASE_ERROR_BODY_H
#define DRS_BASE_ERROR_BODY_H

#include <stddef.h>

/* Bytes kept of a string, its NUL included. */
#define JSON_TEXT_MAX 257

/* A string, cut to the size of `text`; empty: absent. A NUL byte in the JSON
 * string becomes '?': `len` is the length of `text` as a C string. */
struct json_text {
  size_t len;
  char text[JSON_TEXT_MAX];
};

static inline void json_text_clear(struct json_text *t) {
  t->len = 0;
  t->text[0] = '\0';
}

/* Replaces the secrets in it. */
void json_text_redact(struct json_text *t);

/* Of several errors the first counts. */
struct error_body {
  struct json_text code;                    /* empty: the body has none */
  struct json_text message;                 /* likewise */
  struct json_text item_code, item_message; /* of the item being decoded */
};

/* Takes the error of an item of `results`, unless there is one already. */
void error_body_add(struct error_body *e, const struct json_text *code,
                    const struct json_text *message);

/* The code as it is shown beside the status: "" where it only repeats that, as
 * an identity service's does. */
const char *error_body_shown_code(const char *code, long status);

/* The table of the whole body, for a struct error_body. */
extern const struct json_shape error_body_shape;

#endif
