/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder of comparisons: the result is the same for every cut of the
 * input, and within its bounds; no more differs than was compared. */

#include "decode.h"

#include "api/call.h"
#include "api/comparison.h"

const char fuzz_name[] = "comparisons";

static void add_type(struct seen *s, const struct comparison_found *found,
                     const struct comparison_result *result) {
  MUST(isfinite(found->ended) && found->ended >= 0);
  MUST((found->ended > 0) == (found->id.len > 0));
  seen_add(s, &found->ended, sizeof(found->ended));
  seen_add_text(s, &found->id);
  MUST(isfinite(result->inconsistent) && result->inconsistent >= 0);
  MUST(result->uncompared >= 0 &&
       result->uncompared <= (double)result->entries);
  MUST(result->entries > 0 || result->inconsistent <= 0);
  seen_add(s, result, sizeof(*result));
}

static struct seen decode(const uint8_t *bytes, size_t len, size_t chunk) {
  struct seen s = SEEN_INIT;
  struct err err = ERR_INIT;
  struct comparison_response response = {0};
  struct json_decoder *d =
      json_decoder_new(comparison_call.response, &response);
  MUST(d != NULL);
  seen_finish(&s, d, feed_chunks(d, bytes, len, chunk, &err), &err);
  s.items = response.listed;
  seen_add_number(&s, response.has, COMPARISON_COUNT, &response.total);
  for (size_t i = 0; i < COMPARISON_TYPES; i++)
    add_type(&s, &response.found[i], &response.results[i]);
  json_decoder_free(d);
  return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  must_ignore_cuts(decode, bytes, len);
  return 0;
}
