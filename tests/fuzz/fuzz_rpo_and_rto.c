/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder of batch RPO and RTO: the result is the same for every cut of the
 * input, and within its bounds. */

#include "decode_items.h"

#include "api/rpo_and_rto.h"

const char fuzz_name[] = "rpo_and_rto";

static void on_item(void *arg, const struct job_item *item) {
  const struct rpo_and_rto *r = (const struct rpo_and_rto *)item;
  struct seen *s = arg;
  seen_add_item(s, item);
  seen_add_number(s, item->has, RPO_DELAY, &r->rpo_ms);
  seen_add_number(s, item->has, RTO_DELAY, &r->rto_ms);
}

static struct seen decode(const uint8_t *bytes, size_t len, size_t chunk) {
  struct rpo_and_rto item;
  return decode_items(&rpo_and_rto_call, &item.base, on_item, bytes, len,
                      chunk);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  must_ignore_cuts(decode, bytes, len);
  return 0;
}
