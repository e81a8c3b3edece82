/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * response { results [ item { rpo_info {}, rto_info {} } ] } */

#include "api/rpo_and_rto.h"

#include "api/call.h"

static const struct json_shape rpo_info = {
    .object = true,
    .fields = (const struct json_field[]){
        JSON_FIELD_NUMBER("delay", struct rpo_and_rto, rpo_ms, RPO_DELAY),
        {0}}};

static const struct json_shape rto_info = {
    .object = true,
    .fields = (const struct json_field[]){
        JSON_FIELD_NUMBER("delay", struct rpo_and_rto, rto_ms, RTO_DELAY),
        {0}}};

static const struct json_shape item = {
    .object = true,
    .fields =
        (const struct json_field[]){JOB_ITEM_ID,
                                    JSON_FIELD_INSIDE("rpo_info", &rpo_info),
                                    JSON_FIELD_INSIDE("rto_info", &rto_info),
                                    JOB_ITEM_ERROR,
                                    {0}},
    .enter = job_item_enter,
    .leave = job_item_leave};

const struct api_call_type rpo_and_rto_call = {
    .path = "/batch-rpo-and-rto",
    JOB_CALL_OF(struct rpo_and_rto, item),
    .optional = true,
};
