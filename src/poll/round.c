/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A function for each kind of outcome. */

#include "poll/round.h"

#include <string.h>

/* Where the service reports throttling without a Retry-After. */
#define THROTTLE_MIN_MS 1000
#define THROTTLE_MAX_MS (5 * 60 * 1000)

/* Errors */

static void fail_round(struct round *r, const struct err *err) {
  if (r->counts != NULL)
    r->counts[err->kind]++;
  err_set(&r->errors[err->kind], err->kind, "%s", err->text);
}

void round_close(struct round *r, const struct err *err) {
  fail_round(r, err);
  r->closed = true;
}

/* Once for responses that come together. */
static void pause_longer(struct round *r, msec_t now) {
  if (now >= r->pause.until)
    backoff_grow(&r->pause, ROUND_RETRY_MIN_MS, ROUND_RETRY_MS, now);
}

/* An optional call may not be offered, or not to us. Where it was accepted
 * before, its refusal may pass. */
static void give_up_batch(struct round *r, const struct slot *slot,
                          msec_t now) {
  round_close(r, &slot->call.err);
  if (!r->type->optional)
    return;
  r->supported = false;
  if (slot->call.refuses_call && !r->offered)
    backoff_obey(&r->pause, ROUND_RETRY_MS, now);
  else if (slot->call.refuses_call || !r->offered)
    pause_longer(r, now);
}

/* Rejected jobs */

static void fail_job(struct round *r, const struct job *job, const char *code,
                     const char *message) {
  struct err err = ERR_INIT;
  bool named = strcmp(job->id, job->name) != 0;
  err_set(&err, ERR_JOB, "job %s%s%s%s: %s%s%s", job->name, named ? " (" : "",
          named ? job->id : "", named ? ")" : "", code,
          *code && *message ? ": " : "", message);
  fail_round(r, &err);
}

static void note_missed(const struct round *r, struct job *job) {
  if (job->polls[r->call].missed == 0)
    job->polls[r->call].missed = r->number;
}

/* A service may be wrong once: a job that it reported before is missing when it
 * is missed in a second cycle. */
static void miss_job(struct round *r, struct job *job, const char *code,
                     const char *message) {
  bool may_pass = job_poll_may_pass(&job->polls[r->call], r->number);
  note_missed(r, job);
  if (r->missing != NULL && !may_pass)
    r->missing(r->arg, job, code, message);
}

void round_reject(struct round *r, struct job *job, const char *code,
                  const char *message) {
  miss_job(r, job, code, message);
  fail_job(r, job, code, message);
}

/* A job that may be innocent is an error of this cycle, and polled again in the
 * next one. */
static void reject_alone(struct round *r, struct job *job,
                         const struct err *err, bool certain) {
  if (certain) {
    round_reject(r, job, "", err->text);
    return;
  }
  note_missed(r, job);
  fail_job(r, job, "", err->text);
}

/* Jobs that were rejected alone before anything was accepted. */
static void report_all_rejected(struct round *r) {
  size_t at = 0;
  for (struct job *job;
       (job = batches_each_rejected(&r->batches, &at)) != NULL;)
    reject_alone(r, job, &r->rejection,
                 job->polls[r->call].rejected != BATCHES_UNSURE);
}

/* Outcomes */

/* No request is started for a while. A requested pause has begun
 * already. */
static void on_throttled(struct round *r, struct slot *slot, msec_t now) {
  fail_round(r, &slot->call.err);
  if (now >= r->pause.until) /* once for responses that come together */
    backoff_grow(&r->pause, THROTTLE_MIN_MS, THROTTLE_MAX_MS, now);
  batches_requeue(&r->batches, &slot->batch);
}

/* The batch is sent again, once, with new credentials. An optional call renews
 * none: the rejection may be of the call, which shows by the third cycle. */
static void on_batch_credential(struct round *r, struct slot *slot,
                                msec_t now) {
  if (r->type->optional) {
    if (++r->credential_errors > 2) {
      give_up_batch(r, slot, now);
      pause_longer(r, now);
    }
    r->closed = true;
  } else if (slot->batch.repeated) {
    round_close(r, &slot->call.err);
  } else {
    slot->batch.repeated = true;
    batches_requeue(&r->batches, &slot->batch);
  }
}

/* Where no code blames a job, it is to blame when it is rejected for the second
 * time, in quarantine. */
static void on_batch_rejected_job(struct round *r, struct slot *slot,
                                  msec_t now) {
  const struct err *err = &slot->call.err;
  bool blamed = slot->call.rejects_job;
  if (r->type->optional && !r->supported && !blamed) {
    give_up_batch(r, slot, now);
    return;
  }
  struct job *job = batches_split(&r->batches, &slot->batch, blamed);
  r->blames_jobs = r->blames_jobs && blamed;
  if (job == NULL)
    return;
  if (r->accepted > 0 && !r->batches.after_outage)
    reject_alone(r, job, err, blamed || slot->batch.cohort != 0);
  else
    err_set(&r->rejection, err->kind, "%s", err->text);
}

/* One failed request may be an accident. When as many have failed as may be in
 * flight, and none succeeded, the service is left alone. */
static void on_failure(struct round *r, struct slot *slot) {
  batches_failed(&r->batches);
  fail_round(r, &slot->call.err);
  r->failed++;
  if (r->accepted == 0 && r->failed >= r->parallel)
    r->closed = true;
}

static void report_missing(struct round *r, struct slot *slot) {
  size_t at = 0;
  if (r->missing == NULL)
    return;
  for (struct job *job;
       (job = batches_each(&r->batches, &slot->batch, &at)) != NULL;)
    if (job->polls[r->call].answered != r->number)
      miss_job(r, job, "", slot->call.err.text);
}

static void on_batch_accepted(struct round *r, struct slot *slot) {
  report_missing(r, slot);
  if (r->accepted++ == 0 && !r->batches.after_outage)
    report_all_rejected(r);
  r->supported = r->offered = true;
  r->credential_errors = 0;
  backoff_reset(&r->pause);
  batches_accepted(&r->batches, &slot->batch);
}

/* A single id that is too many may be a bad one. */
static void on_too_large(struct round *r, struct slot *slot, msec_t now) {
  if (batches_too_large(&r->batches, &slot->batch, false))
    return;
  if (slot->batch.len == 1)
    on_batch_rejected_job(r, slot, now);
  else
    on_failure(r, slot);
}

static void on_outcome(struct round *r, struct slot *slot, msec_t now) {
  switch (slot->call.error) {
  case API_ERROR_NONE:
  case API_ERROR_EMPTY:
    on_batch_accepted(r, slot);
    break;
  case API_ERROR_CREDENTIAL:
    on_batch_credential(r, slot, now);
    break;
  case API_ERROR_THROTTLED:
    on_throttled(r, slot, now);
    break;
  case API_ERROR_SIZE:
    on_too_large(r, slot, now);
    break;
  case API_ERROR_RESPONSE:
    if (!batches_too_large(&r->batches, &slot->batch, true))
      on_failure(r, slot);
    break;
  case API_ERROR_TIMEOUT:
    if (!batches_timed_out(&r->batches, &slot->batch))
      on_failure(r, slot);
    break;
  case API_ERROR_JOB:
    on_batch_rejected_job(r, slot, now);
    break;
  case API_ERROR_SERVICE:
  case API_ERROR_HEADER:
    on_failure(r, slot);
    break;
  case API_ERROR_PERMISSION:
  case API_ERROR_OTHER:
    give_up_batch(r, slot, now);
    break;
  }
}

void round_evaluate(struct round *r, struct slot *slot, msec_t now) {
  const struct api_call *call = &slot->call;
  r->in_flight--;
  if (call->error != API_ERROR_NONE && call->retry_after >= 0)
    backoff_obey(&r->pause, call->retry_after, now);
  on_outcome(r, slot, now);
}

/* Items */

static void report_unexpected(struct round *r, const struct json_text *id) {
  struct err err = ERR_INIT;
  if (err_is_set(&r->errors[ERR_RESPONSE]))
    return; /* there may be a million of them */
  err_set(&err, ERR_RESPONSE,
          "the response has a job that was not requested, or has it twice: %s",
          id->text);
  fail_round(r, &err);
}

/* Items mostly come in the order of the request: the next job is tried first.
 */
struct job *round_find_job(struct round *r, struct slot *slot,
                           const struct json_text *id) {
  struct job *near = batches_each(&r->batches, &slot->batch, &slot->at);
  struct job *job = jobs_find(r->batches.jobs, id->text, near);
  struct job_poll *poll = job == NULL ? NULL : &job->polls[r->call];
  if (poll == NULL || poll->request != slot->request) {
    report_unexpected(r, id);
    return NULL;
  }
  poll->request = 0;
  return poll->answered == r->number ? NULL : job;
}

void round_accept_item(struct round *r, struct job *job) {
  job->polls[r->call].answered = r->number;
  job->polls[r->call].rejected = 0;
  r->batches.others_are_back |= job->polls[r->call].missed != 0;
  job->polls[r->call].missed = 0;
}

/* The round as a whole */

void round_begin(struct round *r, uint32_t number, msec_t now) {
  r->number = number;
  r->closed = false;
  r->in_flight = r->accepted = r->failed = 0;
  r->blames_jobs = true;
  err_clear(&r->rejection);
  for (int kind = 0; kind < ERR_KINDS; kind++)
    err_clear(&r->errors[kind]);
  batches_begin(&r->batches, number, now);
}

/* Whether an optional call is offered is found out with one request. */
bool round_next(struct round *r, struct slot *slot, msec_t now) {
  bool one_at_a_time =
      (r->type->optional && !r->supported) || r->batches.in_doubt;
  if (r->closed || now < r->pause.until ||
      (one_at_a_time && r->in_flight > 0) ||
      !batches_next(&r->batches, &slot->batch))
    return false;
  slot->round = r;
  slot->request = ++r->requests;
  slot->at = 0;
  slot->started = now;
  r->in_flight++;
  return true;
}

void round_requeue(struct round *r, const struct slot *slot) {
  r->in_flight--;
  batches_requeue(&r->batches, &slot->batch);
}

/* Where nothing was accepted, a job may be rejected for another reason than
 * itself, unless the service says so of every single one. */
static void settle_rejections(struct round *r) {
  struct err err = ERR_INIT;
  if (r->accepted > 0 || !err_is_set(&r->rejection))
    return;
  if (r->blames_jobs && batches_are_divided(&r->batches)) {
    report_all_rejected(r);
    return;
  }
  err_set(&err, ERR_HTTP, "every request was rejected: %s", r->rejection.text);
  fail_round(r, &err);
}

void round_end(struct round *r) {
  struct err memory = ERR_INIT;
  settle_rejections(r);
  if (r->batches.out_of_memory) {
    err_memory(&memory);
    fail_round(r, &memory);
  }
  batches_end(&r->batches);
}

const struct err *round_error(const struct round *r) {
  for (int kind = ERR_NONE + 1; kind < ERR_KINDS; kind++)
    if (kind != ERR_JOB && err_is_set(&r->errors[kind]))
      return &r->errors[kind];
  return NULL;
}

const struct err *round_change(struct round *r) {
  const struct err *err = round_error(r);
  bool failing = err != NULL;
  if (failing == r->failing || (!failing && r->accepted == 0))
    return NULL;
  r->failing = failing;
  return failing ? err : &r->errors[ERR_NONE];
}
