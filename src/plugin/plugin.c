/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * collectd's side of the plugin: its callbacks, and the log. Each thing that
 * goes wrong is said once, and once more when it is over.
 *
 * Life: configuration comes before the daemon forks, so it only reads. init
 * makes the projects and starts the one thread. A read callback says "due" and
 * returns. When collectd stops it joins its read threads, frees the reads'
 * user data and then stops its writers; the thread ends with the last of the
 * user data, so that all values it has dispatched are still written. */

#include <collectd/core/daemon/configfile.h>
#include <collectd/core/daemon/globals.h>
#include <collectd/core/daemon/plugin.h>
#include <collectd/core/utils/common/common.h>

#include "base/name.h"
#include "plugin/config.h"
#include "plugin/context.h"
#include "plugin/log.h"
#include "plugin/metrics.h"
#include "plugin/notifications.h"
#include "plugin/report.h"
#include "poll/poller.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define PLUGIN "drs"

/* collectd's write threads have recovered after so many cycles. */
#define QUEUE_GOOD_CYCLES 5

struct queue_problem {
  size_t cycles; /* without values of jobs; 0: no problem */
  size_t good;   /* cycles since then */
};

/* A project with its state on collectd's side. */
struct instance {
  const char *name;             /* of the project */
  struct project *project;      /* the poller's */
  int number;                   /* in the poller */
  char host[DATA_MAX_NAME_LEN]; /* as collectd writes it */
  struct metrics metrics;
  struct notifications notifications;
  struct log_problem problems[ERR_KINDS];
  struct log_problem exposure;
  struct queue_problem queue;
  bool answered;         /* the last cycle was complete */
  size_t reported, jobs; /* of the last cycle */
};

static struct config config;
static struct instance *instances; /* one for each project at most */
static size_t instances_len;
static size_t reads_registered;
static struct auths auths;
static struct poller *poller;
static struct value_queue values; /* of the poller's thread */
static atomic_bool reads_wait;    /* for their values: `collectd -T` */
static bool reads_interrupted;    /* by a signal */
static pthread_t thread, init_thread;
static bool thread_runs;
static struct notification_queue *notification_queue;

/* Reports, on the poller's thread */

/* Logs when collectd's write threads fall behind, and when they have kept up
 * for a while. */
static void check_queue(struct instance *instance) {
  struct queue_problem *q = &instance->queue;
  if (!metrics_check_queue(&instance->metrics))
    return;
  if (instance->metrics.queue_is_behind) {
    if (q->cycles++ == 0)
      log_warning(instance->name, ERR_LOCAL,
                  "collectd's write threads do not keep up: cycles without "
                  "values of jobs");
    q->good = 0;
  } else if (q->cycles > 0 && ++q->good >= QUEUE_GOOD_CYCLES) {
    log_info(instance->name, ERR_NONE,
             "recovered: collectd's write threads; %zu cycles had no values of "
             "jobs",
             q->cycles);
    *q = (struct queue_problem){0};
  }
}

static void on_started(void *arg) {
  struct instance *instance = arg;
  metrics_begin(&instance->metrics, cdtime());
}

static void on_job_item(void *arg, const struct job *job, enum job_call call,
                        const struct job_item *item) {
  struct instance *instance = arg;
  check_queue(instance);
  if (call == JOB_PROGRESS)
    report_job(instance->name, job);
  metrics_item(&instance->metrics, job, call, item);
}

static void on_changed(void *arg, const struct change *change) {
  struct instance *instance = arg;
  report_change(instance->name, change);
  if (change->kind == CHANGE_NO_JOBS)
    log_warning(instance->name, ERR_NO_JOBS, "nothing to monitor: %s",
                change->message);
  if (change->kind == CHANGE_JOBS_AGAIN)
    log_info(instance->name, ERR_NONE, "recovered: %s to monitor",
             change->message);
  notifications_change(&instance->notifications, change);
}

static void on_warned(void *arg, const char *option,
                      const struct err *warning) {
  const struct instance *instance = arg;
  log_warning(instance->name, warning->kind, "%s: %s", option, warning->text);
}

/* Whether a problem that goes on has to be logged again. Of jobs only the
 * first is: each has its notification, and a cycle's summary depends on the
 * order of their responses. */
static bool must_be_logged(struct instance *instance, enum err_kind kind,
                           const char *text) {
  struct log_problem *p = &instance->problems[kind];
  bool goes_on = p->causes_len > 0;
  return !(kind == ERR_JOB && goes_on) &&
         log_problem_must_be_logged(p, text, instance->metrics.time);
}

/* Logs each problem when it starts and the recovery when one ends. A cycle
 * without a response says nothing about the problems of others. */
static void log_problems(struct instance *instance,
                         const struct project_result *r) {
  bool recovered = false;
  for (enum err_kind kind = ERR_NONE + 1; kind < ERR_KINDS; kind++) {
    const char *text = r->errors[kind].text;
    if (err_is_set(&r->errors[kind])) {
      if (must_be_logged(instance, kind, text))
        log_error(instance->name, kind, "%s", text);
    } else if (r->answered > 0 || r->jobs == 0) {
      recovered |= log_problem_clear(&instance->problems[kind]);
    }
  }
  if (recovered)
    log_info(instance->name, ERR_NONE, "recovered: %zu of %zu jobs reported",
             r->answered, r->jobs);
}

static void log_exposure(struct instance *instance, const struct err *e) {
  if (e != NULL && log_problem_must_be_logged(&instance->exposure, e->text,
                                              instance->metrics.time))
    log_warning(instance->name, e->kind, "%s", e->text);
}

/* Logs that the subject of an option started failing, or recovered. */
static void log_source_change(const struct instance *instance,
                              const char *source, const struct err *change) {
  if (change == NULL)
    return;
  const struct log_subject subject = {
      .project = instance->name, .option = source, .kind = change->kind};
  if (err_is_set(change))
    log_line(LOG_ERR, &subject, "%s: %s", source, change->text);
  else
    log_info(instance->name, ERR_NONE, "recovered: %s", source);
}

static void on_finished(void *arg, const struct project_result *r) {
  struct instance *instance = arg;
  check_queue(instance);
  instance->answered = project_is_up(r);
  instance->reported = r->answered;
  instance->jobs = r->jobs;
  if (project_config(instance->project)->self_metrics)
    metrics_project(&instance->metrics, project_counts(instance->project), r);
  if (reads_wait)
    value_queue_drain(&values);
  notifications_finish(&instance->notifications);
  log_problems(instance, r);
  log_exposure(instance, r->exposure);
  log_source_change(instance, "JobsFile", r->file_change);
  log_source_change(instance, "DiscoverJobs", r->discovery_change);
  log_source_change(instance, "Comparisons", r->comparison_change);
  for (enum job_call call = 0; call < JOB_CALLS; call++)
    log_source_change(instance, config_call_option(call),
                      r->call_changes[call]);
  report_project(project_config(instance->project), r,
                 project_counts(instance->project));
}

static const struct project_events events = {.started = on_started,
                                             .item = on_job_item,
                                             .changed = on_changed,
                                             .finished = on_finished,
                                             .warned = on_warned};

static msec_t on_iteration(msec_t now) {
  return value_queue_iterate(&values, now);
}

/* Reads */

/* The host as collectd writes it: its own where none is given, cut, and with
 * its slashes replaced. It is not known before init. */
static void resolve_host(char written[DATA_MAX_NAME_LEN], const char *host) {
  sstrncpy(written, host != NULL ? host : hostname_g, DATA_MAX_NAME_LEN);
  escape_slashes(written, DATA_MAX_NAME_LEN);
}

/* `collectd -T` calls the reads on the thread that ran init, and wants to
 * know how they ended; the daemon never does. */
static bool is_test_run(void) {
  return pthread_equal(pthread_self(), init_thread);
}

/* All projects are polled at once, with the first read. A signal ends this
 * read and all after it. */
static bool wait_for_cycle(const struct instance *instance) {
  if (!reads_wait) {
    reads_wait = true;
    poller_due_all(poller);
  }
  reads_interrupted =
      reads_interrupted || !poller_wait(poller, instance->number);
  return !reads_interrupted;
}

static int drs_read(user_data_t *ud) {
  struct instance *instance = ud->data;
  if (!is_test_run()) {
    poller_due(poller, instance->number);
    return 0;
  }
  if (!wait_for_cycle(instance))
    return -1;
  const struct project_config *project = project_config(instance->project);
  log_info(project->name, ERR_NONE, "test read of %s: %zu of %zu jobs reported",
           project->endpoint, instance->reported, instance->jobs);
  return instance->answered ? 0 : -1;
}

/* For the blocks that were rejected. */
static int drs_read_refused(user_data_t *ud) {
  (void)ud;
  char host[DATA_MAX_NAME_LEN];
  for (size_t i = 0; i < config.len; i++) {
    const struct project_config *project = &config.projects[i];
    resolve_host(host, project->host);
    if (project->is_refused)
      metrics_down(project->name, host);
  }
  return is_test_run() ? -1 : 0;
}

/* The poller first: it may still notify. */
static void stop_threads(void) {
  if (thread_runs) {
    poller_stop(poller);
    pthread_join(thread, NULL);
    thread_runs = false;
    for (size_t i = 0; i < instances_len; i++)
      metrics_flush(&instances[i].metrics);
    value_queue_drain(&values);
  }
  notification_queue_stop(notification_queue);
  notification_queue = NULL;
}

static void drs_release(void *arg) {
  (void)arg;
  if (--reads_registered == 0)
    stop_threads();
}

/* Setting up */

/* collectd 6 takes the module and none of its values: it has metric families
 * in place of value lists. Functions that an older collectd lacks, dlopen
 * reports. */
static bool collectd_is_compatible(void) {
  return dlsym(RTLD_DEFAULT, "plugin_dispatch_metric_family") == NULL;
}

static int drs_config(oconfig_item_t *ci) {
  config_read(&config, ci, CDTIME_T_TO_DOUBLE(plugin_get_interval()));
  return 0; /* anything else stops the daemon */
}

/* Names of projects are series, too. */
static void warn_of_graphite(const struct instance *instance) {
  for (size_t i = 0; i < instances_len; i++)
    if (strcmp(instances[i].host, instance->host) == 0 &&
        name_compare_folded(instances[i].name, instance->name) == 0)
      log_warning(instance->name, ERR_CONFIG,
                  "the projects \"%s\" and \"%s\" are one series in Graphite, "
                  "where write_graphite replaces dots as it does by default",
                  instances[i].name, instance->name);
}

static bool add_instance(const struct project_config *project,
                         struct http *http, struct err *err) {
  struct instance *instance = &instances[instances_len];
  *instance = (struct instance){.name = project->name};
  resolve_host(instance->host, project->host);
  warn_of_graphite(instance);
  const struct project_env env = {
      .http = http,
      .auths = &auths,
      .host = name_registry_get(&config.hosts, instance->host),
      .number = instances_len};
  instance->project = env.host == NULL
                          ? NULL
                          : project_new(project, &env, &events, instance, err);
  if (instance->project == NULL)
    return err_memory(err);
  instance->number = poller_add(poller, instance->project);
  metrics_init(&instance->metrics, &values, project->name, instance->host,
               DOUBLE_TO_CDTIME_T(project->interval));
  instance->metrics.meta_data = project->meta_data;
  instance->metrics.self_waits = project->spread > 0;
  instance->notifications = (struct notifications){
      .queue = project->notify ? notification_queue : NULL,
      .host = instance->host,
      .project = project->name,
      .interval = instance->metrics.list.interval};
  instances_len++;
  return true;
}

static void register_read(const char *name, plugin_read_cb read,
                          cdtime_t interval, void *data) {
  char full[2 * DATA_MAX_NAME_LEN];
  user_data_t ud = {.data = data, .free_func = drs_release};
  snprintf(full, sizeof(full), PLUGIN "%s%s", *name == '\0' ? "" : "/", name);
  reads_registered++;
  plugin_register_complex_read(PLUGIN, full, read, interval, &ud);
}

/* True also where the project is rejected; the others go on. */
static bool add_project(struct project_config *project, struct http *http,
                        struct err *err) {
  struct err cause = ERR_INIT;
  if (project->is_refused || add_instance(project, http, &cause))
    return true;
  if (cause.kind != ERR_CONFIG)
    return err_set(err, cause.kind, "%s", cause.text);
  log_error(project->name, cause.kind, "%s", cause.text);
  config_refuse(&config, project);
  return true;
}

/* The sum of all projects that work, "1 job configured". */
static void log_start(void) {
  size_t jobs = 0;
  bool more = false;
  for (size_t i = 0; i < instances_len; i++) {
    const struct project_config *project = project_config(instances[i].project);
    jobs += project_jobs(instances[i].project);
    more = more || project->jobs_file != NULL || project->discover_jobs;
  }
  log_info(NULL, ERR_NONE,
           "version " DRS_VERSION
           ", libcurl %s: %zu project%s, %zu job%s configured%s",
           http_library_version(), instances_len, instances_len == 1 ? "" : "s",
           jobs, jobs == 1 ? "" : "s",
           more ? ", and those of files or the service's lists" : "");
}

/* For log plugins, too, which may ask for the context. */
static void *run_poller(void *arg) {
  context_enter(0);
  return poller_run(arg);
}

static bool start_threads(struct err *err) {
  long parallel = 0;
  for (size_t i = 0; i < config.len; i++)
    parallel += config.projects[i].max_parallel;
  struct http *http = http_new("collectd-drs/" DRS_VERSION, parallel, err);
  if (http == NULL)
    return false;
  poller = poller_new(http, on_iteration, config.len, err);
  if (poller == NULL)
    return false;
  notification_queue = notification_queue_new(err);
  if (notification_queue == NULL)
    return false;
  instances = calloc(config.len, sizeof(*instances));
  if (instances == NULL)
    return err_memory(err);
  for (size_t i = 0; i < config.len; i++)
    if (!add_project(&config.projects[i], http, err))
      return false;
  if (pthread_create(&thread, NULL, run_poller, poller) != 0)
    return err_set(err, ERR_LOCAL, "cannot start a thread");
  pthread_setname_np(thread, PLUGIN);
  thread_runs = true;
  return true;
}

/* A write queue that has a limit would drop most values of a burst, so a
 * cycle's requests are spread over half of the interval, and no values are
 * gathered. The option may stand behind <Plugin drs>, so this is not done by
 * the configuration. */
static void respect_queue_limit(void) {
  if (global_option_get_long("WriteQueueLimitHigh", 0) <= 0) {
    values.wait = VALUE_QUEUE_WAIT_MS;
    return;
  }
  for (size_t i = 0; i < config.len; i++)
    config.projects[i].spread = (msec_t)(config.projects[i].interval * 500);
}

static int drs_init(void) {
  struct err err = ERR_INIT;
  if (poller != NULL)
    return 0;
  init_thread = pthread_self();
  context_remember();
  if (config.len == 0 && config.faults == 0)
    log_warning(NULL, ERR_CONFIG, "no <Project> block");
  respect_queue_limit();
  if (config.accepted > 0 && !start_threads(&err)) {
    log_error(NULL, err.kind, "%s", err.text);
    return -1;
  }
  for (size_t i = 0; i < instances_len; i++)
    register_read(instances[i].name, drs_read,
                  instances[i].metrics.list.interval, &instances[i]);
  if (config.faults > 0)
    register_read("", drs_read_refused, 0, NULL);
  if (instances_len > 0)
    log_start();
  return 0;
}

static int drs_shutdown(void) {
  stop_threads();
  poller_free(poller);
  poller = NULL;
  reads_wait = reads_interrupted = false;
  value_queue_finish(&values);
  free(instances);
  instances = NULL;
  instances_len = 0;
  config_free(&config);
  return 0;
}

void module_register(void) {
  if (!collectd_is_compatible()) {
    log_error(NULL, ERR_LOCAL,
              "built for collectd " PACKAGE_VERSION
              ", and this one is of version 6 or later; install a plugin that "
              "was built for it");
    return;
  }
  report_open();
  plugin_register_complex_config(PLUGIN, drs_config);
  plugin_register_init(PLUGIN, drs_init);
  plugin_register_shutdown(PLUGIN, drs_shutdown);
}
