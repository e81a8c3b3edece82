/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What the targets of the API's responses have in common: all that a decoder
 * delivers, as a sum over its bytes, which is the same for every cut of the
 * input. */

#ifndef DRS_TESTS_DECODE_H
#define DRS_TESTS_DECODE_H

#include "fuzz.h"

#include "base/json_decoder.h"

#include <math.h>
#include <string.h>

struct seen {
  uint64_t sum;
  size_t items;
};

#define SEEN_INIT                                                              \
  { .sum = 14695981039346656037u }

static inline void seen_add(struct seen *s, const void *bytes, size_t len) {
  const unsigned char *b = bytes;
  for (size_t i = 0; i < len; i++)
    s->sum = (s->sum ^ b[i]) * 1099511628211u;
}

static inline void seen_add_text(struct seen *s, const struct json_text *t) {
  MUST(t->len < JSON_TEXT_MAX && strlen(t->text) == t->len);
  seen_add(s, t->text, t->len + 1);
}

static inline void seen_add_number(struct seen *s, unsigned has, unsigned bit,
                                   const double *value) {
  if ((has & bit) == 0)
    return;
  MUST(isfinite(*value));
  seen_add(s, value, sizeof(*value));
}

static inline bool feed_chunks(struct json_decoder *d, const uint8_t *bytes,
                               size_t len, size_t chunk, struct err *err) {
  bool ok = true;
  for (size_t at = 0; ok && at < len; at += chunk)
    ok = json_decoder_feed(d, (const char *)bytes + at,
                           len - at < chunk ? len - at : chunk, err);
  return ok;
}

/* The input is over, or an error ended it. */
static inline void seen_finish(struct seen *s, struct json_decoder *d, bool ok,
                               struct err *err) {
  ok = ok && json_decoder_finish(d, err);
  MUST(ok == !err_is_set(err));
  seen_add(s, &ok, sizeof(ok));
  seen_add_text(s, &json_decoder_error(d)->code);
  seen_add_text(s, &json_decoder_error(d)->message);
}

typedef struct seen decode_fn(const uint8_t *bytes, size_t len, size_t chunk);

static inline bool seen_equal(const struct seen *a, const struct seen *b) {
  return a->items == b->items && a->sum == b->sum;
}

static inline void must_ignore_cuts(decode_fn *decode, const uint8_t *bytes,
                                    size_t len) {
  struct seen whole = decode(bytes, len, len + 1);
  struct seen pieces = decode(bytes, len, 1 + len % 31);
  MUST(seen_equal(&whole, &pieces));
}

#endif
