/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Header lines of a response, above all those that steer us: Retry-After and
 * Date give a pause within its bounds, whatever the clock, and no line makes
 * what is kept larger. The input: 4 bytes of our clock, one byte after how many
 * lines the body begins, and lines. */

#include "fuzz.h"

#include "net/response_header.h"

#include <string.h>

const char fuzz_name[] = "response_header";

#define HEADER_MAX 1024
#define DAY_MS (24 * 3600 * (msec_t)1000)

static void check(const struct response_header *h, time_t now, bool ok,
                  const struct err *err) {
  msec_t pause = response_header_retry_after(h, now, DAY_MS);
  MUST(pause == -1 || (pause >= 1000 && pause <= DAY_MS && pause % 1000 == 0));
  MUST(h->captured.len <= HEADER_MAX && h->captured.len <= h->len);
  MUST(h->captured.data[h->captured.len] == '\0');
  MUST(strlen(h->retry_after) < sizeof(h->retry_after));
  MUST(ok == !err_is_set(err));
  for (const char *c = err->text; *c != '\0'; c++)
    MUST((unsigned char)*c >= 0x20 && *c != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct response_header h;
  struct err err = ERR_INIT;
  uint32_t now;
  if (len <= sizeof(now))
    return 0;
  memcpy(&now, bytes, sizeof(now));
  int header_lines = bytes[sizeof(now)];
  bytes += sizeof(now) + 1;
  len -= sizeof(now) + 1;
  response_header_init(&h, "X-Subject-Token", HEADER_MAX);
  for (bool ok = true; ok && len > 0;) {
    const uint8_t *end = memchr(bytes, '\n', len);
    size_t line = end == NULL ? len : (size_t)(end - bytes) + 1;
    h.over = h.over || header_lines-- == 0;
    ok = response_header_line(&h, (const char *)bytes, line, &err);
    check(&h, (time_t)now, ok, &err);
    bytes += line;
    len -= line;
  }
  response_header_finish(&h);
  return 0;
}
