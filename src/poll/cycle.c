/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From answers to what is asked next and what is told. */

#include "poll/cycle.h"

/* Where the service says "too often" without saying how long to wait. */
#define THROTTLE_MIN_MS 1000
#define THROTTLE_MAX_MS (5 * 60 * 1000)

/* What goes wrong in a read */

void cycle_fail(struct cycle *r, const struct err *err) {
  r->counts.errors[err->kind]++;
  err_set(&r->result.errors[err->kind], err->kind, "%s", err->text);
}

void cycle_close(struct cycle *r, const struct err *err) {
  cycle_fail(r, err);
  r->closed = true;
}

/* What an answer means for its batch, and for the read */

/* Nothing is asked for a while; the read waits if it has the time. */
static void on_throttled(struct cycle *r, struct batch_call *ask, msec_t now) {
  cycle_fail(r, &ask->post.err);
  if (ask->post.retry_after >= 0)
    backoff_obey(&r->throttled, ask->post.retry_after, now);
  else if (now >= r->throttled.until) /* or others of its kind came first */
    backoff_grow(&r->throttled, THROTTLE_MIN_MS, THROTTLE_MAX_MS, now);
  batches_requeue(&r->batches, &ask->batch);
}

static void on_credential(struct cycle *r, struct batch_call *ask) {
  if (ask->batch.repeated) {
    cycle_close(r, &ask->post.err);
    return;
  }
  ask->batch.repeated = true;
  batches_requeue(&r->batches, &ask->batch);
}

static void report_rejected_job(struct cycle *r, struct job *job,
                                const struct err *why) {
  struct err err = ERR_INIT;
  err_set(&err, ERR_JOB, "job %s: %s", job->id, why->text);
  r->events->missing(r->arg, job, why);
  cycle_fail(r, &err);
}

static void on_job_refused(struct cycle *r, struct batch_call *ask,
                           msec_t now) {
  struct job *job = batches_split(&r->batches, &ask->batch, now);
  if (job == NULL)
    return;
  if (ask->post.rejects_job || r->accepted > 0) {
    report_rejected_job(r, job, &ask->post.err);
    return;
  }
  r->suspect_error = ask->post.err;
  r->closed = r->suspects_len == SUSPECTS_MAX;
  if (r->closed)
    job->quarantined = false;
  else
    r->suspects[r->suspects_len++] = job;
}

/* At the end of a read: if nothing was accepted, the jobs are as good as they
 * were. */
static void resolve_suspects(struct cycle *r) {
  if (r->suspects_len > 0 && r->accepted == 0)
    cycle_fail(r, &r->suspect_error);
  for (size_t i = 0; i < r->suspects_len; i++)
    if (r->accepted > 0)
      report_rejected_job(r, r->suspects[i], &r->suspect_error);
    else
      r->suspects[i]->quarantined = false;
}

/* One request that fails may be an accident; when as many have failed as may
 * be under way, and none was answered, the service is left alone. */
static void on_failure(struct cycle *r, struct batch_call *ask) {
  cycle_fail(r, &ask->post.err);
  r->failed++;
  if (r->accepted == 0 && r->failed >= r->parallel)
    r->closed = true;
}

static void report_missing(struct cycle *r, struct batch_call *ask) {
  size_t at = 0;
  for (struct job *job;
       (job = batches_each(&r->batches, &ask->batch, &at)) != NULL;)
    if (job->read != r->number)
      r->events->missing(r->arg, job, &ask->post.err);
}

static void on_accepted(struct cycle *r, struct batch_call *ask) {
  report_missing(r, ask);
  r->accepted++;
  backoff_reset(&r->throttled);
  batches_accepted(&r->batches, &ask->batch);
}

void cycle_done(void *arg, struct batch_call *ask) {
  struct cycle *r = arg;
  msec_t now = clock_now();
  switch (ask->post.error) {
  case API_ERROR_NONE:
  case API_ERROR_EMPTY:
    on_accepted(r, ask);
    break;
  case API_ERROR_CREDENTIAL:
    on_credential(r, ask);
    break;
  case API_ERROR_THROTTLED:
    on_throttled(r, ask, now);
    break;
  case API_ERROR_SIZE:
    if (!batches_too_large(&r->batches, &ask->batch))
      on_failure(r, ask);
    break;
  case API_ERROR_JOB:
    on_job_refused(r, ask, now);
    break;
  case API_ERROR_SERVICE:
    on_failure(r, ask);
    break;
  case API_ERROR_PERMISSION:
  case API_ERROR_OTHER:
    cycle_close(r, &ask->post.err);
    break;
  }
}

/* Items come in the order of the question, as a rule: the expected job is
 * tried first. */
void cycle_item(void *arg, struct batch_call *ask, const struct progress *p) {
  struct cycle *r = arg;
  struct job *near = batches_each(&r->batches, &ask->batch, &ask->at);
  struct job *job = jobs_find(r->batches.jobs, p->id.text, near);
  if (job == NULL && err_is_set(&r->result.errors[ERR_RESPONSE]))
    return; /* there may be a million of them */
  if (job == NULL) {
    struct err err = ERR_INIT;
    err_set(&err, ERR_RESPONSE,
            "the answer has a job that was not asked for: %s", p->id.text);
    cycle_fail(r, &err);
    return;
  }
  if (job->read == r->number)
    return; /* told twice */
  job->read = r->number;
  job->quarantined = false;
  r->result.answered++;
  r->events->job(r->arg, job, p);
}

/* Where nothing else is known to be wrong, the service left jobs out. */
static void describe_missing(struct cycle *r) {
  const struct jobs *jobs = r->batches.jobs;
  size_t i = 0;
  for (int kind = ERR_NONE + 1; kind < ERR_KINDS; kind++)
    if (err_is_set(&r->result.errors[kind]))
      return;
  while (i < jobs->len && jobs->all[i]->read == r->number)
    i++;
  if (i < jobs->len)
    err_set(&r->result.errors[ERR_JOB], ERR_JOB,
            "%zu of %zu jobs are not answered for, such as %s",
            jobs->len - r->result.answered, jobs->len, jobs->all[i]->id);
}

/* The read as a whole */

void cycle_begin(struct cycle *r, msec_t now) {
  r->closed = false;
  r->number++;
  r->accepted = r->failed = r->suspects_len = 0;
  r->started = clock_seconds();
  r->result = (struct project_result){.jobs = r->batches.jobs->len};
  err_clear(&r->suspect_error);
  batches_begin(&r->batches, now);
  r->events->started(r->arg);
}

void cycle_end(struct cycle *r) {
  resolve_suspects(r);
  batches_end(&r->batches);
  describe_missing(r);
  r->result.seconds = clock_seconds() - r->started;
  r->events->finished(r->arg, &r->result);
}
