/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder of batch details: the result is the same for every cut of the
 * input, and within its bounds. */

#include "decode_items.h"

#include "api/details.h"

const char fuzz_name[] = "details";

static void on_item(void *arg, const struct job_item *item) {
  const struct details *d = (const struct details *)item;
  struct seen *s = arg;
  seen_add_item(s, item);
  seen_add_number(s, item->has, DETAILS_STARTED, &d->started);
  seen_add_number(s, item->has, DETAILS_COMPLETED, &d->completed);
  seen_add_number(s, item->has, DETAILS_DELAY, &d->delay);
  seen_add_number(s, item->has, DETAILS_RPO, &d->rpo);
  seen_add_number(s, item->has, DETAILS_RTO, &d->rto);
  seen_add_text(s, &d->failed_reason);
}

static struct seen decode(const uint8_t *bytes, size_t len, size_t chunk) {
  struct details item;
  return decode_items(&details_call, &item.base, on_item, bytes, len, chunk);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  must_ignore_cuts(decode, bytes, len);
  return 0;
}
