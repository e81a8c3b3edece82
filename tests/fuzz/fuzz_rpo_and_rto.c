/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder of batch RPO and RTO: the result is the same for every cut of the
 * input, and within its bounds. */

#include "decode.h"

#include "api/call.h"
#include "api/rpo_and_rto.h"

const char fuzz_name[] = "rpo_and_rto";

static void on_item(void *arg, const struct job_item *item) {
  const struct rpo_and_rto *r = (const struct rpo_and_rto *)item;
  struct seen *s = arg;
  MUST(item->id.len > 0);
  s->items++;
  seen_add_number(s, item->has, RPO_DELAY, &r->rpo_ms);
  seen_add_number(s, item->has, RTO_DELAY, &r->rto_ms);
  seen_add_text(s, &item->id);
  seen_add_text(s, &item->error_code);
  seen_add_text(s, &item->error_msg);
}

static struct seen decode(const uint8_t *bytes, size_t len, size_t chunk) {
  struct seen s = SEEN_INIT;
  struct err err = ERR_INIT;
  struct rpo_and_rto item;
  struct job_response response = {on_item, &s, &item.base};
  struct json_decoder *d =
      json_decoder_new(rpo_and_rto_call.response, &response);
  MUST(d != NULL);
  seen_finish(&s, d, feed_chunks(d, bytes, len, chunk, &err), &err);
  MUST(json_decoder_has(d, rpo_and_rto_call.required) || s.items == 0);
  json_decoder_free(d);
  return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  must_ignore_cuts(decode, bytes, len);
  return 0;
}
