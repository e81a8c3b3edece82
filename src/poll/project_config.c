/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The end of a project's options. */

#include "poll/project_config.h"

#include <stdlib.h>

void project_config_free(struct project_config *o) {
  char *strings[] = {o->name,        o->host,
                     o->endpoint,    o->project_id,
                     o->language,    o->ca_cert,
                     o->client_cert, o->client_key,
                     o->proxy,       o->identity_endpoint,
                     o->domain_name, o->user,
                     o->access_key,  o->metadata_endpoint,
                     o->jobs_file};
  struct secret *secrets[] = {&o->token, &o->password, &o->secret_key,
                              &o->security_token};
  for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
    free(strings[i]);
  for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
    secret_free(secrets[i]);
  jobs_free(&o->jobs);
  *o = (struct project_config){0};
}
