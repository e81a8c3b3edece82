/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * response { results [ item { rpo_info {}, rto_info {} } ] } */

#include "api/rpo_and_rto.h"

#include "api/call.h"
#include "api/job_ids.h"

static void *begin_item(void *target) {
  struct rpo_and_rto *r = &((struct rpo_and_rto_response *)target)->item;
  r->has = 0;
  json_text_clear(&r->id);
  json_text_clear(&r->error_code);
  json_text_clear(&r->error_msg);
  return r;
}

static void end_item(struct json_decoder *d, void *target) {
  const struct rpo_and_rto_response *to = target;
  const struct rpo_and_rto *r = &to->item;
  if (r->id.len == 0)
    error_body_take(json_decoder_error(d), &r->error_code, &r->error_msg);
  else
    to->fn(to->arg, r);
}

static const struct json_place rpo_info = {
    .object = true,
    .fields = (const struct json_field[]){
        JSON_FIELD_NUMBER("delay", struct rpo_and_rto, rpo_ms, RPO_DELAY),
        {0}}};

static const struct json_place rto_info = {
    .object = true,
    .fields = (const struct json_field[]){
        JSON_FIELD_NUMBER("delay", struct rpo_and_rto, rto_ms, RTO_DELAY),
        {0}}};

#define TEXT(name, member) JSON_FIELD_TEXT(name, struct rpo_and_rto, member)

static const struct json_place item = {
    .object = true,
    .fields =
        (const struct json_field[]){TEXT("job_id", id),
                                    JSON_FIELD_INSIDE("rpo_info", &rpo_info),
                                    JSON_FIELD_INSIDE("rto_info", &rto_info),
                                    TEXT("error_code", error_code),
                                    TEXT("error_msg", error_msg),
                                    TEXT("error_message", error_msg),
                                    {0}},
    .enter = begin_item,
    .leave = end_item};

static const struct json_place results = {.array = true, .each = &item};

static const struct json_place response = {
    .object = true,
    .fields = (const struct json_field[]){
        JSON_FIELD_INSIDE("results", &results), {0}}};

const struct api_call_type rpo_and_rto_call = {
    .path = "/batch-rpo-and-rto",
    .write = job_ids_write,
    .response = &response,
    .required = "results",
    .optional = true,
};
