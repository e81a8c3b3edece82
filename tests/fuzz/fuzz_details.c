/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder of batch details: the result is the same for every cut of the
 * input, and within its bounds. */

#include "decode.h"

#include "api/call.h"
#include "api/details.h"

const char fuzz_name[] = "details";

static void on_item(void *arg, const struct job_item *item) {
  const struct details *d = (const struct details *)item;
  struct seen *s = arg;
  MUST(item->id.len > 0);
  s->items++;
  seen_add_number(s, item->has, DETAILS_STARTED, &d->started);
  seen_add_number(s, item->has, DETAILS_COMPLETED, &d->completed);
  seen_add_number(s, item->has, DETAILS_DELAY, &d->delay);
  seen_add_number(s, item->has, DETAILS_RPO, &d->rpo);
  seen_add_number(s, item->has, DETAILS_RTO, &d->rto);
  seen_add_text(s, &d->failed_reason);
  seen_add_text(s, &item->id);
  seen_add_text(s, &item->error_code);
  seen_add_text(s, &item->error_msg);
}

static struct seen decode(const uint8_t *bytes, size_t len, size_t chunk) {
  struct seen s = SEEN_INIT;
  struct err err = ERR_INIT;
  struct details item;
  struct job_response response = {on_item, &s, &item.base};
  struct json_decoder *d = json_decoder_new(details_call.response, &response);
  MUST(d != NULL);
  seen_finish(&s, d, feed_chunks(d, bytes, len, chunk, &err), &err);
  MUST(json_decoder_has(d, details_call.required) || s.items == 0);
  json_decoder_free(d);
  return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  must_ignore_cuts(decode, bytes, len);
  return 0;
}
