/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The shapes of an error body, as tables of the decoder. */

#include "base/json_decoder.h"

#include <stdio.h>
#include <string.h>

/* Of several texts the first counts. */
static void store_first(struct json_decoder *d, const struct json_field *f,
                        void *target, const char *text, size_t len) {
  struct json_text *t = (void *)((char *)target + f->offset);
  if (t->len == 0)
    json_store_text(d, f, target, text, len);
}

void error_body_add(struct error_body *e, const struct json_text *code,
                    const struct json_text *message) {
  if (e->code.len > 0 || (code->len == 0 && e->message.len > 0))
    return;
  e->code = *code;
  e->message = *message;
}

static void leave_error_item(struct json_decoder *d, void *target) {
  struct error_body *e = target;
  (void)d;
  error_body_add(e, &e->item_code, &e->item_message);
}

#define FIRST(name, member)                                                    \
  { JSON_FIELD(name, struct error_body, member, store_first) }

static const struct json_shape item = {
    .object = true,
    .fields =
        (const struct json_field[]){
            JSON_FIELDS_ERROR(struct error_body, item_code, item_message), {0}},
    .leave = leave_error_item};

static const struct json_shape items = {.array = true, .each = &item};

static const struct json_shape error = {
    .object = true,
    .fields = (const struct json_field[]){
        FIRST("code", code), FIRST("message", message), {0}}};

const struct json_shape error_body_shape = {
    .object = true,
    .fields = (const struct json_field[]){FIRST("error_code", code),
                                          FIRST("error_msg", message),
                                          FIRST("error_message", message),
                                          FIRST("code", code),
                                          FIRST("message", message),
                                          JSON_FIELD_INSIDE("error", &error),
                                          JSON_FIELD_INSIDE("results", &items),
                                          {0}}};

const char *error_body_shown_code(const char *code, long status) {
  char number[24];
  snprintf(number, sizeof(number), "%ld", status);
  return strcmp(code, number) == 0 ? "" : code;
}
