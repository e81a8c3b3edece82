/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What the user configured for one project, as plain data. */

#ifndef DRS_POLL_PROJECT_CONFIG_H
#define DRS_POLL_PROJECT_CONFIG_H

#include "base/secret.h"
#include "poll/jobs.h"

/* All strings are the struct's own, and NULL where not given. */
struct project_config {
  char *name;     /* plugin instance of its self-metrics */
  char *host;     /* NULL: collectd's host name */
  char *endpoint; /* URL, without a slash at its end */
  char *project_id;
  char *language;   /* X-Language */
  double interval;  /* seconds between reads; 0: the plugin's */
  int timeout;      /* milliseconds for one request */
  int batch_size;   /* ids in one request at most */
  int max_parallel; /* requests in flight */
  bool verify_peer, verify_host;
  char *ca_cert, *client_cert, *client_key, *proxy;
  bool self_metrics, notify;

  /* Credentials, of one kind; the other kinds are not set. */
  struct secret token;
  char *identity_endpoint, *domain_name, *user; /* a login */
  struct secret password;
  char *access_key; /* an access key; temporary with a security token */
  struct secret secret_key, security_token;
  bool agency; /* keys of the server's agency */
  char *metadata_endpoint;

  struct jobs jobs;
  char *jobs_file; /* more of them; NULL: none */
  bool discover_jobs;
  double discover_interval; /* seconds */
};

/* Wipes the secrets, frees all, and leaves the struct empty. */
void project_config_free(struct project_config *o);

#endif
