/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The configuration of a project that has a literal token. Its strings are
 * static; config_fixture_free frees the jobs and the filter. */

#ifndef DRS_TESTS_CONFIG_FIXTURE_H
#define DRS_TESTS_CONFIG_FIXTURE_H

#include "poll/project_config.h"

#include <stdio.h>

static inline struct project_config config_fixture(void) {
  static char endpoint[] = "https://drs.example.com", project_id[] = "p",
              language[] = "en-us", name[] = "prod", token[] = "token-1";
  struct project_config c = {
      .endpoint = endpoint,
      .project_id = project_id,
      .language = language,
      .name = name,
      .timeout = 5000,
      .batch_size = 100,
      .max_parallel = 4,
      .ready_delay = 3,
      .credential = {.type = CREDENTIAL_TOKEN, .token.value = token}};
  job_list_init(&c.jobs);
  return c;
}

/* Jobs "0", "1", ... */
static inline bool config_fixture_add_jobs(struct project_config *c,
                                           int count) {
  char id[16];
  bool ok = true;
  for (int i = 0; ok && i < count; i++) {
    snprintf(id, sizeof(id), "%d", i);
    ok = job_list_add(&c->jobs, id, id, NULL);
  }
  return ok;
}

static inline void config_fixture_free(struct project_config *c) {
  job_list_free(&c->jobs);
  job_filter_free(&c->discover_filter);
}

#endif
