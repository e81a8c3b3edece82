/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Cycles of one project, against a service that the test plays and a clock that
 * it moves: what they requested, and the events.
 *
 * To be included by one file of a program. */

#ifndef DRS_TESTS_CYCLE_FIXTURE_H
#define DRS_TESTS_CYCLE_FIXTURE_H

#include "project_fixture.h"

#include <stdio.h>

#define JOBS_MAX 1000

/* The events of the project. */
static struct {
  int started, finished;
  int reported[JOBS_MAX]; /* in the read that is under way, or was */
  int missing[JOBS_MAX];
  char why[ERR_TEXT_MAX]; /* the last of them is missing */
  struct project_result result;
  char changes[1024]; /* a line each: KIND JOB OLD>NEW CODE MESSAGE */
} seen;

static void on_started(void *arg) {
  (void)arg;
  seen.started++;
  memset(seen.reported, 0, sizeof(seen.reported));
}

static void on_item(void *arg, const struct job *job, enum job_call call,
                    const struct job_item *item) {
  (void)arg, (void)call;
  assert_string_equal(job->id, item->id.text);
  seen.reported[atoi(job->id)]++;
}

static void on_finished(void *arg, const struct project_result *result) {
  (void)arg;
  seen.finished++;
  seen.result = *result;
}

static void on_changed(void *arg, const struct change *change) {
  static const char *const kinds[] = {"status",  "error", "cleared", "missing",
                                      "back",    "flaps", "steady",  "ready",
                                      "unready", "down",  "up"};
  (void)arg;
  size_t len = strlen(seen.changes);
  snprintf(seen.changes + len, sizeof(seen.changes) - len,
           "%s %s %s>%s %s %s\n", kinds[change->kind],
           change->job == NULL ? "-" : change->job->id, change->old_status,
           change->new_status, change->code, change->message);
  if (change->kind != CHANGE_JOB_MISSING)
    return;
  seen.missing[atoi(change->job->id)]++;
  strcpy(seen.why, change->message);
}

static const struct project_events events = {on_started, on_item, on_changed,
                                             on_finished};

static inline void make_project(int jobs, int batch_size, int parallel,
                                const struct secret_config *token) {
  configure_fixture(jobs);
  config.batch_size = batch_size;
  config.max_parallel = parallel;
  if (token != NULL)
    config.credential.token = *token;
  memset(&seen, 0, sizeof(seen));
  make_fixture(&events);
}

static inline void make(int jobs, int batch_size, int parallel) {
  make_project(jobs, batch_size, parallel, NULL);
}

/* The ids of a request, {"jobs":["0","1"]}, one by one; -1: no more. */
static inline int next_id(const char **at) {
  const char *quote = strchr(*at, '"');
  if (quote == NULL || strncmp(quote, "\"jobs\"", 6) == 0)
    return quote == NULL ? -1 : (*at = quote + 6, next_id(at));
  char *end;
  int id = (int)strtol(quote + 1, &end, 10);
  *at = end + 1;
  return id;
}

static inline int ids_in(const struct http_transfer *call) {
  const char *at = call->body;
  int n = 0;
  while (next_id(&at) >= 0)
    n++;
  return n;
}

static inline bool requests_job(const struct http_transfer *call, int wanted) {
  const char *at = call->body;
  for (int id; (id = next_id(&at)) >= 0;)
    if (id == wanted)
      return true;
  return false;
}

static inline void reject(struct http_transfer *call, long status,
                          const char *code) {
  char body[200];
  snprintf(body, sizeof(body), "{\"error_code\":\"%s\",\"error_msg\":\"no\"}",
           code);
  fake_status(call, status, body);
}

static inline void throttle(struct http_transfer *call, msec_t retry_after) {
  fake_response(call, (struct http_response){429, retry_after, -1, NULL}, "{}");
}

static inline void accept(struct http_transfer *call) {
  respond_with_items(call, "\"progress\":\"1\"");
}

/* Answers all requests, and those that follow, until the read is over; those
 * with a `bad` id, if it is not negative, are rejected. */
static inline void respond_all(int bad, const char *code) {
  for (step(); project_is_polling(project); step()) {
    assert_true(fake_calls_len > 0);
    struct http_transfer *call = fake_calls[0];
    if (bad >= 0 && requests_job(call, bad))
      reject(call, 400, code);
    else
      accept(call);
  }
}

static inline void assert_output(int from, int to, int times) {
  for (int i = from; i < to; i++)
    if (seen.reported[i] != times)
      fail_msg("job %d was seen %d times, not %d", i, seen.reported[i], times);
}

static inline const char *error(enum err_kind kind) {
  return seen.result.errors[kind].text;
}

/* The response to the only request. */
static inline void respond_body(const char *body) {
  fake_status(fake_calls[0], 202, body);
  step();
}

#endif
