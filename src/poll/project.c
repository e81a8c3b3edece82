/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Where jobs come from, and when a cycle starts. */

#include "poll/project.h"

#include "net/url.h"
#include "poll/comparisons.h"
#include "poll/discovery.h"
#include "poll/jobs_file.h"

#include <stdio.h>
#include <stdlib.h>

struct project {
  const struct project_config *config;
  struct jobs jobs; /* configured, of the file, and discovered */
  struct auths *auths;
  struct secret proxy_password; /* known to the redactor */
  struct api_service service;
  struct request_queue queue; /* of its requests */
  struct cycle cycle;         /* the one under way, or the last */
  bool polling;
  bool waits;        /* for jobs; the cycle starts after it */
  msec_t list_until; /* waits for the first list */
  msec_t file_look;  /* looks at the file again; CLOCK_NEVER: not */
  msec_t deadline;

  struct jobs_file file;
  struct discovery discovery;
  struct comparisons comparisons;
};

/* A proxy sees its password, and may quote it. */
static bool init_proxy_password(struct project *p, struct err *err) {
  struct buf password;
  struct err cause = ERR_INIT;
  buf_init(&password, SECRET_MAX);
  bool ok =
      secret_init(&p->proxy_password, NULL, &cause) &&
      (p->config->connect.proxy == NULL ||
       url_add_proxy_password(p->config->connect.proxy, &password, &cause)) &&
      (password.len == 0 ||
       secret_set(&p->proxy_password, password.data, &cause));
  buf_free(&password);
  return ok ||
         err_set(err, cause.kind, "the password of the Proxy %s", cause.text);
}

static bool open_auth(struct project *p, struct err *err) {
  struct auth_options options = {.credential = &p->config->credential,
                                 .project_id = p->config->project_id,
                                 .timeout = p->config->timeout,
                                 .connect = p->service.connect};
  p->service.auth = auth_open(p->auths, &options, err);
  return p->service.auth != NULL;
}

static void on_warning(void *arg, unsigned source, const struct err *warning) {
  const struct project *p = arg;
  const struct cycle_setup *to = &p->cycle.setup;
  if (to->events->warned != NULL)
    to->events->warned(to->arg,
                       source == JOBS_CONFIGURED ? "Job"
                       : source == JOBS_FILE     ? "JobsFile"
                                                 : "DiscoverJobs",
                       warning);
}

/* An id that is configured twice is one job. */
static bool add_configured_jobs(struct project *p,
                                const struct project_env *env,
                                struct err *err) {
  p->jobs = (struct jobs){.host = env->host,
                          .number = env->number,
                          .warn = on_warning,
                          .warn_arg = p};
  return jobs_replace(&p->jobs, JOBS_CONFIGURED, &p->config->jobs, clock_now(),
                      err);
}

static bool prepare_project(struct project *p, const struct project_env *env,
                            const struct cycle_setup *setup, struct err *err) {
  const struct project_config *config = p->config;
  p->service =
      (struct api_service){.name = config->name,
                           .http = env->http,
                           .project_id = config->project_id,
                           .language = config->language,
                           .connect = config->connect,
                           .queue = &p->queue,
                           .timeout = config->timeout,
                           .requests = &p->cycle.counts.requests,
                           .token_requests = &p->cycle.counts.token_requests};
  request_queue_init(&p->queue);
  if (!init_proxy_password(p, err) || !cycle_init(&p->cycle, setup, err) ||
      !add_configured_jobs(p, env, err) ||
      !http_endpoint_init(&p->service.endpoint, config->endpoint, err))
    return false;
  if (asprintf(&p->service.path, "/v3/%s/jobs", config->project_id) < 0) {
    p->service.path = NULL;
    return err_memory(err);
  }
  if (config->discover_jobs)
    discovery_init(&p->discovery, &p->service, config, &p->cycle.counts,
                   &p->jobs);
  if (config->comparisons)
    comparisons_init(&p->comparisons, &p->service, config, &p->cycle.counts);
  return open_auth(p, err) && jobs_file_init(&p->file, config->jobs_file, err);
}

struct project *project_new(const struct project_config *config,
                            const struct project_env *env,
                            const struct project_events *events, void *arg,
                            struct err *err) {
  struct project *p = calloc(1, sizeof(*p));
  if (p == NULL) {
    err_memory(err);
    return NULL;
  }
  p->config = config;
  p->auths = env->auths;
  const struct cycle_setup setup = {.config = config,
                                    .service = &p->service,
                                    .jobs = &p->jobs,
                                    .events = events,
                                    .arg = arg};
  if (prepare_project(p, env, &setup, err))
    return p;
  project_free(p);
  return NULL;
}

void project_stop(struct project *p) {
  discovery_stop(&p->discovery);
  comparisons_stop(&p->comparisons);
  cycle_cancel(&p->cycle);
  p->polling = false;
}

void project_free(struct project *p) {
  if (p == NULL)
    return;
  project_stop(p);
  discovery_finish(&p->discovery);
  jobs_file_finish(&p->file);
  cycle_finish(&p->cycle);
  auth_close(p->service.auth);
  jobs_free(&p->jobs);
  http_endpoint_finish(&p->service.endpoint);
  free(p->service.path);
  secret_free(&p->proxy_password);
  free(p);
}

const struct project_config *project_config(const struct project *p) {
  return p->config;
}

const struct project_counts *project_counts(const struct project *p) {
  return &p->cycle.counts;
}

size_t project_jobs(const struct project *p) { return p->jobs.len; }

bool project_is_polling(const struct project *p) { return p->polling; }

void project_watch(struct project *p, void (*wake_owner)(void *arg),
                   void *arg) {
  p->service.wake_owner = wake_owner;
  p->service.owner = arg;
}

bool project_awaits_credentials(const struct project *p) {
  return cycle_awaits_credentials(&p->cycle) ||
         comparisons_await_credentials(&p->comparisons) ||
         discovery_awaits_credentials(&p->discovery);
}

void project_skip(struct project *p) { p->cycle.counts.skipped++; }

/* The jobs change here, between two cycles. The first time, the cycle waits for
 * the service's list, for half of its time at most: other jobs may be known. It
 * waits for a file that is being written, unless that would leave no time. */
static void find_jobs(struct project *p, msec_t now) {
  p->file_look = jobs_file_refresh(&p->file, &p->jobs, now);
  discovery_apply(&p->discovery);
  if (!cycle_is_paused(&p->cycle, now))
    discovery_begin(&p->discovery, now);
  bool listed = discovery_is_known(&p->discovery);
  p->list_until = listed ? now : now + (p->deadline - now) / 2;
  p->waits = true;
}

/* When to see again whether there are jobs; CLOCK_NEVER: the cycle starts. */
static msec_t wait_for_jobs(struct project *p, msec_t now) {
  msec_t again = CLOCK_NEVER;
  if (p->file_look <= now)
    p->file_look = jobs_file_refresh(&p->file, &p->jobs, now);
  if (p->file_look < p->deadline - FILE_REST / 4)
    again = p->file_look;
  if (p->discovery.running && now < p->list_until)
    again = msec_min(again, p->list_until);
  return again;
}

static void start_cycle(struct project *p, msec_t now) {
  p->waits = false;
  discovery_apply(&p->discovery);
  cycle_start(&p->cycle, now, p->deadline);
}

void project_start(struct project *p, msec_t now, msec_t budget) {
  p->polling = true;
  p->deadline = now + budget;
  auth_begin(p->service.auth);
  find_jobs(p, now);
  if (wait_for_jobs(p, now) == CLOCK_NEVER)
    start_cycle(p, now);
}

/* Tells that there is nothing to monitor, with the cause, or that there is
 * again. */
static void compare_jobs(struct project *p, const struct project_result *r) {
  const char *path = p->config->jobs_file;
  struct err cause = ERR_INIT;
  if (!r->jobs_known && r->jobs == 0)
    return;
  size_t tasks = discovery_tasks(&p->discovery);
  const char *list = tasks > 0 ? "no task of the service's list is selected"
                               : "the service's list has no task";
  err_set(&cause, ERR_NO_JOBS, "%s%s%s%s%s", path != NULL ? "the file " : "",
          path != NULL ? path : "", path != NULL ? " has no job" : "",
          path != NULL && r->discovers ? ", and " : "",
          r->discovers ? list : "");
  changes_jobs(&p->cycle.changes, r->jobs, cause.text);
}

static void end_cycle(struct project *p) {
  struct project_result *r = &p->cycle.result;
  p->polling = false;
  r->exposure = p->service.auth->exposure;
  r->discovers = p->config->discover_jobs;

  r->jobs_known =
      jobs_file_is_known(&p->file) && discovery_is_known(&p->discovery);
  if (!discovery_is_known(&p->discovery) && err_is_set(&p->discovery.err))
    r->list_error = &p->discovery.err;
  r->file_change = jobs_file_change(&p->file);
  r->comparison_change = comparisons_change(&p->comparisons);
  r->discovery_change = discovery_change(&p->discovery, r->errors);
  compare_jobs(p, r);
  cycle_end(&p->cycle);
}

static msec_t step_cycle(struct project *p, msec_t now) {
  msec_t wait = p->waits ? wait_for_jobs(p, now) : CLOCK_NEVER;
  if (wait != CLOCK_NEVER)
    return wait;
  if (p->waits)
    start_cycle(p, now);
  msec_t again = cycle_step(&p->cycle, now);
  if (!p->cycle.running)
    end_cycle(p);
  return again;
}

/* Comparisons come after the progress. */
static msec_t step_comparisons(struct project *p, msec_t now) {
  if (p->waits || !cycle_progress_is_over(&p->cycle))
    return CLOCK_NEVER;
  return comparisons_step(&p->comparisons, &p->jobs, now);
}

msec_t project_step(struct project *p, msec_t now) {
  discovery_step(&p->discovery, now);
  msec_t again = p->polling ? step_cycle(p, now) : CLOCK_NEVER;
  again = msec_min(again, step_comparisons(p, now));
  msec_t file = p->service.auth->look_at; /* of the credential */
  return project_awaits_credentials(p) && file > now ? msec_min(again, file)
                                                     : again;
}
