/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A job's list, then its results. */

#include "poll/comparisons.h"

#include "api/status.h"

#include <stdlib.h>
#include <string.h>

/* Where the service refuses the call it is tried again after this; a rejection
 * without a code of the service may pass, and so may any of a call that was
 * accepted before. */
#define RETRY_MS (24 * 3600 * 1000)
#define PAUSE_MIN_MS 1000
#define THROTTLE_MAX_MS (5 * 60 * 1000)
/* Rejections of the credentials in a row that are of the call. */
#define CREDENTIAL_ERRORS_MAX 3
/* Without a job to ask for, when to look again; in parts of the interval. */
#define IDLE_PART 20
/* How long results serve, in intervals. */
#define INTERVALS_MAX 3

static void on_done(struct api_call *call);

void comparisons_init(struct comparisons *c, const struct api_service *service,
                      const struct project_config *config,
                      struct project_counts *counts) {
  *c = (struct comparisons){.service = service,
                            .config = config,
                            .counts = counts,
                            .interval =
                                (msec_t)(config->discover_interval * 1000)};
  c->call = (struct api_call){
      .service = service, .done = on_done, .arg = c, .target = &c->response};
}

void comparisons_stop(struct comparisons *c) {
  api_call_cancel(&c->call);
  c->running = false;
}

/* The kept results of a job */

struct job_comparison job_comparisons_sum(const struct job_comparisons *c) {
  struct job_comparison sum = {0};
  for (size_t i = 0; i < COMPARISON_TYPES; i++) {
    const struct job_comparison *one = &c->types[i];
    if (one->ended <= 0)
      continue;
    if (sum.ended <= 0 || one->ended < sum.ended)
      sum.ended = one->ended;
    sum.inconsistent += one->inconsistent;
    sum.uncompared += one->uncompared;
  }
  return sum;
}

bool job_comparisons_differ(const struct job_comparisons *c, double after) {
  for (size_t i = 0; i < COMPARISON_TYPES; i++)
    if (c->types[i].ended > after && c->types[i].inconsistent > 0)
      return true;
  return false;
}

/* The walk */

static bool is_wanted(const struct job *job) {
  enum status_family family =
      status_family(status_code(job->status, strlen(job->status)));
  return job->copied && !job->missing && family != STATUS_ENDED;
}

/* The time from one job to the next, so that a walk takes an interval. */
static void begin_walk(struct comparisons *c) {
  size_t wanted = 0;
  for (size_t i = 0; i < c->jobs->len; i++)
    wanted += is_wanted(c->jobs->all[i]);
  c->next = 0;
  c->gap = c->interval / (wanted > 0 ? (msec_t)wanted : IDLE_PART);
}

static struct job *next_job(struct comparisons *c) {
  if (c->next == 0 || c->next >= c->jobs->len)
    begin_walk(c);
  while (c->next < c->jobs->len && !is_wanted(c->jobs->all[c->next]))
    c->next++;
  return c->next < c->jobs->len ? c->jobs->all[c->next++] : NULL;
}

static void begin_job(struct comparisons *c, const struct job *job) {
  c->running = true;
  c->page = 1;
  c->listed = 0;
  memset(&c->response, 0, sizeof(c->response));
  strncpy(c->id, job->id, sizeof(c->id) - 1);
}

/* Responses */

static struct job *find_job(const struct comparisons *c) {
  return jobs_find(c->jobs, c->id, NULL);
}

/* Seconds since the epoch; milliseconds on the wire. */
static bool is_known_type(const struct job *job, size_t type,
                          const struct comparison_found *found) {
  return job->comparisons != NULL &&
         job->comparisons->types[type].ended >= found->ended / 1000;
}

/* Leaves the ids that are to be asked for. False: none. */
static bool choose_new(struct comparisons *c, const struct job *job) {
  bool any = false;
  for (size_t i = 0; i < COMPARISON_TYPES; i++) {
    struct comparison_found *found = &c->response.found[i];
    if (found->ended <= 0 || is_known_type(job, i, found))
      found->id.len = 0, *found->id.text = '\0';
    any |= found->id.len > 0;
  }
  return any;
}

static bool is_last_page(const struct comparisons *c) {
  const struct comparison_response *r = &c->response;
  return r->listed == 0 || c->page == COMPARISON_PAGES_MAX ||
         !(r->has & COMPARISON_COUNT) || (double)c->listed >= r->total;
}

static void store(struct comparisons *c, struct job *job) {
  if (job->comparisons == NULL)
    job->comparisons = calloc(1, sizeof(*job->comparisons));
  if (job->comparisons == NULL)
    return;
  for (size_t i = 0; i < COMPARISON_TYPES; i++) {
    const struct comparison_result *result = &c->response.results[i];
    if (c->response.found[i].id.len == 0 || result->entries == 0)
      continue;
    job->comparisons->types[i] =
        (struct job_comparison){.ended = c->response.found[i].ended / 1000,
                                .inconsistent = (float)result->inconsistent,
                                .uncompared = (float)result->uncompared};
  }
  if (job_comparisons_sum(job->comparisons).ended > 0)
    return;
  free(job->comparisons);
  job->comparisons = NULL;
}

static void end_job(struct comparisons *c, struct job *job) {
  c->running = false;
  if (job == NULL)
    return;
  if (c->page == 0)
    store(c, job);
  job->compared = true;
  if (job->comparisons != NULL)
    job->comparisons->until = clock_now() + INTERVALS_MAX * c->interval;
}

static void on_answer(struct comparisons *c) {
  struct job *job = find_job(c);
  c->listed += c->response.listed;
  if (job != NULL && c->page > 0 && !is_last_page(c))
    c->page++;
  else if (job != NULL && c->page > 0 && choose_new(c, job))
    c->page = 0;
  else
    end_job(c, job);
}

/* Outcomes */

/* `max`: the longest pause. */
static void fail(struct comparisons *c, const struct err *err, msec_t max,
                 msec_t now) {
  c->counts->errors[err->kind]++;
  err_clear(&c->err);
  err_set(&c->err, err->kind, "%s", err->text);
  c->running = false;
  backoff_grow(&c->pause, PAUSE_MIN_MS, max, now);
}

static void give_up(struct comparisons *c, msec_t now) {
  fail(c, &c->call.err, RETRY_MS, now);
  c->supported = false;
  c->rejected = true;
  if (c->call.refuses_call && !c->offered)
    backoff_obey(&c->pause, RETRY_MS, now);
}

/* An optional call renews no credentials: the rejection may be of the call. */
static void on_credential(struct comparisons *c, msec_t now) {
  if (++c->credential_errors >= CREDENTIAL_ERRORS_MAX)
    give_up(c, now);
  else
    fail(c, &c->call.err, c->interval, now);
}

static void on_job_rejected(struct comparisons *c, msec_t now) {
  struct job *job = find_job(c);
  if (!c->supported && !c->call.rejects_job) {
    give_up(c, now);
    return;
  }
  if (job != NULL)
    job->compared = true;
  c->running = false;
}

static void on_accepted(struct comparisons *c) {
  c->supported = c->offered = true;
  c->rejected = false;
  c->credential_errors = 0;
  err_clear(&c->err);
  backoff_reset(&c->pause);
  on_answer(c);
}

static void evaluate(struct comparisons *c, msec_t now) {
  switch (c->call.error) {
  case API_ERROR_NONE:
  case API_ERROR_EMPTY:
    on_accepted(c);
    break;
  case API_ERROR_CREDENTIAL:
    on_credential(c, now);
    break;
  case API_ERROR_JOB:
    on_job_rejected(c, now);
    break;
  case API_ERROR_PERMISSION:
  case API_ERROR_OTHER:
    give_up(c, now);
    break;
  case API_ERROR_THROTTLED:
    fail(c, &c->call.err, THROTTLE_MAX_MS, now);
    break;
  default:
    fail(c, &c->call.err, c->interval, now);
  }
}

static void on_done(struct api_call *call) {
  struct comparisons *c = call->arg;
  msec_t now = clock_now();
  if (call->error != API_ERROR_NONE && call->retry_after >= 0)
    backoff_obey(&c->pause, call->retry_after, now);
  evaluate(c, now);
}

/* Requests */

static void start_comparison(struct comparisons *c, msec_t now) {
  struct err err = ERR_INIT;
  struct comparison_query query = {.job_id = c->id, .page = 1};
  if (c->page > 0)
    query.page = c->page;
  for (size_t i = 0; c->page == 0 && i < COMPARISON_TYPES; i++)
    query.ids[i] = c->response.found[i].id.text;
  c->response.has = 0;
  c->response.listed = 0;
  if (api_call_start(&c->call, &comparison_call, &query, now, &err) !=
      AUTH_REFUSED)
    return;
  fail(c, &err, c->interval, now);
}

/* While the call is rejected nothing is known of any job, nor will be soon. */
static void mark_compared(struct comparisons *c) {
  for (size_t i = 0; c->rejected && i < c->jobs->len; i++)
    c->jobs->all[i]->compared = true;
}

msec_t comparisons_step(struct comparisons *c, struct jobs *jobs, msec_t now) {
  if (c->service == NULL || api_call_is_under_way(&c->call))
    return CLOCK_NEVER;
  c->jobs = jobs;
  mark_compared(c);
  if (now < c->pause.until)
    return c->pause.until;
  if (!c->running && now < c->due)
    return c->due;
  if (!c->running) {
    struct job *job = next_job(c);
    c->due = now + c->gap;
    if (job == NULL)
      return c->due;
    begin_job(c, job);
  }
  start_comparison(c, now);
  return c->running ? CLOCK_NEVER : c->due;
}

const struct err *comparisons_change(struct comparisons *c) {
  bool failing = err_is_set(&c->err);
  if (failing == c->failing || (!failing && !c->supported))
    return NULL;
  c->failing = failing;
  return &c->err;
}
