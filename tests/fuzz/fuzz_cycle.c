/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Cycles of a project, with any responses at any time: each job is reported at
 * most once in a cycle, a cycle ends in time, and nothing is left behind.
 *
 * The input: how many jobs, ids in a batch, requests at once; then what
 * happens, a byte each, with what it needs behind it. */

#include "fuzz.h"

#include "config_fixture.h"
#include "fake_http.h"
#include "poll/project.h"

#include <stdio.h>

const char fuzz_name[] = "cycle";

#define BUDGET 10000
#define JOBS_MAX 40

struct input {
  const uint8_t *bytes;
  size_t len;
};

static struct {
  int reported[JOB_CALLS][JOBS_MAX + 1]; /* in this cycle; last: other ids */
  bool polling;
} seen;

static uint8_t take(struct input *in) {
  if (in->len == 0)
    return 0;
  in->len--;
  return *in->bytes++;
}

/* A job is reported once. A list of tasks that is made of any bytes can have
 * other ids. */
static void count(int counts[JOBS_MAX + 1], const char *id) {
  size_t digits = strspn(id, "0123456789");
  bool known = digits >= 1 && digits <= 2 && id[digits] == '\0' &&
               atoi(id) < JOBS_MAX && (digits == 1 || *id != '0');
  int *one = &counts[known ? atoi(id) : JOBS_MAX];
  MUST(++*one == 1 || !known);
}

static void on_started(void *arg) {
  (void)arg;
  seen.polling = true;
  memset(seen.reported, 0, sizeof(seen.reported));
}

static void on_item(void *arg, const struct job *job, enum job_call call,
                    const struct job_item *item) {
  (void)arg;
  MUST(seen.polling && strcmp(job->id, item->id.text) == 0);
  count(seen.reported[call], job->id);
}

static void on_changed(void *arg, const struct change *change) {
  (void)arg;
  MUST(seen.polling);
  MUST(change->job == NULL || change->job->missing ||
       change->kind != CHANGE_JOB_MISSING);
}

static void on_finished(void *arg, const struct project_result *r) {
  (void)arg;
  size_t reported = 0;
  MUST(seen.polling && r->answered <= r->jobs);
  for (size_t i = 0; i <= JOBS_MAX; i++)
    reported += (size_t)seen.reported[JOB_PROGRESS][i];
  MUST(reported == r->answered);
  seen.polling = false;
}

static const struct project_events events = {.started = on_started,
                                             .item = on_item,
                                             .changed = on_changed,
                                             .finished = on_finished};

static struct project_config config;

static struct project *make(struct input *in, struct auths *auths) {
  int jobs = 1 + take(in) % JOBS_MAX;
  config = config_fixture();
  config.batch_size = 1 + take(in) % 16;
  uint8_t how = take(in);
  config.max_parallel = 1 + how % 8;
  config.calls[JOB_RPO_AND_RTO] = how & 0x10;
  config.spread = how & 0x20 ? 2000 : 0;
  config.discover_jobs = how & 0x40;
  config.discover_interval = 60;
  MUST(config_fixture_add_jobs(&config, jobs));
  const struct project_env env = {.auths = auths};
  struct project *p = project_new(&config, &env, &events, NULL, NULL);
  MUST(p != NULL);
  return p;
}

/* Bytes of the input as they are, in pieces. */
static void respond_raw(struct input *in, struct http_transfer *call,
                        struct http_response reply) {
  struct err err = ERR_INIT;
  size_t len = take(in) * 4u, chunk = 1u + take(in);
  for (len = len < in->len ? len : in->len; len > 0;) {
    size_t n = len < chunk ? len : chunk;
    if (!call->handler.body(call->arg, &reply, (const char *)in->bytes, n))
      err_set(&err, ERR_HTTP, "ended by the reader");
    in->bytes += n;
    in->len -= n;
    len -= n;
    if (err_is_set(&err))
      break;
  }
  call->handler.done(call->arg, &reply, &err);
  fake_forget(call);
}

/* These are no tasks in the list, but sub-tasks of some. */
#define SUBTASKS 4

/* A page of the list of tasks: some of all, and perhaps more to come. */
static void respond_tasks(uint8_t left_out, struct http_transfer *call,
                          struct http_response reply) {
  char body[4096];
  size_t at = (size_t)sprintf(body, "{\"total_record\":%d,\"jobs\":[",
                              left_out % 16 * 8);
  for (int id = 0; id < JOBS_MAX - SUBTASKS; id++)
    if ((left_out >> id % 8 & 1) == 0)
      at += (size_t)sprintf(
          body + at,
          "{\"id\":\"%d\",\"name\":\"n%d\",\"children\":[{\"id\":\"%d\"}]},",
          id, id, JOBS_MAX - SUBTASKS + id % SUBTASKS);
  strcpy(body + at, "{}]}");
  fake_response(call, reply, body);
}

static bool is_task_list(const struct http_transfer *call) {
  size_t len = strlen(call->url);
  return len > 5 && strcmp(call->url + len - 5, "/jobs") == 0;
}

/* The requested items, less those whose bit is set. */
static void respond_items(uint8_t left_out, struct http_transfer *call,
                          struct http_response reply) {
  char body[4096] = "{\"results\":[";
  const char *from = strchr(call->body, '[');
  while (from != NULL && (from = strchr(from, '"')) != NULL) {
    int id = atoi(from + 1);
    size_t at = strlen(body);
    if ((left_out >> id % 8 & 1) == 0)
      snprintf(body + at, sizeof(body) - at, "{\"job_id\":\"%d\"},", id);
    from = strchr(from + 1, '"') + 1;
  }
  size_t at = strlen(body);
  snprintf(body + at, sizeof(body) - at, "{}]}");
  fake_response(call, reply, body);
}

static void respond_code(struct input *in, struct http_transfer *call,
                         struct http_response reply) {
  static const char *const codes[] = {"DRS.M00100", "APIG.0307",  "DRS.M00102",
                                      "DRS.M01503", "APIG.0308",  "DRS.M00299",
                                      "APIG.0201",  "DRS.M05004", "DRS.M00301",
                                      "DRS.M00002", "DRS.M00004", "DRS.M01504"};
  char body[200];
  snprintf(body, sizeof(body), "{\"error_code\":\"%s\"}",
           codes[take(in) % (sizeof(codes) / sizeof(*codes))]);
  fake_response(call, reply, body);
}

static void respond(struct input *in, struct http_transfer *call, int how) {
  static const long statuses[] = {200, 202, 400, 401, 403, 404,
                                  413, 422, 429, 500, 503, 0};
  uint8_t head = take(in);
  struct http_response reply = {
      statuses[head % (sizeof(statuses) / sizeof(*statuses))], -1, -1, NULL};
  if (head & 0x80)
    reply.retry_after = take(in) * 1000;
  if (how == 0)
    respond_raw(in, call, reply);
  else if (how == 1 && is_task_list(call))
    respond_tasks(take(in), call, reply);
  else if (how == 1)
    respond_items(take(in), call, reply);
  else if (how == 2)
    respond_code(in, call, reply);
  else
    fake_end(call, head / 12 % 3, "nobody is there");
}

/* With discovery a cycle may wait for the list before it starts, and the list
 * may take longer than a cycle. */
static void step(struct project *p) {
  msec_t again = project_step(p, fake_now);
  bool polling = project_is_polling(p);
  MUST(polling == seen.polling || (polling && config.discover_jobs));
  if (!polling) {
    MUST(fake_calls_len == 0 || config.discover_jobs);
    return;
  }
  MUST(again > fake_now);
  MUST(again != CLOCK_NEVER);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct input in = {bytes, len};
  struct auths auths = {0};
  fake_now = 1000000;
  seen.polling = false;
  struct project *p = make(&in, &auths);
  while (in.len > 0) {
    uint8_t what = take(&in);
    if (what < 32 && project_is_polling(p))
      project_skip(p);
    else if (what < 32)
      project_start(p, fake_now, BUDGET);
    else if (what < 64)
      fake_now += 1 << (what % 20);
    else if (fake_calls_len > 0)
      respond(&in, fake_calls[what / 4 % fake_calls_len], what % 4);
    step(p);
  }
  fake_now += BUDGET;
  step(p);
  MUST(!project_is_polling(p));
  project_free(p);
  config_fixture_free(&config);
  MUST(fake_calls_len == 0);
  return 0;
}
