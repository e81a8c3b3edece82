/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One read of one project. */

#include "project.h"

#include "ask.h"
#include "backoff.h"

#include <stdio.h>
#include <stdlib.h>

/* Where the service says "too often" without saying how long to wait. */
#define THROTTLE_MIN_MS 1000
#define THROTTLE_MAX_MS (5 * 60 * 1000)
/* A refused job whose refusal may have another reason is believed to be bad
 * only where something else was accepted, or not more than this many. */
#define DOUBTFUL_MAX 3

struct project {
  struct project_options options;
  const struct project_events *events;
  void *arg;
  struct auths *auths;
  struct ask_service service;
  struct batches batches;
  struct project_counts counts;

  struct backoff throttled;

  /* the read under way */
  bool reading;
  bool closed; /* nothing more is asked in this read */
  uint32_t number;
  msec_t deadline;
  double started;                    /* by deadline_seconds */
  size_t accepted, failed, doubtful; /* requests */
  struct project_result result;
  struct asks asks;
};

static const struct ask_handler ask_handler;

static bool prepare_project(struct project *p, struct err *err) {
  struct project_options *o = &p->options;
  p->service = (struct ask_service){.project_id = o->project_id,
                                    .language = o->language,
                                    .peer = auth_peer(o)};
  batches_init(&p->batches, &o->jobs, (size_t)o->batch_size);
  if (asprintf(&p->service.url, "%s/v3/%s/jobs/batch-progress", o->endpoint,
               o->project_id) < 0)
    p->service.url = NULL;
  if (p->service.url == NULL || !asks_init(&p->asks, (size_t)o->max_parallel,
                                           &p->service, &ask_handler, p))
    return err_memory(err);
  p->service.auth = auth_open(p->auths, o, err);
  return p->service.auth != NULL;
}

struct project *project_new(struct project_options *options,
                            struct auths *auths,
                            const struct project_events *events, void *arg,
                            struct err *err) {
  struct project *p = calloc(1, sizeof(*p));
  if (p == NULL) {
    project_options_free(options);
    err_memory(err);
    return NULL;
  }
  p->options = *options;
  *options = (struct project_options){0};
  p->auths = auths;
  p->events = events;
  p->arg = arg;
  if (prepare_project(p, err))
    return p;
  project_free(p);
  return NULL;
}

void project_stop(struct project *p) {
  asks_cancel(&p->asks);
  p->reading = false;
}

void project_free(struct project *p) {
  if (p == NULL)
    return;
  project_stop(p);
  batches_free(&p->batches);
  auth_close(p->auths, p->service.auth);
  project_options_free(&p->options);
  free(p->asks.all);
  free(p->service.url);
  free(p);
}

const struct project_options *project_options(const struct project *p) {
  return &p->options;
}

const struct project_counts *project_counts(const struct project *p) {
  return &p->counts;
}

bool project_is_reading(const struct project *p) { return p->reading; }

/* What goes wrong in a read */

static void fail(struct project *p, const struct err *err) {
  p->counts.errors[err->kind]++;
  err_set(&p->result.errors[err->kind], err->kind, "%s", err->text);
}

/* The rest of the read would fail in the same way. */
static void close_read(struct project *p, const struct err *err) {
  fail(p, err);
  p->closed = true;
}

/* What an answer means for its batch, and for the read */

/* Nothing is asked for a while; the read waits if it has the time. */
static void on_throttled(struct project *p, struct ask *ask, msec_t now) {
  fail(p, &ask->err);
  if (ask->retry_after >= 0)
    backoff_obey(&p->throttled, ask->retry_after, now);
  else
    backoff_grow(&p->throttled, THROTTLE_MIN_MS, THROTTLE_MAX_MS, now);
  batches_again(&p->batches, &ask->batch);
}

static void on_credential(struct project *p, struct ask *ask) {
  if (ask->batch.repeated) {
    close_read(p, &ask->err);
    return;
  }
  ask->batch.repeated = true;
  batches_again(&p->batches, &ask->batch);
}

static void on_job_refused(struct project *p, struct ask *ask, msec_t now) {
  bool doubtful = !ask->blames_job && p->accepted == 0;
  if (ask->batch.len == 1 && doubtful && ++p->doubtful > DOUBTFUL_MAX) {
    close_read(p, &ask->err);
    return;
  }
  struct job *job = batches_divide(&p->batches, &ask->batch, now);
  struct err err = ERR_INIT;
  if (job == NULL)
    return;
  p->events->missing(p->arg, job, &ask->err);
  err_set(&err, ERR_JOB, "job %s: %s", job->id, ask->err.text);
  fail(p, &err);
}

/* One request that fails may be an accident; when as many have failed as may
 * be under way, and none was answered, the service is left alone. */
static void on_failure(struct project *p, struct ask *ask) {
  fail(p, &ask->err);
  p->failed++;
  if (p->accepted == 0 && p->failed >= (size_t)p->options.max_parallel)
    p->closed = true;
}

static void tell_missing(struct project *p, struct ask *ask) {
  size_t at = 0;
  for (struct job *job;
       (job = batches_each(&p->batches, &ask->batch, &at)) != NULL;)
    if (job->read != p->number)
      p->events->missing(p->arg, job, &ask->err);
}

static void on_accepted(struct project *p, struct ask *ask) {
  tell_missing(p, ask);
  p->accepted++;
  backoff_reset(&p->throttled);
  batches_accepted(&p->batches, &ask->batch);
}

static void ask_done(void *arg, struct ask *ask) {
  struct project *p = arg;
  msec_t now = deadline_now();
  switch (ask->refusal) {
  case REFUSAL_NONE:
  case REFUSAL_EMPTY:
    on_accepted(p, ask);
    break;
  case REFUSAL_CREDENTIAL:
    on_credential(p, ask);
    break;
  case REFUSAL_THROTTLED:
    on_throttled(p, ask, now);
    break;
  case REFUSAL_SIZE:
    if (!batches_too_large(&p->batches, &ask->batch))
      on_failure(p, ask);
    break;
  case REFUSAL_JOB:
    on_job_refused(p, ask, now);
    break;
  case REFUSAL_SERVICE:
    on_failure(p, ask);
    break;
  case REFUSAL_PERMISSION:
  case REFUSAL_OTHER:
    close_read(p, &ask->err);
    break;
  }
}

/* Items come in the order of the question, as a rule: the expected job is
 * tried first. */
static void ask_item(void *arg, struct ask *ask, const struct progress *p) {
  struct project *project = arg;
  struct job *near = batches_each(&project->batches, &ask->batch, &ask->at);
  struct job *job = jobs_find(&project->options.jobs, p->id.text, near);
  if (job == NULL) {
    struct err err = ERR_INIT;
    err_set(&err, ERR_REPLY, "the answer has a job that was not asked for: %s",
            p->id.text);
    fail(project, &err);
    return;
  }
  if (job->read == project->number)
    return; /* told twice */
  job->read = project->number;
  job->apart = false;
  project->result.answered++;
  project->events->job(project->arg, job, p);
}

static const struct ask_handler ask_handler = {.item = ask_item,
                                               .done = ask_done};

/* Asking */

/* Credentials for the next request. */
static enum auth_state prepare_auth(struct project *p, msec_t now,
                                    struct err *err) {
  struct auth *auth = p->service.auth;
  uint64_t before = auth->requests;
  enum auth_state state = auth_prepare(auth, p->service.http, now, err);
  p->counts.token_requests += auth->requests - before;
  return state;
}

/* Asks for the next batch; false: not now, so it stays the next. */
static bool ask_for(struct project *p, struct ask *ask, msec_t now,
                    enum auth_state *state) {
  struct err err = ERR_INIT;
  msec_t timeout = deadline_earlier(p->options.timeout, p->deadline - now);
  *state = prepare_auth(p, now, &err);
  if (*state == AUTH_READY && ask_start(ask, &p->batches, timeout, &err)) {
    p->counts.requests++;
    return true;
  }
  if (*state != AUTH_BUSY)
    close_read(p, &err);
  batches_again(&p->batches, &ask->batch);
  return false;
}

/* Fills the free places. True: there is more to ask, once we have credentials
 * for it. */
static bool ask_for_more(struct project *p, msec_t now) {
  enum auth_state state = AUTH_READY;
  struct ask *ask;
  while (!p->closed && (ask = asks_free_place(&p->asks)) != NULL)
    if (!batches_next(&p->batches, &ask->batch) ||
        !ask_for(p, ask, now, &state))
      break;
  return state == AUTH_BUSY;
}

/* The read as a whole */

void project_start(struct project *p, struct http *http, msec_t now,
                   msec_t budget) {
  if (p->reading) {
    p->counts.skipped++;
    return;
  }
  p->service.http = http;
  p->reading = true;
  p->closed = false;
  p->number++;
  p->started = deadline_seconds();
  p->deadline = now + budget;
  p->accepted = p->failed = p->doubtful = 0;
  p->result = (struct project_result){.jobs = p->options.jobs.len};
  batches_begin(&p->batches, now);
  auth_begin(p->service.auth);
  p->events->started(p->arg);
}

/* Where nothing else is known to be wrong, the service left jobs out. */
static void explain_missing(struct project *p) {
  const struct jobs *jobs = &p->options.jobs;
  struct project_result *r = &p->result;
  size_t i = 0;
  for (int kind = ERR_NONE + 1; kind < ERR_KINDS; kind++)
    if (err_is_set(&r->errors[kind]))
      return;
  while (i < jobs->len && jobs->all[i]->read == p->number)
    i++;
  if (i < jobs->len)
    err_set(&r->errors[ERR_JOB], ERR_JOB,
            "%zu of %zu jobs are not answered for, such as %s",
            r->jobs - r->answered, r->jobs, jobs->all[i]->id);
}

static void finish(struct project *p) {
  asks_cancel(&p->asks);
  batches_end(&p->batches);
  explain_missing(p);
  p->reading = false;
  p->result.exposed = p->service.auth->exposed;
  p->result.seconds = deadline_seconds() - p->started;
  p->events->finished(p->arg, &p->result);
}

/* Asks, if we may; returns when to look again. */
static msec_t go_on(struct project *p, msec_t now) {
  if (!p->closed && now < p->throttled.until)
    return p->throttled.until;
  bool waits = ask_for_more(p, now);
  if (!waits && asks_under_way(&p->asks) == 0)
    finish(p);
  return DEADLINE_NEVER;
}

msec_t project_step(struct project *p, msec_t now) {
  if (!p->reading)
    return DEADLINE_NEVER;
  struct err err = ERR_INIT;
  if (asks_under_way(&p->asks) == 0 && p->throttled.until >= p->deadline)
    err_set(&err, ERR_THROTTLED, "the service asked for a pause");
  else if (now >= p->deadline)
    err_set(&err, ERR_HTTP, "the interval was over before all had answered");
  if (!err_is_set(&err))
    return deadline_earlier(p->deadline, go_on(p, now));
  close_read(p, &err);
  finish(p);
  return DEADLINE_NEVER;
}
