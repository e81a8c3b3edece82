/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The order of requests, and the events of a response's items. */

#include "poll/cycle.h"

#include "api/progress.h"
#include "api/status.h"

#include <stdlib.h>

/* Of the details' interval, where they could not be had. */
#define DETAILS_RETRY 10

/* Items */

static void on_progress_item(struct cycle *c, struct job *job,
                             const struct progress *p) {
  const struct json_text *text = &p->transfer_status;
  int status = status_code(text->text, text->len);
  bool changed = cutover_answered(&c->cutover, job, p, status);
  c->setup.events->item(c->setup.arg, job, JOB_PROGRESS, &p->base);
  c->result.answered++;
  c->result.families[status_family(status)]++;
  changes_answered(&c->changes, job, p, changed);
}

/* What came in time for this cycle's values is emitted, the rest with the
 * progress of the next one. */
static void on_details(struct cycle *c, struct job *job,
                       const struct details *item) {
  msec_t age = (msec_t)(c->setup.config->discover_interval * 1000) * 3;
  struct job_details *kept = job_details_new(item, c->begun + age);
  bool is_first =
      job->details == NULL && job->polls[JOB_PROGRESS].answered == c->number;
  changes_reason(&c->changes, job, item->failed_reason.text);
  if (kept == NULL)
    return;
  free(job->details);
  job->details = kept;
  if (is_first)
    c->setup.events->item(c->setup.arg, job, JOB_DETAILS, &item->base);
}

static void on_further_item(struct cycle *c, struct job *job,
                            enum job_call call, const struct job_item *item) {
  if (call == JOB_DETAILS) {
    on_details(c, job, (const struct details *)item);
    return;
  }
  if (call == JOB_RPO_AND_RTO)
    cutover_backlog(&c->cutover, job, (const struct rpo_and_rto *)item);
  c->setup.events->item(c->setup.arg, job, call, item);
}

static void on_item(void *arg, const struct job_item *item) {
  struct slot *slot = arg;
  struct round *r = slot->round;
  struct cycle *c = r->arg;
  struct job *job = round_find_job(r, slot, &item->id);
  const struct progress *p =
      r->call == JOB_PROGRESS ? (const struct progress *)item : NULL;
  if (job == NULL)
    return;
  if (p != NULL && progress_is_rejection(p)) {
    round_reject(r, job, item->error_code.text, item->error_msg.text);
    return;
  }
  round_accept_item(r, job);
  if (p != NULL)
    on_progress_item(c, job, p);
  else
    on_further_item(c, job, r->call, item);
}

static void on_missing(void *arg, struct job *job, const char *code,
                       const char *message) {
  struct cycle *c = arg;
  changes_missing(&c->changes, job, code, message);
}

static void on_slot_done(struct api_call *call) {
  struct slot *slot = call->arg;
  round_evaluate(slot->round, slot, clock_now());
}

/* Slots */

static bool init_slots(struct cycle *c, size_t item_size) {
  size_t len = (size_t)c->setup.config->max_parallel;
  c->slots = calloc(len, sizeof(*c->slots));
  if (c->slots == NULL)
    return false;
  for (; c->slots_len < len; c->slots_len++) {
    struct slot *slot = &c->slots[c->slots_len];
    slot->call = (struct api_call){.service = c->setup.service,
                                   .done = on_slot_done,
                                   .arg = slot,
                                   .target = &slot->response};
    slot->response = (struct job_response){
        .fn = on_item, .arg = slot, .item = calloc(1, item_size)};
    if (slot->response.item == NULL)
      return false;
  }
  return true;
}

/* A slot without a call under way; NULL: there is none. */
static struct slot *find_idle_slot(const struct cycle *c) {
  for (size_t i = 0; i < c->slots_len; i++)
    if (!api_call_is_under_way(&c->slots[i].call))
      return &c->slots[i];
  return NULL;
}

static bool has_call_under_way(const struct cycle *c) {
  for (size_t i = 0; i < c->slots_len; i++)
    if (api_call_is_under_way(&c->slots[i].call))
      return true;
  return false;
}

/* Requests */

struct id_walk {
  const struct batches *batches;
  const struct slot *slot;
  size_t at;
};

static const char *next_id(void *arg) {
  struct id_walk *walk = arg;
  struct job *job = batches_each(walk->batches, &walk->slot->batch, &walk->at);
  if (job == NULL)
    return NULL;
  job->polls[walk->batches->call].request = walk->slot->request;
  return job->id;
}

/* Starts the request of a slot. False: not now, and its batch stays the next.
 */
static bool start_call(struct cycle *c, struct slot *slot, msec_t now) {
  struct err err = ERR_INIT;
  struct id_walk walk = {&slot->round->batches, slot, 0};
  const struct job_ids ids = {.next = next_id, .arg = &walk};
  enum auth_state state =
      api_call_start(&slot->call, slot->round->type, &ids, now, &err);
  c->awaits_credentials = state == AUTH_BUSY;
  if (state == AUTH_READY) {
    c->started++;
    return true;
  }
  if (state == AUTH_REFUSED)
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
  for (size_t i = 0; i < c->rounds_len; i++)
    if (round_next(&c->rounds[i], slot, now))
      return true;
  return false;
}

/* Fills the free slots; returns when to do so again. */
static msec_t start_calls(struct cycle *c, msec_t now) {
  struct slot *slot;
  c->awaits_credentials = false;
  while (next_start(c) <= now && (slot = find_idle_slot(c)) != NULL)
    if (!next_batch(c, slot, now) || !start_call(c, slot, now))
      return CLOCK_NEVER;
  return next_start(c) > now ? next_start(c) : CLOCK_NEVER;
}

/* The cycle as a whole */

static void add_round(struct cycle *c, enum job_call call) {
  const struct project_config *config = c->setup.config;
  struct round *r = &c->rounds[c->rounds_len++];
  *r = (struct round){.call = call,
                      .type = job_calls[call],
                      .parallel = (size_t)config->max_parallel,
                      .arg = c};
  size_t limit = (size_t)config->batch_size, ids_max = r->type->ids_max;
  batches_init(&r->batches, c->setup.jobs, call,
               ids_max > 0 && ids_max < limit ? ids_max : limit);
  if (call == JOB_DETAILS)
    c->details = r;
}

bool cycle_init(struct cycle *c, const struct cycle_setup *setup,
                struct err *err) {
  size_t item_size = 0;
  *c = (struct cycle){.setup = *setup};
  changes_init(&c->changes, setup->events, setup->arg, setup->config->interval);
  cutover_init(&c->cutover, setup->config);
  for (enum job_call call = 0; call < JOB_CALLS; call++) {
    if (call != JOB_PROGRESS && !setup->config->calls[call])
      continue;
    add_round(c, call);
    if (job_calls[call]->item_size > item_size)
      item_size = job_calls[call]->item_size;
  }
  c->changes.holds_failures = c->details != NULL;
  c->rounds[JOB_PROGRESS].missing = on_missing;
  c->rounds[JOB_PROGRESS].counts = c->counts.errors;
  return init_slots(c, item_size) || err_memory(err);
}

void cycle_finish(struct cycle *c) {
  cycle_cancel(c);
  for (size_t i = 0; i < c->slots_len; i++)
    free(c->slots[i].response.item);
  free(c->slots);
  changes_finish(&c->changes);
  for (size_t i = 0; i < c->rounds_len; i++)
    batches_free(&c->rounds[i].batches);
}

void cycle_start(struct cycle *c, msec_t now, msec_t deadline) {
  c->running = true;
  c->awaits_credentials = false;
  c->begun = c->changes.now = now;
  c->deadline = deadline;
  c->number++;
  c->seconds = clock_seconds();
  c->result = (struct project_result){.jobs = c->setup.jobs->len,
                                      .errors = c->rounds[JOB_PROGRESS].errors};
  c->started = c->expected = 0;
  c->details_begun = false;
  for (size_t i = 0; i < c->rounds_len; i++) {
    if (&c->rounds[i] == c->details) {
      c->rounds[i].closed = true; /* until the progress is known */
      continue;
    }
    const struct batches *b = &c->rounds[i].batches;
    c->expected += (b->jobs->len + b->size - 1) / b->size;
    round_begin(&c->rounds[i], c->number, now);
  }
  cutover_begin(&c->cutover, c->number, now);
  c->setup.events->started(c->setup.arg);
}

void cycle_cancel(struct cycle *c) {
  for (size_t i = 0; i < c->slots_len; i++)
    api_call_cancel(&c->slots[i].call);
  c->running = false;
}

/* The details come after the progress: of all jobs at an interval of their own,
 * else of those that failed in this cycle. */
static void begin_details(struct cycle *c, msec_t now) {
  if (c->details == NULL || c->details_begun || c->result.answered == 0 ||
      round_is_outstanding(&c->rounds[JOB_PROGRESS]))
    return;
  bool due = now >= c->details_due;
  if (!due && c->changes.held_len == 0)
    return;
  c->details_begun = true;
  c->details->batches.only_failed = !due;
  round_begin(c->details, c->number, now);
}

/* After a failure they are requested sooner. */
static void end_details(struct cycle *c) {
  msec_t interval = (msec_t)(c->setup.config->discover_interval * 1000);
  changes_release(&c->changes);
  if (c->details_begun && !c->details->batches.only_failed)
    c->details_due =
        c->begun +
        (round_error(c->details) == NULL ? interval : interval / DETAILS_RETRY);
}

/* Starts the requests that can be started; returns when to call again. The
 * cycle waits for a pause of the progress to end, not for one of another call.
 */
static msec_t go_on(struct cycle *c, msec_t now) {
  begin_details(c, now);
  msec_t again = start_calls(c, now);
  const struct round *r = &c->rounds[JOB_PROGRESS];
  bool paused = now < r->pause.until && round_has_more(r);
  if (paused)
    again = msec_min(again, r->pause.until);
  c->running =
      again != CLOCK_NEVER || c->awaits_credentials || has_call_under_way(c);
  return again;
}

/* The interval is over. The next cycle begins with the outstanding jobs; a
 * request that took half of the time counts as slow. */
static void abandon_calls(struct cycle *c, msec_t now) {
  for (size_t i = 0; i < c->slots_len; i++) {
    const struct slot *slot = &c->slots[i];
    bool slow = 2 * (now - slot->started) >= now - c->begun;
    if (!api_call_is_under_way(&slot->call))
      continue;
    struct batches *b = &slot->round->batches;
    if (!slow || !batches_timed_out(b, &slot->batch))
      batches_requeue(b, &slot->batch);
  }
  cycle_cancel(c);
}

/* The first round that is not over. */
static struct round *find_unfinished(struct cycle *c) {
  struct round *r = c->rounds, *last = r + c->rounds_len - 1;
  while (r < last && !c->awaits_credentials && !round_is_outstanding(r))
    r++;
  return r;
}

/* Where the service had asked for a pause, the pause took the time. */
static enum err_kind unfinished_kind(const struct round *r) {
  return err_is_set(&r->errors[ERR_THROTTLED]) ? ERR_THROTTLED : ERR_HTTP;
}

/* The interval is over. Where no connection came about, that says why. */
static void close_unfinished(struct cycle *c) {
  struct err err = ERR_INIT;
  struct round *unfinished = find_unfinished(c);
  err_set(&err, unfinished_kind(unfinished),
          "poll interval elapsed with requests outstanding");
  if (err_is_set(&unfinished->errors[ERR_RESOLVE]) ||
      err_is_set(&unfinished->errors[ERR_CONNECT]) ||
      err_is_set(&unfinished->errors[ERR_TLS]))
    unfinished->closed = true;
  else
    round_close(unfinished, &err);
}

msec_t cycle_step(struct cycle *c, msec_t now) {
  struct err err = ERR_INIT;
  struct round *progress = &c->rounds[JOB_PROGRESS];
  if (!has_call_under_way(c) && progress->pause.until >= c->deadline) {
    err_set(&err, ERR_THROTTLED, "the service asked for a pause");
    round_close(progress, &err);
  } else if (now >= c->deadline) {
    close_unfinished(c);
  } else {
    return msec_min(c->deadline, go_on(c, now));
  }
  abandon_calls(c, now);
  return CLOCK_NEVER;
}

/* The end */

/* A sub-task that the service rejects or leaves out is no job. */
static void leave_out_subtasks(struct cycle *c) {
  const struct jobs *jobs = c->setup.jobs;
  if (c->result.answered == c->result.jobs)
    return;
  for (size_t i = 0; i < jobs->len; i++) {
    const struct job_poll *poll = &jobs->all[i]->polls[JOB_PROGRESS];
    bool reported = poll->answered == c->number;
    c->result.jobs -=
        !reported && poll->missed != 0 && job_is_subtask(jobs->all[i]);
  }
}

/* Where no other error is known, the service left jobs out. */
static void describe_missing(struct cycle *c) {
  const struct jobs *jobs = c->setup.jobs;
  struct round *r = &c->rounds[JOB_PROGRESS];
  size_t i = 0;
  if (c->result.answered == c->result.jobs || round_error(r) != NULL ||
      err_is_set(&r->errors[ERR_JOB]))
    return;
  while (i < jobs->len &&
         jobs->all[i]->polls[JOB_PROGRESS].answered == c->number)
    i++;
  if (i < jobs->len)
    err_set(&r->errors[ERR_JOB], ERR_JOB,
            "%zu of %zu jobs are missing from the responses, such as %s",
            c->result.jobs - c->result.answered, c->result.jobs,
            jobs->all[i]->id);
}

/* A service that knows none of the jobs is up. Without its list there may be no
 * job to request. */
static const struct err *find_outage(const struct cycle *c) {
  const struct project_result *r = &c->result;
  const struct err *err = round_error(&c->rounds[JOB_PROGRESS]);
  if (r->answered > 0)
    return NULL;
  return err == NULL && r->jobs == 0 ? r->list_error : err;
}

void cycle_end(struct cycle *c) {
  cycle_cancel(c);
  for (size_t i = 0; i < c->rounds_len; i++)
    if (&c->rounds[i] != c->details || c->details_begun)
      round_end(&c->rounds[i]);
  end_details(c);
  leave_out_subtasks(c);
  for (size_t i = JOB_PROGRESS + 1; i < c->rounds_len; i++)
    c->result.call_changes[c->rounds[i].call] = round_change(&c->rounds[i]);
  describe_missing(c);
  c->result.seconds = clock_seconds() - c->seconds;
  changes_project(&c->changes, find_outage(c));
  c->setup.events->finished(c->setup.arg, &c->result);
}
