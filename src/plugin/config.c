/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table of options, and the rules among them. */

#include "plugin/config.h"

#include "base/c_locale.h"
#include "base/name.h"
#include "net/url.h"
#include "plugin/config_parsers.h"
#include "plugin/log.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct project_config, member)

/* clang-format off */
/* key, type, field, default, least, most */
static const struct option table[] = {
    {"Endpoint",   &option_service_endpoint, AT(endpoint)},
    {"ProjectID",  &option_safe,     AT(project_id)},
    {"Token",      &option_secret,   AT(credential.token.value)},
    {"TokenFile",  &option_path,     AT(credential.token.path)},
    {"IdentityEndpoint", &option_identity_endpoint, AT(credential.identity_endpoint)},
    {"DomainName", &option_text,     AT(credential.domain_name)},
    {"User",       &option_text,     AT(credential.user)},
    {"Password",   &option_secret,   AT(credential.password.value)},
    {"PasswordFile", &option_path,   AT(credential.password.path)},
    {"AccessKey",  &option_safe,     AT(credential.access_key)},
    {"SecretKey",  &option_secret,   AT(credential.secret_key.value)},
    {"SecretKeyFile", &option_path,  AT(credential.secret_key.path)},
    {"SecurityToken", &option_secret, AT(credential.security_token.value)},
    {"Agency",     &option_boolean,  AT(credential.agency), .number = false},
    {"MetadataEndpoint", &option_endpoint, AT(credential.metadata_endpoint), .text = "http://169.254.169.254"},
    {"Job",        &option_job,      AT(jobs), .repeats = true},
    {"JobsFile",   &option_path,     AT(jobs_file)},
    {"DiscoverJobs", &option_boolean, AT(discover_jobs), .number = false},
    {"DiscoverInterval", &option_seconds, AT(discover_interval), .number = 600, .min = 0.1, .max = 86400},
    {"DiscoverSelect", &option_discover_select, AT(discover_filter), .repeats = true},
    {"DiscoverIgnore", &option_discover_ignore, AT(discover_filter), .repeats = true},
    {"RPOAndRTO",  &option_boolean,  AT(calls[JOB_RPO_AND_RTO]), .number = false},
    {"Details",    &option_boolean,  AT(calls[JOB_DETAILS]), .number = false},
    {"Comparisons", &option_boolean, AT(comparisons), .number = false},
    {"ReadyDelay", &option_seconds,  AT(ready_delay), .number = 3, .min = 0, .max = 86400},
    {"Interval",   &option_seconds,  AT(interval), .min = 0.1, .max = 86400},
    {"Host",       &option_host,     AT(host)},
    {"Timeout",    &option_integer,    AT(timeout), .number = 10000, .min = 1, .max = 600000},
    {"BatchSize",  &option_integer,    AT(batch_size), .number = 100, .min = 1, .max = 10000},
    {"MaxParallel", &option_integer,   AT(max_parallel), .number = 8, .min = 1, .max = 100},
    {"Language",   &option_language, AT(language), .text = "en-us"},
    {"VerifyPeer", &option_boolean,  AT(connect.verify_peer), .number = true},
    {"VerifyHost", &option_boolean,  AT(connect.verify_host), .number = true},
    {"CACert",     &option_text,     AT(connect.ca_cert)},
    {"ClientCert", &option_text,     AT(connect.client_cert)},
    {"ClientKey",  &option_text,     AT(connect.client_key)},
    {"Proxy",      &option_proxy,     AT(connect.proxy)},
    {"MetaData",   &option_boolean,  AT(meta_data), .number = true},
    {"SelfMetrics", &option_boolean, AT(self_metrics), .number = true},
    {"Notify",     &option_boolean,  AT(notify), .number = true},
};
/* clang-format on */

#define ROWS (sizeof(table) / sizeof(*table))

/* A block that is being read. */
struct block {
  const char *name; /* "" until it is known */
  struct project_config options;
  bool given[ROWS];
  struct err err;
};

static bool is_key(const char *text, const char *key) {
  return c_locale_strncasecmp(text, key, PTRDIFF_MAX) == 0;
}

static const struct option *find_option(const char *key) {
  for (size_t i = 0; i < ROWS; i++)
    if (is_key(key, table[i].key))
      return &table[i];
  return NULL;
}

const char *config_call_option(enum job_call call) {
  for (size_t i = 0; i < ROWS; i++)
    if (table[i].offset == AT(calls) + call * sizeof(bool))
      return table[i].key;
  return NULL;
}

static bool is_given(const struct block *b, const char *key) {
  return b->given[find_option(key) - table];
}

/* The first error counts; a block that has one is read on for its Host. */
static void read_option(struct block *b, const oconfig_item_t *ci) {
  const struct option *o = find_option(ci->key);
  struct err cause = ERR_INIT;
  if (o == NULL)
    err_set(&b->err, ERR_CONFIG, "%s: unknown option", ci->key);
  else if (is_given(b, o->key) && !o->repeats)
    err_set(&b->err, ERR_CONFIG, "%s: may be given only once", o->key);
  else if (ci->children_num > 0)
    err_set(&b->err, ERR_CONFIG, "%s: expected a value, got a block", o->key);
  else if (!o->type->parse(o, ci, &b->options, &cause))
    err_set(&b->err, ERR_CONFIG, "%s: %s", o->key, cause.text);
  else
    b->given[o - table] = true;
  if (err_is_set(&cause) && !err_is_set(&b->err))
    log_warning(b->name, ERR_CONFIG, "%s: %s", o->key, cause.text);
}

/* Rules among the options */

/* The options of each credential type, the one that chooses it first. `other`
 * serves in place of `key`. */
static const struct credential {
  enum credential_type type;
  const char *key, *other;
  bool wanted;
} credentials[] = {
    {CREDENTIAL_TOKEN, "Token", "TokenFile", true},
    {CREDENTIAL_PASSWORD, "IdentityEndpoint", NULL, true},
    {CREDENTIAL_PASSWORD, "DomainName", NULL, true},
    {CREDENTIAL_PASSWORD, "User", NULL, true},
    {CREDENTIAL_PASSWORD, "Password", "PasswordFile", true},
    {CREDENTIAL_ACCESS_KEY, "AccessKey", NULL, true},
    {CREDENTIAL_ACCESS_KEY, "SecretKey", "SecretKeyFile", true},
    {CREDENTIAL_ACCESS_KEY, "SecurityToken", NULL, false},
    {CREDENTIAL_AGENCY, "Agency", NULL, true},
    {CREDENTIAL_AGENCY, "MetadataEndpoint", NULL, false},
};

#define CREDENTIALS (sizeof(credentials) / sizeof(*credentials))

/* "Agency false" is as good as nothing. */
static bool credential_is_configured(const struct block *b, const char *key) {
  if (key == NULL || !is_given(b, key))
    return false;
  return strcmp(key, "Agency") != 0 || b->options.credential.agency;
}

/* The first given option of a credential, which chooses the type. */
static const struct credential *find_credential_type(const struct block *b) {
  for (size_t i = 0; i < CREDENTIALS; i++)
    if (credential_is_configured(b, credentials[i].key) ||
        credential_is_configured(b, credentials[i].other))
      return &credentials[i];
  return NULL;
}

static bool check_credential(struct block *b, const struct credential *c,
                             const struct credential *first) {
  bool given = credential_is_configured(b, c->key),
       other_given = credential_is_configured(b, c->other);
  const char *first_key =
      credential_is_configured(b, first->key) ? first->key : first->other;
  if (given && other_given)
    return err_set(&b->err, ERR_CONFIG,
                   "%s: conflicts with %s; configure one of them", c->other,
                   c->key);
  if ((given || other_given) && c->type != first->type)
    return err_set(&b->err, ERR_CONFIG,
                   "%s: conflicts with %s; configure exactly one kind of "
                   "credential",
                   given ? c->key : c->other, first_key);
  if (given || other_given || !c->wanted || c->type != first->type)
    return true;
  if (c->other == NULL)
    return err_set(&b->err, ERR_CONFIG, "%s: required with %s", c->key,
                   first_key);
  return err_set(&b->err, ERR_CONFIG, "%s: required with %s (or %s)", c->key,
                 first_key, c->other);
}

static bool check_credentials(struct block *b) {
  const struct credential *first = find_credential_type(b);
  if (first == NULL)
    return err_set(&b->err, ERR_CONFIG,
                   "Token: required, or TokenFile, IdentityEndpoint, AccessKey "
                   "or Agency");
  for (size_t i = 0; i < CREDENTIALS; i++)
    if (!check_credential(b, &credentials[i], first))
      return false;
  b->options.credential.type = first->type;
  return true;
}

static bool check_options(struct block *b) {
  static const char *const required[] = {"Endpoint", "ProjectID"};
  for (size_t i = 0; i < sizeof(required) / sizeof(*required); i++)
    if (!is_given(b, required[i]))
      return err_set(&b->err, ERR_CONFIG, "%s: required", required[i]);
  if (!is_given(b, "Job") && !is_given(b, "JobsFile") &&
      !b->options.discover_jobs)
    return err_set(&b->err, ERR_CONFIG,
                   "Job: required, or JobsFile or DiscoverJobs");
  if (is_given(b, "ClientKey") && !is_given(b, "ClientCert"))
    return err_set(&b->err, ERR_CONFIG, "ClientKey: requires ClientCert");
  return check_credentials(b);
}

static int compare_keys(const void *a, const void *b) { return strcmp(a, b); }

static void leave_key(void *key) { (void)key; }

/* Whether a project has the name, perhaps one that was rejected. */
static bool project_name_is_used(const struct config *c, const char *name) {
  for (size_t i = 0; i < c->len; i++)
    if (strcmp(c->projects[i].name, name) == 0)
      return true;
  return false;
}

/* Warns of ids that are given twice. Out of memory, it warns of fewer. */
static void check_ids(const struct block *b) {
  struct job_list_entry entry;
  void *ids = NULL;
  for (size_t at = 0; job_list_next(&b->options.jobs, &at, &entry);) {
    const char **node = tsearch(entry.id, &ids, compare_keys);
    if (node != NULL && *node != entry.id)
      log_warning(b->name, ERR_CONFIG,
                  "Job: %s is listed twice; it is polled once", entry.id);
  }
  tdestroy(ids, leave_key);
}

static bool read_name(const struct config *c, struct block *b,
                      const oconfig_item_t *ci) {
  if (ci->values_num != 1 || ci->values[0].type != OCONFIG_TYPE_STRING)
    return err_set(&b->err, ERR_CONFIG, "name: expected one quoted string");
  b->name = ci->values[0].value.string;
  if (!config_is_name(b->name))
    return err_set(&b->err, ERR_CONFIG, "name: " NAME_EXPECTED);
  if (project_name_is_used(c, b->name))
    return err_set(&b->err, ERR_CONFIG,
                   "name: already used by another project");
  b->options.name = strdup(b->name);
  return b->options.name != NULL || err_memory(&b->err);
}

static bool set_defaults(struct project_config *to) {
  for (size_t i = 0; i < ROWS; i++) {
    const struct option_type *type = table[i].type;
    if (type->set_default != NULL && !type->set_default(&table[i], to))
      return false;
  }
  return true;
}

static bool read_block(const struct config *c, struct block *b,
                       const oconfig_item_t *ci) {
  job_list_init(&b->options.jobs);
  if (!set_defaults(&b->options))
    return err_memory(&b->err);
  if (!read_name(c, b, ci))
    return false;
  for (int i = 0; i < ci->children_num; i++)
    read_option(b, &ci->children[i]);
  if (err_is_set(&b->err))
    return false;
  check_ids(b);
  return check_options(b);
}

static void warn_of_clear_text(const struct project_config *project,
                               const char *option, const char *url) {
  if (url != NULL && !url_is_https(url) && !url_is_loopback(url))
    log_warning(project->name, ERR_CONFIG,
                "%s: not https: credentials are sent unencrypted", option);
}

static void warn_of_options(const struct project_config *project) {
  warn_of_clear_text(project, "Endpoint", project->endpoint);
  warn_of_clear_text(project, "IdentityEndpoint",
                     project->credential.identity_endpoint);
  if (!project->connect.verify_peer)
    log_warning(project->name, ERR_CONFIG,
                "VerifyPeer: false: any server can read the credentials");
  else if (!project->connect.verify_host)
    log_warning(project->name, ERR_CONFIG,
                "VerifyHost: false: any server with a certificate can read the "
                "credentials");
}

static void free_project(struct project_config *project) {
  for (size_t i = 0; i < ROWS; i++)
    if (table[i].type->free != NULL)
      table[i].type->free(&table[i], project);
  free(project->name);
  *project = (struct project_config){0};
}

static bool append_project(struct config *c, struct project_config *project) {
  struct project_config *all =
      reallocarray(c->projects, c->len + 1, sizeof(*all));
  if (all == NULL)
    return false;
  c->projects = all;
  c->projects[c->len++] = *project;
  c->accepted += !project->is_refused;
  return true;
}

void config_refuse(struct config *c, struct project_config *project) {
  project->is_refused = true;
  c->accepted--;
  c->faults++;
}

/* A request ends before its cycle does, so that the cause is told and not only
 * that the interval is over. The poller leaves a cycle 0.7 of its interval at
 * least: it starts up to a quarter late, and ends a twentieth before the next.
 */
#define TIMEOUT_PART 0.65

static void limit_timeout(struct project_config *project) {
  double max = project->interval * 1000 * TIMEOUT_PART;
  if (project->timeout > max)
    project->timeout = max < 1 ? 1 : (int)max;
}

/* Leaves nothing but the name of a rejected block, and its host. */
static void strip_project(struct project_config *project) {
  struct project_config left = {
      .is_refused = true, .name = project->name, .host = project->host};
  project->name = project->host = NULL;
  free_project(project);
  *project = left;
}

static void read_project(struct config *c, const oconfig_item_t *ci,
                         double interval) {
  struct block b = {.name = "", .err = ERR_INIT};
  struct project_config *project = &b.options;
  if (read_block(c, &b, ci)) {
    if (project->interval <= 0)
      project->interval = interval;
    limit_timeout(project);
    warn_of_options(project);
  } else {
    strip_project(project);
  }
  if (project->name == NULL || !append_project(c, project)) {
    err_memory(&b.err);
    free_project(project);
  }
  if (!err_is_set(&b.err))
    return;
  log_error(config_is_name(b.name) ? b.name : NULL, ERR_CONFIG, "%s",
            b.err.text);
  c->faults++;
}

void config_read(struct config *c, const oconfig_item_t *plugin,
                 double interval) {
  for (int i = 0; i < plugin->children_num; i++) {
    const oconfig_item_t *ci = &plugin->children[i];
    if (is_key(ci->key, "Project")) {
      read_project(c, ci, interval);
      continue;
    }
    log_error(NULL, ERR_CONFIG,
              "%s: unknown option; expected <Project \"NAME\"> blocks",
              ci->key);
    c->faults++;
  }
}

void config_free(struct config *c) {
  for (size_t i = 0; i < c->len; i++)
    free_project(&c->projects[i]);
  free(c->projects);
  name_registry_free(&c->hosts);
  *c = (struct config){0};
}
