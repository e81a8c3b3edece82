/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * When what is asked. */

#include "project.h"

#include "discovery.h"
#include "jobsfile.h"

#include <stdio.h>
#include <stdlib.h>

struct project {
  struct project_options options;
  struct auths *auths;
  struct post_service service;
  struct asks asks;
  struct reading read; /* the one under way, or the last */
  bool reading;
  bool waits; /* it has not begun yet: what jobs there are is being found out */
  msec_t wait_until;
  msec_t deadline;

  struct jobsfile file;
  struct discovery discovery;
};

static const struct ask_handler ask_handler = {.item = reading_item,
                                               .done = reading_done};

static bool prepare_project(struct project *p, struct err *err) {
  struct project_options *o = &p->options;
  p->service = (struct post_service){.project_id = o->project_id,
                                     .language = o->language,
                                     .peer = auth_peer(o)};
  batches_init(&p->read.batches, &o->jobs, (size_t)o->batch_size);
  if (asprintf(&p->service.url, "%s/v3/%s/jobs", o->endpoint, o->project_id) <
      0)
    p->service.url = NULL;
  if (p->service.url == NULL || !asks_init(&p->asks, (size_t)o->max_parallel,
                                           &p->service, &ask_handler, &p->read))
    return err_memory(err);
  if (o->discover_jobs)
    discovery_init(&p->discovery, &p->service, &p->read.counts, o->timeout,
                   (msec_t)(o->discover_interval * 1000));
  p->service.auth = auth_open(p->auths, o, err);
  return p->service.auth != NULL && jobsfile_init(&p->file, o->jobs_file, err);
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
  p->read = (struct reading){.events = events,
                             .arg = arg,
                             .parallel = (size_t)p->options.max_parallel};
  if (prepare_project(p, err))
    return p;
  project_free(p);
  return NULL;
}

void project_stop(struct project *p) {
  discovery_stop(&p->discovery);
  asks_cancel(&p->asks);
  p->reading = false;
}

void project_free(struct project *p) {
  if (p == NULL)
    return;
  project_stop(p);
  discovery_free(&p->discovery);
  jobsfile_free(&p->file);
  batches_free(&p->read.batches);
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
  return &p->read.counts;
}

bool project_is_reading(const struct project *p) { return p->reading; }

/* Asking */

/* Asks for the next batch; false: not now, so it stays the next. */
static bool ask_for(struct project *p, struct ask *ask, msec_t now,
                    enum auth_state *state) {
  struct err err = ERR_INIT;
  msec_t timeout = deadline_earlier(p->options.timeout, p->deadline - now);
  *state = post_prepare(&p->service, &p->read.counts.token_requests, now, &err);
  if (*state == AUTH_READY && ask_start(ask, &p->read.batches, timeout, &err)) {
    p->read.counts.requests++;
    return true;
  }
  if (*state != AUTH_BUSY)
    reading_close(&p->read, &err);
  batches_again(&p->read.batches, &ask->batch);
  return false;
}

/* Fills the free places. True: there is more to ask, once we have credentials
 * for it. */
static bool ask_for_more(struct project *p, msec_t now) {
  enum auth_state state = AUTH_READY;
  struct ask *ask;
  while (!p->read.closed && (ask = asks_free_place(&p->asks)) != NULL)
    if (!batches_next(&p->read.batches, &ask->batch) ||
        !ask_for(p, ask, now, &state))
      break;
  return state == AUTH_BUSY;
}

/* The read as a whole */

/* The jobs change here, between two reads. The first time, the read waits for
 * the service to list them, though not for ever: others may be known. */
static void find_jobs(struct project *p, msec_t now) {
  jobsfile_refresh(&p->file, &p->options.jobs);
  discovery_apply(&p->discovery, &p->options.jobs);
  if (now >= p->read.throttled.until)
    discovery_begin(&p->discovery, now);
  p->waits = p->discovery.running && !discovery_is_known(&p->discovery);
  p->wait_until = now + (p->deadline - now) / 2;
}

void project_start(struct project *p, struct http *http, msec_t now,
                   msec_t budget) {
  if (p->reading) {
    p->read.counts.skipped++;
    return;
  }
  p->service.http = http;
  p->reading = true;
  p->deadline = now + budget;
  auth_begin(p->service.auth);
  find_jobs(p, now);
  if (!p->waits)
    reading_begin(&p->read, now);
}

static void finish(struct project *p) {
  struct project_result *r = &p->read.result;
  asks_cancel(&p->asks);
  p->reading = false;
  r->exposed = p->service.auth->exposed;
  r->jobs_known =
      jobsfile_is_known(&p->file) && discovery_is_known(&p->discovery);
  r->file_news = jobsfile_news(&p->file);
  r->discovery_news = discovery_news(&p->discovery, r->errors);
  reading_end(&p->read);
}

/* Asks, if we may; returns when to look again. */
static msec_t go_on(struct project *p, msec_t now) {
  if (!p->read.closed && now < p->read.throttled.until)
    return p->read.throttled.until;
  bool waits = ask_for_more(p, now);
  if (!waits && asks_under_way(&p->asks) == 0)
    finish(p);
  return DEADLINE_NEVER;
}

static msec_t step_read(struct project *p, msec_t now) {
  struct err err = ERR_INIT;
  if (asks_under_way(&p->asks) == 0 && p->read.throttled.until >= p->deadline)
    err_set(&err, ERR_THROTTLED, "the service asked for a pause");
  else if (now >= p->deadline)
    err_set(&err, ERR_HTTP, "the interval was over before all had answered");
  if (!err_is_set(&err))
    return deadline_earlier(p->deadline, go_on(p, now));
  reading_close(&p->read, &err);
  finish(p);
  return DEADLINE_NEVER;
}

msec_t project_step(struct project *p, msec_t now) {
  discovery_step(&p->discovery, now);
  if (!p->reading)
    return DEADLINE_NEVER;
  if (p->waits && p->discovery.running && now < p->wait_until)
    return p->wait_until;
  if (p->waits) {
    p->waits = false;
    discovery_apply(&p->discovery, &p->options.jobs);
    reading_begin(&p->read, now);
  }
  return step_read(p, now);
}
