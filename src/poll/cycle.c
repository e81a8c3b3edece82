/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From batches to requests, and from responses to events. */

#include "poll/cycle.h"

#include <stdlib.h>

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

/* No request is started for a while; the cycle goes on if time is left. */
static void on_throttled(struct cycle *c, struct batch_call *call, msec_t now) {
  count_error(c, &call->post.err);
  if (call->post.retry_after >= 0)
    backoff_obey(&c->throttled, call->post.retry_after, now);
  else if (now >=
           c->throttled.until) /* once for responses that come together */
    backoff_grow(&c->throttled, THROTTLE_MIN_MS, THROTTLE_MAX_MS, now);
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
                                const struct err *why) {
  struct err err = ERR_INIT;
  err_set(&err, ERR_JOB, "job %s: %s", job->id, why->text);
  changes_missing(&c->changes, job, "", why->text);
  count_error(c, &err);
}

static void on_job_refused(struct cycle *c, struct batch_call *call,
                           msec_t now) {
  struct job *job = batches_split(&c->batches, &call->batch, now);
  if (job == NULL)
    return;
  if (call->post.rejects_job || c->accepted > 0) {
    report_rejected_job(c, job, &call->post.err);
    return;
  }
  c->suspect_error = call->post.err;
  c->closed = c->suspects_len == SUSPECTS_MAX;
  if (c->closed)
    job->quarantined = false;
  else
    c->suspects[c->suspects_len++] = job;
}

/* At the end of a cycle: if nothing was accepted, nothing is known of a job. */
static void resolve_suspects(struct cycle *c) {
  if (c->suspects_len > 0 && c->accepted == 0)
    count_error(c, &c->suspect_error);
  for (size_t i = 0; i < c->suspects_len; i++)
    if (c->accepted > 0)
      report_rejected_job(c, c->suspects[i], &c->suspect_error);
    else
      c->suspects[i]->quarantined = false;
}

/* One failed request may be an accident. When as many have failed as may be in
 * flight, and none succeeded, the service is left alone. */
static void on_failure(struct cycle *c, struct batch_call *call) {
  count_error(c, &call->post.err);
  c->failed++;
  if (c->accepted == 0 && c->failed >= c->pool.len)
    c->closed = true;
}

static void report_missing(struct cycle *c, struct batch_call *call) {
  size_t at = 0;
  for (struct job *job;
       (job = batches_each(&c->batches, &call->batch, &at)) != NULL;)
    if (job->read != c->number)
      changes_missing(&c->changes, job, "", call->post.err.text);
}

static void on_accepted(struct cycle *c, struct batch_call *call) {
  report_missing(c, call);
  c->accepted++;
  backoff_reset(&c->throttled);
  batches_accepted(&c->batches, &call->batch);
}

static void on_done(void *arg, struct batch_call *call) {
  struct cycle *c = arg;
  msec_t now = clock_now();
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
  case API_ERROR_JOB:
    on_job_refused(c, call, now);
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

/* Items */

static void report_unexpected_job(struct cycle *c, const struct progress *p) {
  struct err err = ERR_INIT;
  if (err_is_set(&c->result.errors[ERR_RESPONSE]))
    return; /* there may be a million of them */
  err_set(&err, ERR_RESPONSE, "the answer has a job that was not asked for: %s",
          p->id.text);
  count_error(c, &err);
}

/* Items mostly come in the order of the request: the next job is tried first.
 */
static void on_item(void *arg, struct batch_call *call,
                    const struct progress *p) {
  struct cycle *c = arg;
  struct job *near = batches_each(&c->batches, &call->batch, &call->at);
  struct job *job = jobs_find(c->setup.jobs, p->id.text, near);
  if (job == NULL) {
    report_unexpected_job(c, p);
    return;
  }
  if (job->read == c->number)
    return; /* a duplicate */
  job->read = c->number;
  job->quarantined = false;
  c->result.answered++;
  c->setup.events->values(c->setup.arg, job, p);
  changes_answered(&c->changes, job, p);
}

/* Requests */

/* Asks for the next batch. False: not now, so it stays the next. */
static bool start_call(struct cycle *c, struct batch_call *call, msec_t now,
                       enum auth_state *state) {
  struct err err = ERR_INIT;
  msec_t timeout = msec_min(c->setup.config->timeout, c->deadline - now);
  *state =
      api_call_prepare(c->setup.service, &c->counts.token_requests, now, &err);
  if (*state == AUTH_READY &&
      batch_call_start(call, &c->batches, timeout, &err)) {
    c->counts.requests++;
    return true;
  }
  if (*state != AUTH_BUSY)
    close_cycle(c, &err);
  batches_requeue(&c->batches, &call->batch);
  return false;
}

/* Fills the free slots. True: there is more to ask, once there are credentials.
 */
static bool start_calls(struct cycle *c, msec_t now) {
  enum auth_state state = AUTH_READY;
  struct batch_call *call;
  while (!c->closed && (call = call_pool_acquire(&c->pool)) != NULL)
    if (!batches_next(&c->batches, &call->batch) ||
        !start_call(c, call, now, &state))
      break;
  return state == AUTH_BUSY;
}

/* The cycle as a whole */

static const struct batch_call_handler batch_call_handler = {.item = on_item,
                                                             .done = on_done};

bool cycle_init(struct cycle *c, const struct cycle_setup *setup,
                struct err *err) {
  const struct project_config *config = setup->config;
  *c = (struct cycle){.setup = *setup,
                      .changes = {.events = setup->events, .arg = setup->arg}};
  batches_init(&c->batches, setup->jobs, (size_t)config->batch_size);
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
  c->closed = false;
  c->deadline = deadline;
  c->number++;
  c->accepted = c->failed = c->suspects_len = 0;
  c->started = clock_seconds();
  c->result = (struct project_result){.jobs = c->setup.jobs->len};
  err_clear(&c->suspect_error);
  batches_begin(&c->batches, now);
  c->setup.events->started(c->setup.arg);
}

void cycle_cancel(struct cycle *c) {
  call_pool_cancel(&c->pool);
  c->running = false;
}

/* Starts what can be started; returns when to look again. */
static msec_t go_on(struct cycle *c, msec_t now) {
  if (!c->closed && now < c->throttled.until)
    return c->throttled.until;
  bool waits = start_calls(c, now);
  c->running = waits || call_pool_in_flight(&c->pool) > 0;
  return CLOCK_NEVER;
}

msec_t cycle_step(struct cycle *c, msec_t now) {
  struct err err = ERR_INIT;
  if (call_pool_in_flight(&c->pool) == 0 && c->throttled.until >= c->deadline)
    err_set(&err, ERR_THROTTLED, "the service asked for a pause");
  else if (now >= c->deadline)
    err_set(&err, ERR_HTTP, "the interval was over before all had answered");
  if (!err_is_set(&err))
    return msec_min(c->deadline, go_on(c, now));
  close_cycle(c, &err);
  cycle_cancel(c);
  return CLOCK_NEVER;
}

/* Where no other error is known, the service left jobs out. */
static void describe_missing(struct cycle *c) {
  const struct jobs *jobs = c->setup.jobs;
  size_t i = 0;
  for (int kind = ERR_NONE + 1; kind < ERR_KINDS; kind++)
    if (err_is_set(&c->result.errors[kind]))
      return;
  while (i < jobs->len && jobs->all[i]->read == c->number)
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
  resolve_suspects(c);
  batches_end(&c->batches);
  describe_missing(c);
  c->result.seconds = clock_seconds() - c->started;
  changes_project(&c->changes, find_outage(&c->result));
  c->setup.events->finished(c->setup.arg, &c->result);
}
