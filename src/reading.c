/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From answers to what is asked next and what is told. */

#include "reading.h"

/* Where the service says "too often" without saying how long to wait. */
#define THROTTLE_MIN_MS 1000
#define THROTTLE_MAX_MS (5 * 60 * 1000)

/* What goes wrong in a read */

void reading_fail(struct reading *r, const struct err *err) {
  r->counts.errors[err->kind]++;
  err_set(&r->result.errors[err->kind], err->kind, "%s", err->text);
}

void reading_close(struct reading *r, const struct err *err) {
  reading_fail(r, err);
  r->closed = true;
}

/* What an answer means for its batch, and for the read */

/* Nothing is asked for a while; the read waits if it has the time. */
static void on_throttled(struct reading *r, struct ask *ask, msec_t now) {
  reading_fail(r, &ask->post.err);
  if (ask->post.retry_after >= 0)
    backoff_obey(&r->throttled, ask->post.retry_after, now);
  else if (now >= r->throttled.until) /* or others of its kind came first */
    backoff_grow(&r->throttled, THROTTLE_MIN_MS, THROTTLE_MAX_MS, now);
  batches_again(&r->batches, &ask->batch);
}

static void on_credential(struct reading *r, struct ask *ask) {
  if (ask->batch.repeated) {
    reading_close(r, &ask->post.err);
    return;
  }
  ask->batch.repeated = true;
  batches_again(&r->batches, &ask->batch);
}

static void blame(struct reading *r, struct job *job, const struct err *why) {
  struct err err = ERR_INIT;
  err_set(&err, ERR_JOB, "job %s: %s", job->id, why->text);
  r->events->missing(r->arg, job, why);
  reading_fail(r, &err);
}

static void on_job_refused(struct reading *r, struct ask *ask, msec_t now) {
  struct job *job = batches_divide(&r->batches, &ask->batch, now);
  if (job == NULL)
    return;
  if (ask->post.blames_job || r->accepted > 0) {
    blame(r, job, &ask->post.err);
    return;
  }
  r->doubt = ask->post.err;
  r->closed = r->doubtful == DOUBTFUL_MAX;
  if (r->closed)
    job->apart = false;
  else
    r->doubted[r->doubtful++] = job;
}

/* At the end of a read: if nothing was accepted, the jobs are as good as they
 * were. */
static void settle_doubts(struct reading *r) {
  if (r->doubtful > 0 && r->accepted == 0)
    reading_fail(r, &r->doubt);
  for (size_t i = 0; i < r->doubtful; i++)
    if (r->accepted > 0)
      blame(r, r->doubted[i], &r->doubt);
    else
      r->doubted[i]->apart = false;
}

/* One request that fails may be an accident; when as many have failed as may
 * be under way, and none was answered, the service is left alone. */
static void on_failure(struct reading *r, struct ask *ask) {
  reading_fail(r, &ask->post.err);
  r->failed++;
  if (r->accepted == 0 && r->failed >= r->parallel)
    r->closed = true;
}

static void tell_missing(struct reading *r, struct ask *ask) {
  size_t at = 0;
  for (struct job *job;
       (job = batches_each(&r->batches, &ask->batch, &at)) != NULL;)
    if (job->read != r->number)
      r->events->missing(r->arg, job, &ask->post.err);
}

static void on_accepted(struct reading *r, struct ask *ask) {
  tell_missing(r, ask);
  r->accepted++;
  backoff_reset(&r->throttled);
  batches_accepted(&r->batches, &ask->batch);
}

void reading_done(void *arg, struct ask *ask) {
  struct reading *r = arg;
  msec_t now = deadline_now();
  switch (ask->post.refusal) {
  case REFUSAL_NONE:
  case REFUSAL_EMPTY:
    on_accepted(r, ask);
    break;
  case REFUSAL_CREDENTIAL:
    on_credential(r, ask);
    break;
  case REFUSAL_THROTTLED:
    on_throttled(r, ask, now);
    break;
  case REFUSAL_SIZE:
    if (!batches_too_large(&r->batches, &ask->batch))
      on_failure(r, ask);
    break;
  case REFUSAL_JOB:
    on_job_refused(r, ask, now);
    break;
  case REFUSAL_SERVICE:
    on_failure(r, ask);
    break;
  case REFUSAL_PERMISSION:
  case REFUSAL_OTHER:
    reading_close(r, &ask->post.err);
    break;
  }
}

/* Items come in the order of the question, as a rule: the expected job is
 * tried first. */
void reading_item(void *arg, struct ask *ask, const struct progress *p) {
  struct reading *r = arg;
  struct job *near = batches_each(&r->batches, &ask->batch, &ask->at);
  struct job *job = jobs_find(r->batches.jobs, p->id.text, near);
  if (job == NULL && err_is_set(&r->result.errors[ERR_REPLY]))
    return; /* there may be a million of them */
  if (job == NULL) {
    struct err err = ERR_INIT;
    err_set(&err, ERR_REPLY, "the answer has a job that was not asked for: %s",
            p->id.text);
    reading_fail(r, &err);
    return;
  }
  if (job->read == r->number)
    return; /* told twice */
  job->read = r->number;
  job->apart = false;
  r->result.answered++;
  r->events->job(r->arg, job, p);
}

/* Where nothing else is known to be wrong, the service left jobs out. */
static void explain_missing(struct reading *r) {
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

void reading_begin(struct reading *r, msec_t now) {
  r->closed = false;
  r->number++;
  r->accepted = r->failed = r->doubtful = 0;
  r->started = deadline_seconds();
  r->result = (struct project_result){.jobs = r->batches.jobs->len};
  err_clear(&r->doubt);
  batches_begin(&r->batches, now);
  r->events->started(r->arg);
}

void reading_end(struct reading *r) {
  settle_doubts(r);
  batches_end(&r->batches);
  explain_missing(r);
  r->result.seconds = deadline_seconds() - r->started;
  r->events->finished(r->arg, &r->result);
}
