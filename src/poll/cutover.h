/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What a job's responses say of its cutover: how long it still takes, and
 * whether it is ready. Kept in struct job, before the item's event is emitted.
 *
 *     cutover_init(&c, config);
 *     cutover_begin(&c, number, now);             each cycle
 *     cutover_answered(&c, job, progress, code);  each item */

#ifndef DRS_POLL_CUTOVER_H
#define DRS_POLL_CUTOVER_H

#include "api/progress.h"
#include "api/rpo_and_rto.h"
#include "poll/jobs.h"
#include "poll/project_config.h"

/* Of a project. */
struct cutover {
  const struct project_config *config;
  struct readiness_rules rules;
  uint32_t cycle; /* its number */
  msec_t now;     /* when it began */
};

void cutover_init(struct cutover *c, const struct project_config *config);
void cutover_begin(struct cutover *c, uint32_t cycle, msec_t now);

/* Whether a comparison that was finished after the job's full copy found a
 * difference. */
bool cutover_found_difference(const struct job *job);

/* The job was reported with this status (see api/status.h). Whether its
 * readiness changed. */
bool cutover_answered(const struct cutover *c, struct job *job,
                      const struct progress *p, int status);

/* Its RPO and RTO count in this cycle and the next. */
void cutover_backlog(const struct cutover *c, struct job *job,
                     const struct rpo_and_rto *item);

#endif
