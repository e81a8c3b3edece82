/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * When what is asked. */

#include "project.h"

#include <stdio.h>
#include <stdlib.h>

struct project {
  struct project_options options;
  struct auths *auths;
  struct post_service service;
  struct asks asks;
  struct reading read; /* the one under way, or the last */
  bool reading;
  msec_t deadline;
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
  p->read = (struct reading){.events = events,
                             .arg = arg,
                             .parallel = (size_t)p->options.max_parallel};
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

/* Credentials for the next request. */
static enum auth_state prepare_auth(struct project *p, msec_t now,
                                    struct err *err) {
  struct auth *auth = p->service.auth;
  uint64_t before = auth->requests;
  enum auth_state state = auth_prepare(auth, p->service.http, now, err);
  p->read.counts.token_requests += auth->requests - before;
  return state;
}

/* Asks for the next batch; false: not now, so it stays the next. */
static bool ask_for(struct project *p, struct ask *ask, msec_t now,
                    enum auth_state *state) {
  struct err err = ERR_INIT;
  msec_t timeout = deadline_earlier(p->options.timeout, p->deadline - now);
  *state = prepare_auth(p, now, &err);
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
  reading_begin(&p->read, now);
}

static void finish(struct project *p) {
  asks_cancel(&p->asks);
  p->reading = false;
  p->read.result.exposed = p->service.auth->exposed;
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

msec_t project_step(struct project *p, msec_t now) {
  if (!p->reading)
    return DEADLINE_NEVER;
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
