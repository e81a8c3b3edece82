/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The API calls that jobs are polled with, batch by batch. They have the form
 * of their bodies in common, {"jobs":["ID", ...]} and {"results":[ITEM, ...]}.
 *
 * A call is a row below and a file api/NAME.c, which ends with the const struct
 * api_call_type NAME_call:
 *
 *     struct rpo_and_rto { struct job_item base; double rpo_ms; };
 *
 *     static const struct json_shape item = {
 *         .object = true,
 *         .fields = (const struct json_field[]){
 *             JOB_ITEM_ID, ..., JOB_ITEM_ERROR, {0}},
 *         .enter = job_item_enter, .leave = job_item_leave};
 *
 *     const struct api_call_type rpo_and_rto_call = {
 *         .path = "/batch-rpo-and-rto",
 *         JOB_CALL_OF(struct rpo_and_rto, item)}; */

#ifndef DRS_API_JOB_CALL_H
#define DRS_API_JOB_CALL_H

#include "base/json_decoder.h"

/* In the order of their requests. The first is made in each cycle, and decides
 * whether a job is reported; the others are made where they are configured. */
#define JOB_CALL_ROWS(ROW)                                                     \
  ROW(PROGRESS, progress)                                                      \
  ROW(RPO_AND_RTO, rpo_and_rto)                                                \
  ROW(DETAILS, details)

/* clang-format off */
#define JOB_CALL_NUMBER(NAME, name) JOB_##NAME,
#define JOB_CALL_EXTERN(NAME, name) extern const struct api_call_type name##_call;
enum job_call { JOB_CALL_ROWS(JOB_CALL_NUMBER) JOB_CALLS };
JOB_CALL_ROWS(JOB_CALL_EXTERN)
/* clang-format on */

extern const struct api_call_type *const job_calls[JOB_CALLS];

/* The arguments of each call: `next` gives the ids, safe names, then NULL. */
struct job_ids {
  const char *(*next)(void *arg);
  void *arg;
};

/* The first member of each call's item. Absence is data: a field that the
 * response does not have, or has as null, as "", or unreadable, is a cleared
 * bit in `has` or an empty text. */
struct job_item {
  unsigned has;
  struct json_text id, error_code, error_msg;
};

/* Called for each item as soon as it is complete, in the order of the response;
 * `item` is valid during the call only. An item without a job_id is not
 * delivered: its error becomes the response's. */
typedef void job_item_fn(void *arg, const struct job_item *item);

/* The target of each call's response: the caller sets all of it. `item` has
 * room for the call's item_size. */
struct job_response {
  job_item_fn *fn;
  void *arg;
  struct job_item *item;
};

/* Rows and hooks of the table of an item. */
#define JOB_ITEM_ID JSON_FIELD_TEXT("job_id", struct job_item, id)
#define JOB_ITEM_ERROR JSON_FIELDS_ERROR(struct job_item, error_code, error_msg)
void *job_item_enter(void *target);
void job_item_leave(struct json_decoder *d, void *target);

/* Appends the member "jobs", and a request's whole body; `ids` is a struct
 * job_ids. */
void job_ids_write_member(struct json_writer *w, const struct job_ids *ids);
bool job_ids_write(struct buf *body, const void *ids, struct err *err);

/* The common members of a struct api_call_type, from the struct of an item and
 * its table. */
/* clang-format off */
#define JOB_CALL_OF(type, shape)                                               \
  .write = job_ids_write, JOB_CALL_RESPONSE(type, shape)

/* Likewise, where the request has more members than the ids. */
#define JOB_CALL_RESPONSE(type, shape)                                         \
  .required = "results",                                                       \
  .item_size = sizeof(type),                                                   \
  .response = &(const struct json_shape){                                      \
      .object = true,                                                          \
      .fields = (const struct json_field[]){                                   \
          JSON_FIELD_INSIDE("results", &((const struct json_shape){            \
                                           .array = true, .each = &(shape)})), \
          {0}}}
/* clang-format on */

#endif
