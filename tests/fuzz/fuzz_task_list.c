/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder of the list of tasks: in pieces it reads what it reads whole, and
 * no id of it breaks out of a request. */

#include "fuzz.h"

#include "api/task_list.h"
#include "base/name.h"

#include <string.h>

const char fuzz_name[] = "task_list";

/* Whether it was a good answer. */
static bool decode(const uint8_t *bytes, size_t len, size_t chunk,
                   struct job_list *list, struct task_list_response *reply) {
  struct err err = ERR_INIT;
  struct task_list_reader *r = task_list_reader_new(list);
  MUST(r != NULL);
  bool ok = true;
  for (size_t at = 0; ok && at < len; at += chunk)
    ok = task_list_feed(r, (const char *)bytes + at,
                        len - at < chunk ? len - at : chunk, &err);
  ok = ok && task_list_finish(r, &err);
  MUST(ok == !err_is_set(&err));
  *reply = *task_list_reader_reply(r);
  MUST(reply->has_jobs || reply->tasks == 0);
  task_list_reader_free(r);
  return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct job_list whole, pieces;
  struct job_list_entry entry;
  struct task_list_response a, b;
  size_t entries = 0;
  job_list_init(&whole);
  job_list_init(&pieces);
  bool ok = decode(bytes, len, len + 1, &whole, &a);
  MUST(decode(bytes, len, 1 + len % 31, &pieces, &b) == ok);
  if (ok) {
    MUST(a.has_jobs == b.has_jobs && a.tasks == b.tasks);
    MUST(memcmp(&a.total, &b.total, sizeof(a.total)) == 0);
    MUST(whole.bytes.len == pieces.bytes.len);
    MUST(memcmp(whole.bytes.data, pieces.bytes.data, whole.bytes.len) == 0);
  }
  for (size_t at = 0; job_list_next(&whole, &at, &entry); entries++)
    MUST(name_is_safe(entry.id, JOBS_ID_MAX));
  MUST(entries <= a.tasks);
  job_list_free(&whole);
  job_list_free(&pieces);
  return 0;
}
