/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From the fields of responses to samples. */

#include "poll/cutover.h"

#include "api/status.h"
#include "poll/comparisons.h"

#include <stdlib.h>
#include <time.h>

void cutover_init(struct cutover *c, const struct project_config *config) {
  *c = (struct cutover){.config = config};
  readiness_rules_init(&c->rules, config->interval);
}

void cutover_begin(struct cutover *c, uint32_t cycle, msec_t now) {
  c->cycle = cycle;
  c->now = now;
}

static void estimate(const struct cutover *c, struct job *job,
                     const struct progress *p, int status) {
  struct estimate_sample s = {.now = c->now, .status = status};
  s.has_left = status == STATUS_FULL_TRANSFER
                   ? progress_percent_left(p, &s.left)
                   : progress_delay(p, &s.left);
  s.caught_up = progress_is_replayed(p) ||
                (s.has_left && s.left <= c->config->ready_delay);
  estimate_update(&job->estimate, &s);
}

/* Where the plugin did not see the end of the full copy, and has no details, it
 * counts them all. */
bool cutover_found_difference(const struct job *job) {
  double copied = job->details != NULL && job->details->completed > 0
                      ? job->details->completed
                      : job->copied_at;
  return job->comparisons != NULL &&
         job_comparisons_differ(job->comparisons, copied);
}

static void note_copy(struct job *job, int status) {
  bool copying = status / 100 == 1 || status == STATUS_FULL_TRANSFER;
  bool complete = status == STATUS_FULL_TRANSFER_COMPLETE ||
                  status == STATUS_INCREMENTAL_TRANSFER;
  if (complete && !job->copied && job->copying)
    job->copied_at = (uint32_t)time(NULL);
  job->copied = complete || (job->copied && !copying);
  job->copying = copying;
}

/* Old results are no values any more. */
static void drop_old(const struct cutover *c, struct job *job) {
  if (job->details != NULL && c->now > job->details->until) {
    free(job->details);
    job->details = NULL;
  }
  if (job->comparisons != NULL && c->now > job->comparisons->until) {
    free(job->comparisons);
    job->comparisons = NULL;
  }
}

static bool has_backlog(const struct cutover *c, const struct job *job) {
  return job->backlog_cycle > 0 && c->cycle - job->backlog_cycle <= 1;
}

static enum readiness_cause find_cause(const struct cutover *c,
                                       const struct job *job,
                                       const struct progress *p) {
  double delay;
  if (p->base.error_code.len > 0)
    return READINESS_ERROR;
  if (progress_is_replayed(p))
    return READINESS_GOOD;
  if (!progress_delay(p, &delay))
    return READINESS_DELAY_UNKNOWN;
  if (delay > c->config->ready_delay)
    return READINESS_DELAY;
  return has_backlog(c, job) ? READINESS_BACKLOG : READINESS_GOOD;
}

/* A full transfer alone has no changes to replay, and the parent of sub-tasks
 * no state of its own. */
static bool has_cutover(const struct progress *p, int status) {
  return p->transfer_status.len > 0 && !status_is_of_children(status) &&
         status_task_mode(p->task_mode.text, p->task_mode.len) !=
             STATUS_FULL_TRANS;
}

bool cutover_answered(const struct cutover *c, struct job *job,
                      const struct progress *p, int status) {
  drop_old(c, job);
  note_copy(job, status);
  const struct readiness_sample s = {.now = c->now,
                                     .cycle = c->cycle,
                                     .status = status,
                                     .has_cutover = has_cutover(p, status),
                                     .is_compared = !c->config->comparisons ||
                                                    job->compared,
                                     .differs = cutover_found_difference(job),
                                     .cause = find_cause(c, job, p)};
  estimate(c, job, p, status);
  return readiness_update(&job->readiness, &c->rules, &s);
}

void cutover_backlog(const struct cutover *c, struct job *job,
                     const struct rpo_and_rto *item) {
  double limit = c->config->ready_delay * 1000;
  bool large = ((item->base.has & RPO_DELAY) && item->rpo_ms > limit) ||
               ((item->base.has & RTO_DELAY) && item->rto_ms > limit);
  job->backlog_cycle = large ? c->cycle : 0;
}
