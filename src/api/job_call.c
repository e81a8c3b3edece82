/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The list of calls, and the code that they share. */

#include "api/job_call.h"

#include "base/json.h"

#define ADDRESS(NAME, name) &name##_call,
const struct api_call_type *const job_calls[JOB_CALLS] = {
    JOB_CALL_ROWS(ADDRESS)};

void job_ids_write_member(struct json_writer *w, const struct job_ids *ids) {
  json_key(w, "jobs");
  json_open_array(w);
  for (const char *id = ids->next(ids->arg); id != NULL;
       id = ids->next(ids->arg))
    json_name(w, id);
  json_close_array(w);
}

bool job_ids_write(struct buf *body, const void *ids, struct err *err) {
  struct json_writer w;
  json_writer_begin(&w, body, err);
  json_open(&w);
  job_ids_write_member(&w, ids);
  json_close(&w);
  return json_writer_end(&w);
}

void *job_item_enter(void *target) {
  struct job_item *item = ((struct job_response *)target)->item;
  item->has = 0;
  return item;
}

void job_item_leave(struct json_decoder *d, void *target) {
  const struct job_response *r = target;
  const struct job_item *item = r->item;
  if (item->id.len == 0)
    error_body_add(json_decoder_error(d), &item->error_code, &item->error_msg);
  else
    r->fn(r->arg, item);
}
