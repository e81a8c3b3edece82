/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Decodes a text in chunks of one size. */

#ifndef DRS_TESTS_JSON_CHUNKS_H
#define DRS_TESTS_JSON_CHUNKS_H

#include "base/json_decoder.h"

#include <string.h>

static inline bool json_feed_chunks(struct json_decoder *d, const char *json,
                                    size_t len, size_t chunk, struct err *err) {
  bool ok = true;
  for (size_t at = 0; ok && at < len; at += chunk)
    ok = json_decoder_feed(d, json + at, len - at < chunk ? len - at : chunk,
                           err);
  return ok;
}

/* By a decoder of its own. */
static inline bool json_decode_chunks(const struct json_shape *response,
                                      void *target, const char *json,
                                      size_t chunk) {
  struct json_decoder *d = json_decoder_new(response, target);
  bool ok = d != NULL && json_feed_chunks(d, json, strlen(json), chunk, NULL) &&
            json_decoder_finish(d, NULL);
  json_decoder_free(d);
  return ok;
}

#endif
