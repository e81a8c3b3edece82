/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A project as the operator configured it. plugin/config owns it, and frees it
 * after the poller is gone; from the start on it is const, and projects and
 * credentials borrow its strings. */

#ifndef DRS_POLL_PROJECT_CONFIG_H
#define DRS_POLL_PROJECT_CONFIG_H

#include "api/job_call.h"
#include "auth/credential_config.h"
#include "base/clock.h"
#include "net/http_request.h"
#include "poll/job_filter.h"
#include "poll/job_list.h"

/* Strings are NULL where the option is not given. */
struct project_config {
  bool is_refused; /* it has a name and a host, and is not polled */
  char *name;      /* plugin instance of its self-metrics */
  char *host;      /* NULL: collectd's host name */
  char *endpoint;  /* URL, without a slash at its end */
  char *project_id;
  char *language;   /* X-Language */
  double interval;  /* seconds between two cycles; 0: the plugin's */
  int timeout;      /* milliseconds for one request */
  int batch_size;   /* ids in one request at most */
  int max_parallel; /* requests in flight */
  msec_t spread;    /* milliseconds over which a cycle's requests are started;
                       0: as fast as possible */
  struct http_connect_options connect;
  bool meta_data, self_metrics, notify;
  struct credential_config credential;
  struct job_list jobs; /* an id may be there twice */
  char *jobs_file;      /* more of them; NULL: none */
  bool discover_jobs;
  double discover_interval; /* seconds */
  struct job_filter discover_filter;
  bool comparisons;      /* are asked for, job by job */
  double ready_delay;    /* seconds that a job may be behind and be ready */
  bool calls[JOB_CALLS]; /* those that are made beside the first */
};

#endif
