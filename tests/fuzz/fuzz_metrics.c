/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From the bytes of a response to the values that collectd gets: each is a
 * finite number, and its name is safe in every store. The first byte chooses
 * the call; the rest is the response. */

#include "fuzz.h"

#include "api/call.h"
#include "collectd_stub.h"
#include "plugin/metrics.h"

#include <math.h>
#include <string.h>

const char fuzz_name[] = "metrics";

static struct value_queue queue;
static char id[] = "1", name[] = "job";
static const struct job job = {.id = id, .name = name};

struct target {
  struct metrics metrics;
  enum job_call call;
};

static void on_item(void *arg, const struct job_item *item) {
  struct target *to = arg;
  metrics_item(&to->metrics, &job, to->call, item);
}

/* "value h/drs-job/TYPE-INSTANCE NUMBER", and perhaps meta data; or "log LEVEL
 * TEXT", of a value that is left out. */
static void check_line(const char *line) {
  static const char start[] = "value h/drs-job/",
                    safe[] = "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  char *end;
  if (strncmp(line, "log ", 4) == 0)
    return;
  MUST(strncmp(line, start, strlen(start)) == 0);
  line += strlen(start);
  size_t len = strspn(line, safe);
  MUST(len > 0 && line[len] == ' ');
  MUST(isfinite(strtod(line + len + 1, &end)) && end > line + len + 1);
}

static void check(void) {
  for (const char *at = stub_take(); *at != '\0'; at++) {
    const char *end = strchr(at, '\n');
    if (end == NULL)
      return; /* the stub has no more room */
    check_line(at);
    for (; at < end; at++)
      MUST((unsigned char)*at >= 0x20 && *at != 0x7F);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct target to = {0};
  union {
    struct job_item base;
    char room[sizeof(struct progress)];
  } item;
  struct job_response response = {on_item, &to, &item.base};
  if (len == 0)
    return 0;
  /* A new call takes its inputs from the other calls, not from progress. */
  if (bytes[0] % 2 != 0)
    to.call = 1 + bytes[0] / 2 % (JOB_CALLS - 1);
  MUST(job_calls[to.call]->item_size <= sizeof(item));
  struct json_decoder *d =
      json_decoder_new(job_calls[to.call]->response, &response);
  MUST(d != NULL);
  metrics_init(&to.metrics, &queue, "project", "h", 10);
  to.metrics.meta_data = true;
  metrics_begin(&to.metrics, 1000);
  if (json_decoder_feed(d, (const char *)bytes + 1, len - 1, NULL))
    json_decoder_finish(d, NULL);
  value_queue_drain(&queue);
  check();
  json_decoder_free(d);
  return 0;
}
