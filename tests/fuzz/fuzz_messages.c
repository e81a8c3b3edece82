/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder of the identity and the metadata service's responses: a key that
 * it delivers can be sent in a header. */

#include "fuzz.h"

#include "auth/messages.h"

#include <string.h>

const char fuzz_name[] = "messages";

static void check_key(const struct buf *key) {
  MUST(key->len <= MESSAGES_SECRET_MAX && key->data[key->len] == '\0');
  for (size_t i = 0; i < key->len; i++)
    MUST((unsigned char)key->data[i] >= 0x20 && key->data[i] != 0x7F);
}

/* Returns whether the response was accepted. */
static bool decode(const uint8_t *bytes, size_t len, size_t chunk,
                   time_t *expires_at) {
  struct err err = ERR_INIT;
  struct messages_reader *r = messages_reader_new();
  MUST(r != NULL);
  bool ok = true;
  for (size_t at = 0; ok && at < len; at += chunk)
    ok = messages_feed(r, (const char *)bytes + at,
                       len - at < chunk ? len - at : chunk, &err);
  MUST(ok == !err_is_set(&err));
  const struct messages_response *reply = messages_finish(r, &err);
  check_key(&reply->access);
  check_key(&reply->secret);
  check_key(&reply->security_token);
  MUST(strlen(reply->code) < MESSAGES_TEXT_MAX);
  MUST(strlen(reply->message) < MESSAGES_TEXT_MAX);
  *expires_at = reply->has_expires_at ? reply->expires_at : -1;
  messages_reader_free(r);
  return !err_is_set(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  time_t whole, pieces, time;
  messages_time((const char *)bytes, len, &time);
  bool ok = decode(bytes, len, len + 1, &whole);
  MUST(decode(bytes, len, 1 + len % 31, &pieces) == ok);
  MUST(!ok || whole == pieces);
  return 0;
}
