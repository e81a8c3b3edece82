/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder of the list of tasks: in pieces it reads what it reads whole, and
 * no id of it breaks out of a request. */

#include "fuzz.h"

#include "name.h"
#include "tasks.h"

#include <string.h>

const char fuzz_name[] = "tasks";

/* Whether it was a good answer. */
static bool decode(const uint8_t *bytes, size_t len, size_t chunk,
                   struct joblist *list, struct tasks_reply *reply) {
  struct err err = ERR_INIT;
  struct tasks_reader *r = tasks_reader_new(list);
  MUST(r != NULL);
  bool ok = true;
  for (size_t at = 0; ok && at < len; at += chunk)
    ok = tasks_feed(r, (const char *)bytes + at,
                    len - at < chunk ? len - at : chunk, &err);
  ok = ok && tasks_finish(r, &err);
  MUST(ok == !err_is_set(&err));
  *reply = *tasks_reader_reply(r);
  MUST(reply->has_jobs || reply->tasks == 0);
  tasks_reader_free(r);
  return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct joblist whole, pieces;
  struct joblist_entry entry;
  struct tasks_reply a, b;
  size_t entries = 0;
  joblist_init(&whole);
  joblist_init(&pieces);
  bool ok = decode(bytes, len, len + 1, &whole, &a);
  MUST(decode(bytes, len, 1 + len % 31, &pieces, &b) == ok);
  if (ok) {
    MUST(a.has_jobs == b.has_jobs && a.tasks == b.tasks);
    MUST(memcmp(&a.total, &b.total, sizeof(a.total)) == 0);
    MUST(whole.bytes.len == pieces.bytes.len);
    MUST(memcmp(whole.bytes.data, pieces.bytes.data, whole.bytes.len) == 0);
  }
  for (size_t at = 0; joblist_next(&whole, &at, &entry); entries++)
    MUST(name_is_safe(entry.id, JOBS_ID_MAX));
  MUST(entries <= a.tasks);
  joblist_free(&whole);
  joblist_free(&pieces);
  return 0;
}
