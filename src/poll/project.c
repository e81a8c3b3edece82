/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * When what is asked. */

#include "poll/project.h"

#include "poll/discovery.h"
#include "poll/jobs_file.h"

#include <stdio.h>
#include <stdlib.h>

struct project {
  const struct project_config *config;
  struct jobs jobs; /* configured, of the file, and discovered */
  struct auths *auths;
  struct api_service service;
  struct call_pool call_pool;
  struct cycle cycle; /* the one under way, or the last */
  bool polling;
  bool waits; /* it has not begun yet: what jobs there are is being found out */
  msec_t wait_until;
  msec_t deadline;

  struct jobs_file file;
  struct discovery discovery;
};

static const struct batch_call_handler batch_call_handler = {
    .item = cycle_item, .done = cycle_done};

static struct http_connect_options
connect_options(const struct project_config *c) {
  return (struct http_connect_options){.verify_peer = c->verify_peer,
                                       .verify_host = c->verify_host,
                                       .ca_cert = c->ca_cert,
                                       .client_cert = c->client_cert,
                                       .client_key = c->client_key,
                                       .proxy = c->proxy};
}

static bool open_auth(struct project *p, struct err *err) {
  struct auth_options options = {.credential = &p->config->credential,
                                 .project_id = p->config->project_id,
                                 .timeout = p->config->timeout,
                                 .connect = p->service.connect};
  p->service.auth = auth_open(p->auths, &options, err);
  return p->service.auth != NULL;
}

/* An id that is configured twice is one job. */
static bool add_configured_jobs(struct project *p, struct host_names *host,
                                struct err *err) {
  struct job_list_entry entry;
  for (size_t at = 0; job_list_next(&p->config->jobs, &at, &entry);)
    if (jobs_add(&p->jobs, entry.id, entry.name) == JOBS_NO_MEMORY)
      return err_memory(err);
  return host == NULL || jobs_take_names(&p->jobs, host, err);
}

static bool prepare_project(struct project *p, struct err *err) {
  const struct project_config *o = p->config;
  p->service = (struct api_service){.project_id = o->project_id,
                                    .language = o->language,
                                    .connect = connect_options(o)};
  batches_init(&p->cycle.batches, &p->jobs, (size_t)o->batch_size);
  if (!http_endpoint_init(&p->service.endpoint, o->endpoint, err))
    return false;
  if (asprintf(&p->service.path, "/v3/%s/jobs", o->project_id) < 0)
    p->service.path = NULL;
  if (p->service.path == NULL ||
      !call_pool_init(&p->call_pool, (size_t)o->max_parallel, &p->service,
                      &batch_call_handler, &p->cycle))
    return err_memory(err);
  if (o->discover_jobs)
    discovery_init(&p->discovery, &p->service, &p->cycle.counts, o->timeout,
                   (msec_t)(o->discover_interval * 1000));
  return open_auth(p, err) && jobs_file_init(&p->file, o->jobs_file, err);
}

struct project *project_new(const struct project_config *config,
                            struct host_names *host, struct auths *auths,
                            const struct project_events *events, void *arg,
                            struct err *err) {
  struct project *p = calloc(1, sizeof(*p));
  if (p == NULL) {
    err_memory(err);
    return NULL;
  }
  p->config = config;
  p->auths = auths;
  p->cycle = (struct cycle){
      .events = events, .arg = arg, .parallel = (size_t)config->max_parallel};
  if (add_configured_jobs(p, host, err) && prepare_project(p, err))
    return p;
  project_free(p);
  return NULL;
}

void project_stop(struct project *p) {
  discovery_stop(&p->discovery);
  call_pool_cancel(&p->call_pool);
  p->polling = false;
}

void project_free(struct project *p) {
  if (p == NULL)
    return;
  project_stop(p);
  discovery_free(&p->discovery);
  jobs_file_free(&p->file);
  batches_free(&p->cycle.batches);
  auth_close(p->auths, p->service.auth);
  jobs_free(&p->jobs);
  free(p->call_pool.all);
  http_endpoint_finish(&p->service.endpoint);
  free(p->service.path);
  free(p);
}

const struct project_config *project_config(const struct project *p) {
  return p->config;
}

const struct project_counts *project_counts(const struct project *p) {
  return &p->cycle.counts;
}

bool project_is_polling(const struct project *p) { return p->polling; }

/* Asking */

/* Asks for the next batch; false: not now, so it stays the next. */
static bool start_call(struct project *p, struct batch_call *ask, msec_t now,
                       enum auth_state *state) {
  struct err err = ERR_INIT;
  msec_t timeout = msec_min(p->config->timeout, p->deadline - now);
  *state =
      api_call_prepare(&p->service, &p->cycle.counts.token_requests, now, &err);
  if (*state == AUTH_READY &&
      batch_call_start(ask, &p->cycle.batches, timeout, &err)) {
    p->cycle.counts.requests++;
    return true;
  }
  if (*state != AUTH_BUSY)
    cycle_close(&p->cycle, &err);
  batches_requeue(&p->cycle.batches, &ask->batch);
  return false;
}

/* Fills the free places. True: there is more to ask, once we have credentials
 * for it. */
static bool start_calls(struct project *p, msec_t now) {
  enum auth_state state = AUTH_READY;
  struct batch_call *ask;
  while (!p->cycle.closed && (ask = call_pool_acquire(&p->call_pool)) != NULL)
    if (!batches_next(&p->cycle.batches, &ask->batch) ||
        !start_call(p, ask, now, &state))
      break;
  return state == AUTH_BUSY;
}

/* The read as a whole */

/* The jobs change here, between two reads. The first time, the read waits for
 * the service to list them, though not for ever: others may be known. */
static void find_jobs(struct project *p, msec_t now) {
  jobs_file_refresh(&p->file, &p->jobs);
  discovery_apply(&p->discovery, &p->jobs);
  if (now >= p->cycle.throttled.until)
    discovery_begin(&p->discovery, now);
  p->waits = p->discovery.running && !discovery_is_known(&p->discovery);
  p->wait_until = now + (p->deadline - now) / 2;
}

void project_start(struct project *p, struct http *http, msec_t now,
                   msec_t budget) {
  if (p->polling) {
    p->cycle.counts.skipped++;
    return;
  }
  p->service.http = http;
  p->polling = true;
  p->deadline = now + budget;
  auth_begin(p->service.auth);
  find_jobs(p, now);
  if (!p->waits)
    cycle_begin(&p->cycle, now);
}

static void finish(struct project *p) {
  struct project_result *r = &p->cycle.result;
  call_pool_cancel(&p->call_pool);
  p->polling = false;
  r->insecure_file = p->service.auth->insecure_file;
  r->jobs_known =
      jobs_file_is_known(&p->file) && discovery_is_known(&p->discovery);
  r->file_change = jobs_file_news(&p->file);
  r->discovery_change = discovery_change(&p->discovery, r->errors);
  cycle_end(&p->cycle);
}

/* Asks, if we may; returns when to look again. */
static msec_t go_on(struct project *p, msec_t now) {
  if (!p->cycle.closed && now < p->cycle.throttled.until)
    return p->cycle.throttled.until;
  bool waits = start_calls(p, now);
  if (!waits && call_pool_in_flight(&p->call_pool) == 0)
    finish(p);
  return CLOCK_NEVER;
}

static msec_t step_read(struct project *p, msec_t now) {
  struct err err = ERR_INIT;
  if (call_pool_in_flight(&p->call_pool) == 0 &&
      p->cycle.throttled.until >= p->deadline)
    err_set(&err, ERR_THROTTLED, "the service asked for a pause");
  else if (now >= p->deadline)
    err_set(&err, ERR_HTTP, "the interval was over before all had answered");
  if (!err_is_set(&err))
    return msec_min(p->deadline, go_on(p, now));
  cycle_close(&p->cycle, &err);
  finish(p);
  return CLOCK_NEVER;
}

msec_t project_step(struct project *p, msec_t now) {
  discovery_step(&p->discovery, now);
  if (!p->polling)
    return CLOCK_NEVER;
  if (p->waits && p->discovery.running && now < p->wait_until)
    return p->wait_until;
  if (p->waits) {
    p->waits = false;
    discovery_apply(&p->discovery, &p->jobs);
    cycle_begin(&p->cycle, now);
  }
  return step_read(p, now);
}
