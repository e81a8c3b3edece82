/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * For the targets of calls that jobs are polled with, and that have an item for
 * each of them. */

#ifndef DRS_TESTS_DECODE_ITEMS_H
#define DRS_TESTS_DECODE_ITEMS_H

#include "decode.h"

#include "api/call.h"
#include "api/job_call.h"

/* The members that the items of all calls have. */
static inline void seen_add_item(struct seen *s, const struct job_item *item) {
  MUST(item->id.len > 0);
  s->items++;
  seen_add_text(s, &item->id);
  seen_add_text(s, &item->error_code);
  seen_add_text(s, &item->error_msg);
}

/* Decodes into `item`; on_item gets a struct seen and each item. */
static inline struct seen
decode_items(const struct api_call_type *type, struct job_item *item,
             void (*on_item)(void *seen, const struct job_item *),
             const uint8_t *bytes, size_t len, size_t chunk) {
  struct seen s = SEEN_INIT;
  struct err err = ERR_INIT;
  struct job_response response = {on_item, &s, item};
  struct json_decoder *d = json_decoder_new(type->response, &response);
  MUST(d != NULL);
  seen_finish(&s, d, feed_chunks(d, bytes, len, chunk, &err), &err);
  MUST(json_decoder_has(d, type->required) || s.items == 0);
  json_decoder_free(d);
  return s;
}

#endif
