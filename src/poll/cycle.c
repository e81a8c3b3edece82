/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The order of requests, and the events of a response's items. */

#include "poll/cycle.h"

#include "api/job_ids.h"
#include "api/status.h"

/* Items */

/* An item that has an error in place of a state reports nothing. */
static bool is_rejection(const struct progress *p) {
  return p->error_code.len > 0 && p->transfer_status.len == 0 &&
         !(p->has & PROGRESS_COMPLETED);
}

static void count_family(struct project_result *result,
                         const struct json_text *status) {
  result->families[status_family(status_code(status->text, status->len))]++;
}

static void on_progress(void *arg, const struct progress *p) {
  struct slot *slot = arg;
  struct cycle *c = slot->round->arg;
  struct job *job = round_find_job(slot->round, slot, &p->id);
  if (job == NULL)
    return;
  if (is_rejection(p)) {
    round_reject_item(slot->round, job, &p->error_code, &p->error_msg);
    return;
  }
  round_take_answer(slot->round, job);
  c->result.answered++;
  count_family(&c->result, &p->transfer_status);
  c->setup.events->values(c->setup.arg, job, p);
  changes_answered(&c->changes, job, p);
}

static void on_missing(void *arg, struct job *job, const char *code,
                       const char *message) {
  struct cycle *c = arg;
  changes_missing(&c->changes, job, code, message);
}

static void on_rpo_and_rto(void *arg, const struct rpo_and_rto *r) {
  struct slot *slot = arg;
  struct cycle *c = slot->round->arg;
  struct job *job = round_find_job(slot->round, slot, &r->id);
  if (job == NULL)
    return;
  round_take_answer(slot->round, job);
  if (c->setup.events->rpo_and_rto != NULL)
    c->setup.events->rpo_and_rto(c->setup.arg, job, r);
}

static void set_response(struct slot *slot) {
  if (slot->round->type == &progress_call)
    slot->response.progress =
        (struct progress_response){.fn = on_progress, .arg = slot};
  else
    slot->response.rpo_and_rto =
        (struct rpo_and_rto_response){.fn = on_rpo_and_rto, .arg = slot};
}

static void on_done(struct api_call *call) {
  struct slot *slot = call->arg;
  struct cycle *c = slot->round->arg;
  round_evaluate(slot->round, slot, clock_now());
  call_pool_release(&c->pool, slot);
}

/* Requests */

struct id_walk {
  const struct batches *batches;
  const struct batch *batch;
  size_t at;
};

static const char *next_id(void *arg) {
  struct id_walk *walk = arg;
  struct job *job = batches_each(walk->batches, walk->batch, &walk->at);
  return job == NULL ? NULL : job->id;
}

static bool send(struct cycle *c, struct slot *slot, struct err *err) {
  struct id_walk walk = {&slot->round->batches, &slot->batch, 0};
  const struct job_ids ids = {.next = next_id, .arg = &walk};
  set_response(slot);
  return api_call_start(&slot->call, slot->round->type, &ids,
                        c->setup.config->timeout, err);
}

/* Starts the request of a slot. False: not now, and its batch stays the next.
 */
static bool start_call(struct cycle *c, struct slot *slot, msec_t now) {
  struct err err = ERR_INIT;
  enum auth_state state =
      api_call_prepare(c->setup.service, &c->counts.token_requests, now, &err);
  if (state == AUTH_READY && send(c, slot, &err)) {
    c->counts.requests++;
    c->started++;
    return true;
  }
  c->awaits_credentials = state == AUTH_BUSY;
  if (state != AUTH_BUSY)
    round_close(slot->round, &err);
  round_requeue(slot->round, slot);
  return false;
}

/* The time of the next start where they are spread. */
static msec_t next_start(const struct cycle *c) {
  msec_t spread = c->setup.config->spread;
  if (spread == 0 || c->started >= c->expected)
    return c->begun;
  return c->begun + spread * (msec_t)c->started / (msec_t)c->expected;
}

static bool next_batch(struct cycle *c, struct slot *slot, msec_t now) {
  return round_next(&c->progress, slot, now) ||
         (c->rpo_and_rto.type != NULL &&
          round_next(&c->rpo_and_rto, slot, now));
}

/* Fills the free slots; returns when to do so again. */
static msec_t start_calls(struct cycle *c, msec_t now) {
  struct slot *slot;
  c->awaits_credentials = false;
  while (next_start(c) <= now && (slot = call_pool_acquire(&c->pool)) != NULL)
    if (!next_batch(c, slot, now) || !start_call(c, slot, now)) {
      call_pool_release(&c->pool, slot);
      return CLOCK_NEVER;
    }
  return next_start(c) > now ? next_start(c) : CLOCK_NEVER;
}

/* The cycle as a whole */

static void init_round(struct cycle *c, struct round *r,
                       const struct api_call_type *type, enum job_call call) {
  const struct project_config *config = c->setup.config;
  *r = (struct round){.type = type,
                      .job_call = call,
                      .parallel = (size_t)config->max_parallel,
                      .arg = c};
  batches_init(&r->batches, c->setup.jobs, call, (size_t)config->batch_size);
}

bool cycle_init(struct cycle *c, const struct cycle_setup *setup,
                struct err *err) {
  *c = (struct cycle){.setup = *setup,
                      .changes = {.events = setup->events, .arg = setup->arg}};
  init_round(c, &c->progress, &progress_call, JOB_PROGRESS);
  c->progress.missing = on_missing;
  c->progress.counts = c->counts.errors;
  c->progress.errors = c->result.errors;
  if (setup->config->rpo_and_rto)
    init_round(c, &c->rpo_and_rto, &rpo_and_rto_call, JOB_RPO_AND_RTO);
  c->rpo_and_rto.counts = c->rpo_counts;
  c->rpo_and_rto.errors = c->rpo_errors;
  return call_pool_init(&c->pool, (size_t)setup->config->max_parallel,
                        setup->service, on_done) ||
         err_memory(err);
}

void cycle_finish(struct cycle *c) {
  cycle_cancel(c);
  call_pool_finish(&c->pool);
  batches_free(&c->progress.batches);
  batches_free(&c->rpo_and_rto.batches);
}

static size_t count_batches(const struct round *r) {
  size_t size = r->batches.size;
  return r->type == NULL ? 0 : (r->batches.jobs->len + size - 1) / size;
}

void cycle_start(struct cycle *c, msec_t now, msec_t deadline) {
  c->running = true;
  c->awaits_credentials = false;
  c->begun = now;
  c->deadline = deadline;
  c->number++;
  c->seconds = clock_seconds();
  c->result = (struct project_result){.jobs = c->setup.jobs->len};
  c->started = 0;
  c->expected = count_batches(&c->progress) + count_batches(&c->rpo_and_rto);
  round_begin(&c->progress, c->number, now);
  for (int kind = 0; kind < ERR_KINDS; kind++)
    err_clear(&c->rpo_errors[kind]);
  if (c->rpo_and_rto.type != NULL)
    round_begin(&c->rpo_and_rto, c->number, now);
  c->setup.events->started(c->setup.arg);
}

void cycle_cancel(struct cycle *c) {
  call_pool_cancel(&c->pool);
  c->running = false;
}

/* Starts the requests that can be started; returns when to call again. The
 * cycle waits for a pause of the progress to end, not for one of the optional
 * call. */
static msec_t go_on(struct cycle *c, msec_t now) {
  msec_t again = start_calls(c, now);
  const struct round *r = &c->progress;
  bool paused =
      !r->closed && now < r->pause.until && batches_are_left(&r->batches);
  if (paused)
    again = msec_min(again, r->pause.until);
  c->running =
      again != CLOCK_NEVER || c->awaits_credentials || c->pool.in_flight > 0;
  return again;
}

/* The interval is over. The next cycle begins with the outstanding jobs; a
 * request that took half of the time counts as slow. */
static void abandon_calls(struct cycle *c, msec_t now) {
  for (size_t i = 0; i < c->pool.len; i++) {
    const struct slot *slot = &c->pool.slots[i];
    bool slow = 2 * (now - slot->started) >= now - c->begun;
    if (!api_call_is_under_way(&slot->call))
      continue;
    struct batches *b = &slot->round->batches;
    if (!slow || !batches_timed_out(b, &slot->batch))
      batches_requeue(b, &slot->batch);
  }
  cycle_cancel(c);
}

/* Whether requests of the progress, or their credentials, are outstanding;
 * else the optional round is. */
static bool awaits_progress(const struct cycle *c) {
  const struct round *r = &c->progress;
  return r->in_flight > 0 || c->awaits_credentials ||
         batches_are_left(&r->batches) || c->rpo_and_rto.type == NULL;
}

msec_t cycle_step(struct cycle *c, msec_t now) {
  struct err err = ERR_INIT;
  struct round *late = &c->progress;
  if (c->pool.in_flight == 0 && c->progress.pause.until >= c->deadline)
    err_set(&err, ERR_THROTTLED, "the service asked for a pause");
  else if (now >= c->deadline)
    err_set(&err, ERR_HTTP, "poll interval elapsed with requests outstanding");
  if (!err_is_set(&err))
    return msec_min(c->deadline, go_on(c, now));
  if (err.kind == ERR_HTTP && !awaits_progress(c))
    late = &c->rpo_and_rto;
  round_close(late, &err);
  abandon_calls(c, now);
  return CLOCK_NEVER;
}

/* The end */

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
            "%zu of %zu jobs are missing from the responses, such as %s",
            jobs->len - c->result.answered, jobs->len, jobs->all[i]->id);
}

/* The first error but those of single jobs, or NULL. */
static const struct err *find_error(const struct err errors[ERR_KINDS]) {
  for (int kind = ERR_NONE + 1; kind < ERR_KINDS; kind++)
    if (kind != ERR_JOB && err_is_set(&errors[kind]))
      return &errors[kind];
  return NULL;
}

/* Reports the optional round when it begins to fail and when that is over, not
 * at each cycle between. */
static void end_rpo_and_rto(struct cycle *c) {
  struct round *r = &c->rpo_and_rto;
  if (r->type == NULL)
    return;
  round_end(r);
  const struct err *err = find_error(c->rpo_errors);
  if (err != NULL && !c->rpo_failing) {
    c->rpo_err = *err;
    c->rpo_failing = true;
    c->result.rpo_and_rto_change = &c->rpo_err;
  } else if (err == NULL && c->rpo_failing && r->accepted > 0) {
    err_clear(&c->rpo_err);
    c->rpo_failing = false;
    c->result.rpo_and_rto_change = &c->rpo_err;
  }
}

/* A service that knows none of the jobs is up. */
static const struct err *find_outage(const struct project_result *r) {
  return r->answered == 0 ? find_error(r->errors) : NULL;
}

void cycle_end(struct cycle *c) {
  cycle_cancel(c);
  round_end(&c->progress);
  end_rpo_and_rto(c);
  describe_missing(c);
  c->result.seconds = clock_seconds() - c->seconds;
  changes_project(&c->changes, find_outage(&c->result));
  c->setup.events->finished(c->setup.arg, &c->result);
}
