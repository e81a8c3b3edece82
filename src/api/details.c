/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * response { results [ item { alarm_notify {} } ] } */

#include "api/details.h"

#include "api/call.h"

/* The service's own default is 5 items a page. */
#define PER_PAGE 100

/* The message of an error is none of the fields: that of another call's item
 * may be in its place. */
static void leave_details(struct json_decoder *d, void *target) {
  const struct job_response *r = target;
  json_text_clear(&r->item->error_msg);
  json_text_redact(&((struct details *)r->item)->failed_reason);
  job_item_leave(d, target);
}

/* clang-format off */
#define NUMBER(name, member, has) JSON_FIELD_NUMBER(name, struct details, member, has)
/* clang-format on */

static const struct json_shape limits = {
    .object = true,
    .fields =
        (const struct json_field[]){NUMBER("delay_time", delay, DETAILS_DELAY),
                                    NUMBER("rto_delay", rto, DETAILS_RTO),
                                    NUMBER("rpo_delay", rpo, DETAILS_RPO),
                                    {0}}};

static const struct json_shape item = {
    .object = true,
    .fields =
        (const struct json_field[]){
            JSON_FIELD_TEXT("id", struct job_item, id),
            NUMBER("actual_start_time", started, DETAILS_STARTED),
            NUMBER("full_transfer_complete_time", completed, DETAILS_COMPLETED),
            JSON_FIELD_TEXT("failed_reason", struct details, failed_reason),
            JSON_FIELD_INSIDE("alarm_notify", &limits),
            JSON_FIELD_TEXT("error_code", struct job_item, error_code),
            {0}},
    .enter = job_item_enter,
    .leave = leave_details};

static bool write_details_request(struct buf *body, const void *ids,
                                  struct err *err) {
  struct json_writer w;
  json_writer_begin(&w, body, err);
  json_open(&w);
  job_ids_write_member(&w, ids);
  json_add_object(&w, "page_req");
  json_add_whole(&w, "cur_page", 1);
  json_add_whole(&w, "per_page", PER_PAGE);
  json_close(&w);
  json_close(&w);
  return json_writer_end(&w);
}

const struct api_call_type details_call = {
    .path = "/batch-detail",
    .write = write_details_request,
    .ids_max = PER_PAGE,
    .optional = true,
    JOB_CALL_RESPONSE(struct details, item),
};
