/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From batches to requests, and from responses to events. */

#include "poll/cycle.h"

#include <stdlib.h>
#include <string.h>

/* Where the service reports throttling without a Retry-After. */
#define THROTTLE_MIN_MS 1000
#define THROTTLE_MAX_MS (5 * 60 * 1000)

/* Errors of a cycle */

static void count_error(struct cycle *c, const struct err *err) {
  c->counts.errors[err->kind]++;
  err_set(&c->result.errors[err->kind], err->kind, "%s", err->text);
}

/* Likewise, where the rest of the cycle would fail in the same way. */
static void close_cycle(struct cycle *c, const struct err *err) {
  count_error(c, err);
  c->closed = true;
}

/* What a response means for its batch, and for the cycle */

/* No request is started for a while; the cycle goes on if time is left. A pause
 * that was asked for has begun already. */
static void on_throttled(struct cycle *c, struct batch_call *call, msec_t now) {
  count_error(c, &call->post.err);
  if (now >= c->pause.until) /* once for responses that come together */
    backoff_grow(&c->pause, THROTTLE_MIN_MS, THROTTLE_MAX_MS, now);
  batches_requeue(&c->batches, &call->batch);
}

static void on_credential(struct cycle *c, struct batch_call *call) {
  if (call->batch.repeated) {
    close_cycle(c, &call->post.err);
    return;
  }
  call->batch.repeated = true;
  batches_requeue(&c->batches, &call->batch);
}

static void report_rejected_job(struct cycle *c, struct job *job,
                                const char *code, const char *message) {
  struct err err = ERR_INIT;
  err_set(&err, ERR_JOB, "job %s: %s%s%s", job->id, code,
          *code && *message ? ": " : "", message);
  changes_missing(&c->changes, job, code, message);
  count_error(c, &err);
}

/* Jobs that were rejected alone before anything was accepted. */
static void report_rejected_jobs(struct cycle *c) {
  size_t at = 0;
  for (struct job *job;
       (job = batches_each_rejected(&c->batches, &at)) != NULL;)
    report_rejected_job(c, job, "", c->rejection.text);
}

static void on_job_rejected(struct cycle *c, struct batch_call *call) {
  const struct err *err = &call->post.err;
  struct job *job = batches_split(&c->batches, &call->batch);
  c->blames_jobs = c->blames_jobs && call->post.rejects_job;
  if (job == NULL)
    return;
  if (c->accepted > 0)
    report_rejected_job(c, job, "", err->text);
  else
    err_set(&c->rejection, err->kind, "%s", err->text);
}

/* Where nothing was accepted, a job may be rejected for another reason than
 * itself, unless the service says so of every single one. */
static void settle_rejections(struct cycle *c) {
  struct err err = ERR_INIT;
  if (c->accepted > 0 || !err_is_set(&c->rejection))
    return;
  if (c->blames_jobs && batches_are_divided(&c->batches)) {
    report_rejected_jobs(c);
    return;
  }
  err_set(&err, ERR_HTTP, "every request was rejected: %s", c->rejection.text);
  count_error(c, &err);
}

/* One failed request may be an accident. When as many have failed as may be in
 * flight, and none succeeded, the service is left alone. */
static void on_failure(struct cycle *c, struct batch_call *call) {
  batches_failed(&c->batches);
  count_error(c, &call->post.err);
  c->failed++;
  if (c->accepted == 0 && c->failed >= c->pool.len)
    c->closed = true;
}

static void report_missing(struct cycle *c, struct batch_call *call) {
  size_t at = 0;
  for (struct job *job;
       (job = batches_each(&c->batches, &call->batch, &at)) != NULL;)
    if (job->polls[JOB_PROGRESS].answered != c->number)
      changes_missing(&c->changes, job, "", call->post.err.text);
}

static void on_accepted(struct cycle *c, struct batch_call *call) {
  report_missing(c, call);
  if (c->accepted++ == 0)
    report_rejected_jobs(c);
  backoff_reset(&c->pause);
  batches_accepted(&c->batches, &call->batch);
}

static void on_error(struct cycle *c, struct batch_call *call, msec_t now) {
  switch (call->post.error) {
  case API_ERROR_NONE:
  case API_ERROR_EMPTY:
    on_accepted(c, call);
    break;
  case API_ERROR_CREDENTIAL:
    on_credential(c, call);
    break;
  case API_ERROR_THROTTLED:
    on_throttled(c, call, now);
    break;
  case API_ERROR_SIZE:
    if (!batches_too_large(&c->batches, &call->batch))
      on_failure(c, call);
    break;
  case API_ERROR_TIMEOUT:
    if (!batches_timed_out(&c->batches, &call->batch))
      on_failure(c, call);
    break;
  case API_ERROR_JOB:
    on_job_rejected(c, call);
    break;
  case API_ERROR_SERVICE:
    on_failure(c, call);
    break;
  case API_ERROR_PERMISSION:
  case API_ERROR_OTHER:
    close_cycle(c, &call->post.err);
    break;
  }
}

static void on_done(void *arg, struct batch_call *call) {
  struct cycle *c = arg;
  msec_t now = clock_now();
  if (call->post.error != API_ERROR_NONE && call->post.retry_after >= 0)
    backoff_obey(&c->pause, call->post.retry_after, now);
  on_error(c, call, now);
}

/* Items */

static void report_unexpected_job(struct cycle *c, const struct progress *p) {
  struct err err = ERR_INIT;
  if (err_is_set(&c->result.errors[ERR_RESPONSE]))
    return; /* there may be a million of them */
  err_set(&err, ERR_RESPONSE, "the answer has a job that was not asked for: %s",
          p->id.text);
  count_error(c, &err);
}

/* An item that has an error in place of a state is no answer. */
static bool is_rejection(const struct progress *p) {
  return p->error_code.len > 0 && p->transfer_status.len == 0 &&
         !(p->has & PROGRESS_COMPLETED);
}

/* Items mostly come in the order of the request: the next job is tried first.
 */
static void on_item(void *arg, struct batch_call *call,
                    const struct progress *p) {
  struct cycle *c = arg;
  struct job *near = batches_each(&c->batches, &call->batch, &call->at);
  bool whole = strlen(p->id.text) == p->id.len; /* no NUL in it */
  struct job *job = whole ? jobs_find(c->setup.jobs, p->id.text, near) : NULL;
  if (job == NULL) {
    report_unexpected_job(c, p);
    return;
  }
  struct job_poll *poll = &job->polls[JOB_PROGRESS];
  if (poll->answered == c->number)
    return; /* a duplicate */
  if (is_rejection(p)) {
    report_rejected_job(c, job, p->error_code.text, p->error_msg.text);
    return;
  }
  poll->answered = c->number;
  poll->rejected = 0;
  c->result.answered++;
  c->setup.events->values(c->setup.arg, job, p);
  changes_answered(&c->changes, job, p);
}

/* Requests */

/* Asks for the next batch. False: not now, so it stays the next. */
static bool start_call(struct cycle *c, struct batch_call *call, msec_t now,
                       enum auth_state *state) {
  struct err err = ERR_INIT;
  *state =
      api_call_prepare(c->setup.service, &c->counts.token_requests, now, &err);
  if (*state == AUTH_READY &&
      batch_call_start(call, &c->batches, c->setup.config->timeout, &err)) {
    c->counts.requests++;
    call->started = now;
    return true;
  }
  if (*state != AUTH_BUSY)
    close_cycle(c, &err);
  batches_requeue(&c->batches, &call->batch);
  return false;
}

/* Fills the free slots. */
static void start_calls(struct cycle *c, msec_t now) {
  enum auth_state state = AUTH_READY;
  struct batch_call *call;
  while (!c->closed && (call = call_pool_acquire(&c->pool)) != NULL)
    if (!batches_next(&c->batches, &call->batch) ||
        !start_call(c, call, now, &state))
      break;
  c->awaits_credentials = state == AUTH_BUSY;
}

/* The cycle as a whole */

static const struct batch_call_handler batch_call_handler = {.item = on_item,
                                                             .done = on_done};

bool cycle_init(struct cycle *c, const struct cycle_setup *setup,
                struct err *err) {
  const struct project_config *config = setup->config;
  *c = (struct cycle){.setup = *setup,
                      .changes = {.events = setup->events, .arg = setup->arg}};
  batches_init(&c->batches, setup->jobs, JOB_PROGRESS,
               (size_t)config->batch_size);
  return call_pool_init(&c->pool, (size_t)config->max_parallel, setup->service,
                        &batch_call_handler, c) ||
         err_memory(err);
}

void cycle_finish(struct cycle *c) {
  cycle_cancel(c);
  batches_free(&c->batches);
  free(c->pool.all);
  c->pool = (struct call_pool){0};
}

void cycle_start(struct cycle *c, msec_t now, msec_t deadline) {
  c->running = true;
  c->closed = c->awaits_credentials = false;
  c->begun = now;
  c->deadline = deadline;
  c->number++;
  c->accepted = c->failed = 0;
  c->blames_jobs = true;
  c->started = clock_seconds();
  c->result = (struct project_result){.jobs = c->setup.jobs->len};
  err_clear(&c->rejection);
  batches_begin(&c->batches, c->number, now);
  c->setup.events->started(c->setup.arg);
}

void cycle_cancel(struct cycle *c) {
  call_pool_cancel(&c->pool);
  c->running = false;
}

/* Starts what can be started; returns when to look again. */
static msec_t go_on(struct cycle *c, msec_t now) {
  if (!c->closed && now < c->pause.until)
    return c->pause.until;
  start_calls(c, now);
  c->running = c->awaits_credentials || call_pool_in_flight(&c->pool) > 0;
  return CLOCK_NEVER;
}

/* The interval is over. The next cycle begins with what is outstanding; a
 * request that took half of the time counts as slow. */
static void abandon_calls(struct cycle *c, msec_t now) {
  for (size_t i = 0; i < c->pool.len; i++) {
    const struct batch_call *call = &c->pool.all[i];
    bool slow = 2 * (now - call->started) >= now - c->begun;
    if (call->post.transfer != NULL &&
        !(slow && batches_timed_out(&c->batches, &call->batch)))
      batches_requeue(&c->batches, &call->batch);
  }
  cycle_cancel(c);
}

msec_t cycle_step(struct cycle *c, msec_t now) {
  struct err err = ERR_INIT;
  if (call_pool_in_flight(&c->pool) == 0 && c->pause.until >= c->deadline)
    err_set(&err, ERR_THROTTLED, "the service asked for a pause");
  else if (now >= c->deadline)
    err_set(&err, ERR_HTTP, "poll interval elapsed with requests outstanding");
  if (!err_is_set(&err))
    return msec_min(c->deadline, go_on(c, now));
  close_cycle(c, &err);
  abandon_calls(c, now);
  return CLOCK_NEVER;
}

/* Where no other error is known, the service left jobs out. */
static void describe_missing(struct cycle *c) {
  const struct jobs *jobs = c->setup.jobs;
  size_t i = 0;
  for (int kind = ERR_NONE + 1; kind < ERR_KINDS; kind++)
    if (err_is_set(&c->result.errors[kind]))
      return;
  while (i < jobs->len &&
         jobs->all[i]->polls[JOB_PROGRESS].answered == c->number)
    i++;
  if (i < jobs->len)
    err_set(&c->result.errors[ERR_JOB], ERR_JOB,
            "%zu of %zu jobs are not answered for, such as %s",
            jobs->len - c->result.answered, jobs->len, jobs->all[i]->id);
}

/* The error that left all jobs unanswered, or NULL. A service that knows none
 * of the jobs is up. */
static const struct err *find_outage(const struct project_result *r) {
  for (int kind = ERR_NONE + 1; kind < ERR_KINDS; kind++)
    if (kind != ERR_JOB && r->answered == 0 && err_is_set(&r->errors[kind]))
      return &r->errors[kind];
  return NULL;
}

void cycle_end(struct cycle *c) {
  cycle_cancel(c);
  settle_rejections(c);
  batches_end(&c->batches);
  describe_missing(c);
  c->result.seconds = clock_seconds() - c->started;
  changes_project(&c->changes, find_outage(&c->result));
  c->setup.events->finished(c->setup.arg, &c->result);
}
