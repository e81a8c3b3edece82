/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Decodes a JSON document into structs by const tables, as its bytes arrive:
 * a json_shape for each object or array of interest, a json_field for each
 * member. Members that no table has are skipped, whatever is in them; so is a
 * value of another type than the table expects.
 *
 *     struct task { unsigned has; double total; struct json_text name; };
 *
 *     static const struct json_shape response = {
 *         .object = true,
 *         .fields = (const struct json_field[]){
 *             JSON_FIELD_NUMBER("total", struct task, total, TASK_TOTAL),
 *             JSON_FIELD_TEXT("name", struct task, name),
 *             JSON_FIELD_INSIDE("jobs", &jobs),
 *             {0}}};
 *
 *     struct json_decoder *d = json_decoder_new(&response, &task);
 *     while (...)
 *       ok = ok && json_decoder_feed(d, bytes, len, &err);
 *     ok = ok && json_decoder_finish(d, &err);
 *
 * A document has two roots: the table of the call's response, and the table
 * of the error body, which any response may be instead. Both are decoded in
 * one pass. A member that the response's table has is not looked for in the
 * error body's.
 *
 * Absence is data: null, "", and a number that is none leave the bit in `has`
 * cleared and the text empty. All elements of an array may share one target:
 * before each of them, the bits and texts of its table are cleared, and those
 * of the tables inside that write to the same target. */

#ifndef DRS_BASE_JSON_DECODER_H
#define DRS_BASE_JSON_DECODER_H

#include "base/error_body.h"
#include "base/json.h"

struct json_decoder;
struct json_field;

/* Stores a string or a number, given as text, in `target`. */
typedef void json_store_fn(struct json_decoder *d, const struct json_field *f,
                           void *target, const char *text, size_t len);

/* A member of an object: a scalar to keep, or a container to enter. */
struct json_field {
  const char *key; /* NULL ends a table */
  size_t len;      /* of the key */
  json_store_fn *store;
  size_t offset; /* of the value in its target */
  unsigned bit;  /* set in the target's first member, an unsigned */
  bool is_text;  /* the value is a json_text */
  const struct json_shape *inside;
};

/* An object or an array. Hooks are optional. */
struct json_shape {
  bool object, array; /* the containers it may be */
  /* The members of interest, best in the order in which the service sends
   * them: the search goes on after the last match. */
  const struct json_field *fields;
  /* Where `fields` is NULL: the shape of each member or element. */
  const struct json_shape *each;
  /* Before each member (with its key) or element (key NULL): returns the
   * target of its value; NULL: skip it. */
  void *(*name)(void *target, const char *key, size_t len);
  /* At the start: returns the target of the content; NULL: skip it all.
   * Without this hook the target is that of the shape outside. */
  void *(*enter)(void *target);
  /* At the end, with the argument of `enter`. */
  void (*leave)(struct json_decoder *d, void *target);
};

/* For a json_text; for a double, where a '%' may end the text. */
json_store_fn json_store_text, json_store_number;

/* clang-format off */
#define JSON_FIELD(name, type, member, fn) \
  .key = (name), .len = sizeof(name) - 1, .store = (fn), .offset = offsetof(type, member), \
  .is_text = _Generic(((type *)0)->member, struct json_text: true, default: false)
#define JSON_FIELD_TEXT(name, type, member) {JSON_FIELD(name, type, member, json_store_text)}
#define JSON_FIELD_NUMBER(name, type, member, has) {JSON_FIELD(name, type, member, json_store_number), .bit = (has)}
#define JSON_FIELDS_ERROR(type, code, message) \
  JSON_FIELD_TEXT("error_code", type, code), \
  JSON_FIELD_TEXT("error_msg", type, message), \
  JSON_FIELD_TEXT("error_message", type, message)
#define JSON_FIELD_INSIDE(name, shape) {.key = (name), .len = sizeof(name) - 1, .inside = (shape)}
/* clang-format on */

/* `target` belongs to the caller and outlives the decoder; `response` NULL:
 * the error body only. NULL: out of memory. */
struct json_decoder *json_decoder_new(const struct json_shape *response,
                                      void *target);
void json_decoder_free(struct json_decoder *d);

/* Before the first byte: this is an error response (its status says so), so
 * decode the error body only. Without this call, `results` belongs to the
 * response's table where that has it. */
void json_decoder_expect_error(struct json_decoder *d);

/* Decodes a part of the document; its end. False: see json_feed, or a hook
 * failed (json_decoder_err). Complete items have been delivered. Small
 * parts are gathered: only json_decoder_finish guarantees that everything
 * before it has been delivered, so call it after a broken response too. */
bool json_decoder_feed(struct json_decoder *d, const char *bytes, size_t len,
                       struct err *err);
bool json_decoder_finish(struct json_decoder *d, struct err *err);

/* Whether the response had this member of its root table, an object or array
 * in the expected type. A root table has at most 64 members. */
bool json_decoder_has(const struct json_decoder *d, const char *key);

/* The error that the body reports. Valid as long as the decoder. */
struct error_body *json_decoder_error(struct json_decoder *d);

/* For hooks: set it to end the decoding with this error; no hook is called
 * after that. */
struct err *json_decoder_err(struct json_decoder *d);

#endif
