/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One page after the other, one type of task after the other. */

#include "poll/discovery.h"

#include "api/status.h"

#include <stdio.h>
#include <string.h>

#define RETRY_MIN_MS 1000
/* A list, or a sub-task, that the service refuses is requested again after
 * this. */
#define REFUSED_MS (24 * 3600 * 1000)
/* The most pages of a list, whatever total the service reports. */
#define PAGES_MAX 2000

static void on_page_done(struct api_call *call);
static void on_task(void *arg, const struct task *t);
static void on_subtask(void *arg, const struct task *t);
static void on_probe_item(void *arg, const struct job_item *item);

_Static_assert(JOBS_SUBTASK == JOBS_LISTED << TASK_LIST_TYPES,
               "a source of jobs for each list, and for its sub-tasks");

void discovery_init(struct discovery *d, const struct api_service *service,
                    const struct project_config *config,
                    struct project_counts *counts, struct jobs *jobs) {
  *d = (struct discovery){.service = service,
                          .config = config,
                          .counts = counts,
                          .jobs = jobs,
                          .interval =
                              (msec_t)(config->discover_interval * 1000)};
  d->response = (struct task_list_response){
      .fn = on_task, .subtask_fn = on_subtask, .arg = d};
  d->probe_response =
      (struct job_response){on_probe_item, d, &d->probe_progress.base};
  d->call =
      (struct api_call){.service = service, .done = on_page_done, .arg = d};
  job_list_init(&d->children);
  for (size_t i = 0; i < DISCOVERY_LISTS; i++)
    job_list_init(&d->lists[i]);
}

void discovery_stop(struct discovery *d) {
  api_call_cancel(&d->call);
  d->running = false;
  d->probe = NULL;
}

void discovery_finish(struct discovery *d) {
  if (d->service == NULL)
    return;
  discovery_stop(d);
  job_list_free(&d->children);
  for (size_t i = 0; i < DISCOVERY_LISTS; i++)
    job_list_free(&d->lists[i]);
}

/* From type to type */

/* The tasks of this type, and their sub-tasks. */
static unsigned lists_of(size_t type) {
  return 1U << type | 1U << (TASK_LIST_TYPES + type);
}

static void begin_type(struct discovery *d, size_t type) {
  while (type < TASK_LIST_TYPES && d->started < d->retry_at[type])
    type++;
  d->type = type;
  d->page = 0;
  d->first = d->later = 0;
  if (type == TASK_LIST_TYPES)
    return;
  d->to_apply &= ~lists_of(type);
  d->alive = 0;
  job_list_free(&d->lists[type]);
  job_list_free(&d->lists[TASK_LIST_TYPES + type]);
}

/* A list that had tasks and is empty now may be a passing error: it counts when
 * the next cycle finds it empty, too. */
static bool is_doubtful(struct discovery *d) {
  unsigned bit = 1U << d->type;
  bool emptied = d->tasks[d->type] > 0 && d->alive == 0;
  bool is_first = emptied && !(d->emptied & bit);
  d->emptied = is_first ? d->emptied | bit : d->emptied & ~bit;
  return is_first;
}

/* The list of this type is complete. */
static void end_type(struct discovery *d) {
  d->fetched |= 1U << d->type;
  d->refused &= ~(1U << d->type);
  if (is_doubtful(d)) {
    d->doubts = true;
  } else {
    d->to_apply |= lists_of(d->type);
    d->known |= 1U << d->type;
    d->tasks[d->type] = d->alive;
  }
  begin_type(d, d->type + 1);
}

static void fail_list(struct discovery *d, size_t type, const struct err *err) {
  d->counts->errors[err->kind]++;
  err_set(&d->cause, err->kind, "the list of %s tasks: %s",
          task_list_types[type], err->text);
}

static void skip_type(struct discovery *d, const struct err *err) {
  fail_list(d, d->type, err);
  begin_type(d, d->type + 1);
}

/* A region may not offer this type of task, or not to this user. */
static void refuse_type(struct discovery *d) {
  d->refusing |= 1U << d->type;
  err_set(&d->refusal, d->call.err.kind, "%s", d->call.err.text);
  begin_type(d, d->type + 1);
}

/* The other types would fail in the same way. */
static void give_up_list(struct discovery *d, const struct err *err) {
  fail_list(d, d->type, err);
  begin_type(d, TASK_LIST_TYPES);
}

static void warn(const struct discovery *d, const struct err *warning) {
  d->jobs->warn(d->jobs->warn_arg, JOBS_LISTED, warning);
}

static void warn_of_refused(const struct discovery *d, unsigned refused) {
  const char *names[TASK_LIST_TYPES + 1] = {NULL};
  struct err warning = ERR_INIT;
  size_t len = 0;
  for (size_t i = 0; i < TASK_LIST_TYPES; i++)
    if (refused & 1U << i)
      names[len++] = task_list_types[i];
  if (len == 0)
    return;
  err_set(&warning, d->refusal.kind,
          "the list of %s%s%s tasks is set aside for a day: %s", names[0],
          len > 1 ? " and of " : "", len > 1 ? names[1] : "", d->refusal.text);
  warn(d, &warning);
}

static void set_aside(struct discovery *d, msec_t now) {
  for (size_t i = 0; i < TASK_LIST_TYPES; i++)
    if (d->refusing & d->refused & 1U << i)
      d->retry_at[i] = now + REFUSED_MS;
  warn_of_refused(d, d->refusing & ~d->refused);
  d->refused |= d->refusing;
}

/* Where no list is fetched, that is the user's rights, and an error, and so it
 * may be within the discovery after that. Else a list that is refused is
 * requested once more with the next discovery, and then once a day. */
static void settle_refused(struct discovery *d, msec_t now) {
  bool is_down = d->fetched == 0;
  if (d->refusing != 0 && !is_down && !d->after_outage)
    set_aside(d, now);
  else if (d->refusing != 0)
    fail_list(d, (size_t)__builtin_ctz(d->refusing), &d->refusal);
  d->after_outage = is_down;
}

/* An outage may be over in the next cycle. */
static msec_t pause_max(const struct discovery *d) {
  bool is_outage = err_is_of_connection(d->err.kind) ||
                   (d->err.kind == ERR_HTTP && d->without_jobs);
  return is_outage ? RETRY_MIN_MS : d->interval;
}

static void end_discovery(struct discovery *d, msec_t now) {
  settle_refused(d, now);
  d->running = false;
  d->probe = NULL;
  for (size_t i = TASK_LIST_TYPES; !d->polls_subtasks && i < DISCOVERY_LISTS;
       i++)
    job_list_free(&d->lists[i]);
  d->err = d->cause;
  if (err_is_set(&d->err)) {
    backoff_grow(&d->pause, RETRY_MIN_MS, pause_max(d), now);
  } else {
    backoff_reset(&d->pause);
    d->due = d->doubts ? now : now + d->interval;
  }
}

/* Pages */

/* Page 0 is the whole list. Where the service returns a part of it only, the
 * pages 1, 2, ... follow until they are complete, or empty. One that begins as
 * the page before has nothing new: the service does not count pages. */
static void on_page(struct discovery *d) {
  const struct task_list_response *response = &d->response;
  double total = response->has & TASK_LIST_TOTAL ? response->total : -1;
  bool is_repeated = d->page > 1 && d->begins_alike;
  double tasks = is_repeated ? 0 : (double)response->tasks;
  struct err err = ERR_INIT;
  if (d->page == 0)
    d->first = tasks;
  else
    d->later += tasks;
  double max = d->first > d->later ? d->first : d->later;
  bool over = (d->page > 0 && tasks == 0) || d->page == PAGES_MAX;
  if (max >= total || (over && d->first + d->later >= total)) {
    end_type(d);
  } else if (over) {
    err_set(&err, ERR_RESPONSE, "it has %.0f of %.0f", max, total);
    skip_type(d, &err);
  } else {
    d->page++;
  }
}

static void on_success(struct discovery *d) {
  if (err_is_set(&d->task_err))
    fail_list(d, d->type, &d->task_err);
  if (d->task_err.kind == ERR_LOCAL)
    begin_type(d, TASK_LIST_TYPES);
  else
    on_page(d);
}

static void on_list_credential(struct discovery *d) {
  if (d->repeated)
    give_up_list(d, &d->call.err);
  d->repeated = true;
}

static void evaluate_page(struct discovery *d) {
  if (d->call.refuses_call) {
    refuse_type(d);
    return;
  }
  switch (d->call.error) {
  case API_ERROR_NONE:
    on_success(d);
    break;
  case API_ERROR_EMPTY:
    end_type(d);
    break;
  case API_ERROR_CREDENTIAL:
    on_list_credential(d);
    break;
  case API_ERROR_THROTTLED:
  case API_ERROR_SERVICE:
  case API_ERROR_TIMEOUT:
  case API_ERROR_PERMISSION:
    give_up_list(d, &d->call.err);
    break;
  default:
    if (d->call.retry_after >= 0)
      give_up_list(d, &d->call.err);
    else
      skip_type(d, &d->call.err);
  }
}

/* The probe of sub-tasks */

/* The lists are over. Ends the discovery where nothing is to be found out. */
static void begin_probe(struct discovery *d, msec_t now) {
  struct job_list_entry first;
  size_t i = TASK_LIST_TYPES, at = 0;
  while (i < DISCOVERY_LISTS && (!(d->to_apply & 1U << i) ||
                                 !job_list_next(&d->lists[i], &at, &first)))
    i++;
  if (!d->polls_subtasks && now >= d->probe_at && i < DISCOVERY_LISTS)
    d->probe = first.id;
  else
    end_discovery(d, now);
}

static void on_probe_item(void *arg, const struct job_item *item) {
  struct discovery *d = arg;
  d->probe_reported |= strcmp(item->id.text, d->probe) == 0 &&
                       !progress_is_rejection(&d->probe_progress);
}

static void set_subtasks_aside(struct discovery *d, msec_t now) {
  struct err warning = ERR_INIT;
  const char *cause = err_is_set(&d->call.err)
                          ? d->call.err.text
                          : "the response does not have the first one";
  err_set(&warning, ERR_JOB,
          "the sub-tasks of the lists are set aside for a day: %s", cause);
  if (d->probe_at == 0)
    warn(d, &warning);
  d->probe_at = now + REFUSED_MS;
}

/* What may pass sets nothing aside; a rejection that may only where it comes a
 * second time. */
static void evaluate_probe(struct discovery *d, msec_t now) {
  const struct api_call *call = &d->call;
  bool answered =
      call->error == API_ERROR_NONE || call->error == API_ERROR_EMPTY;
  bool certain = answered || call->rejects_job;
  bool rejected = certain || call->refuses_call || call->error == API_ERROR_JOB;
  d->polls_subtasks = answered && d->probe_reported;
  if (!d->polls_subtasks && (certain || (rejected && d->probe_in_doubt)))
    set_subtasks_aside(d, now);
  d->probe_in_doubt = rejected;
}

/* Responses */

static bool has_ended(const struct task *t) {
  int status = status_code(t->status.text, t->status.len);
  return status_family(status) == STATUS_ENDED;
}

static void on_subtask(void *arg, const struct task *t) {
  struct discovery *d = arg;
  if (!has_ended(t))
    job_list_add(&d->children, t->id.text, t->name.text, &d->task_err);
}

static void add_subtasks(struct discovery *d, const struct task *parent) {
  char name[2 * JSON_TEXT_MAX];
  struct job_list_entry child;
  for (size_t at = 0; job_list_next(&d->children, &at, &child);) {
    snprintf(name, sizeof(name), "%s-%s",
             parent->name.len > 0 ? parent->name.text : parent->id.text,
             child.name);
    job_list_add(&d->lists[TASK_LIST_TYPES + d->type], child.id, name,
                 &d->task_err);
  }
}

static void add_task(struct discovery *d, const struct task *t) {
  if (has_ended(t))
    return;
  d->alive++;
  if (!job_filter_accepts(&d->config->discover_filter, t))
    return;
  job_list_add(&d->lists[d->type], t->id.text, t->name.text, &d->task_err);
  add_subtasks(d, t);
}

static void on_task(void *arg, const struct task *t) {
  struct discovery *d = arg;
  if (d->response.tasks == 1) {
    d->begins_alike = strcmp(d->first_id.text, t->id.text) == 0;
    d->first_id = t->id;
  }
  add_task(d, t);
  job_list_free(&d->children);
}

static void on_page_done(struct api_call *call) {
  struct discovery *d = call->arg;
  msec_t now = clock_now();
  if (d->probe != NULL) {
    evaluate_probe(d, now);
    end_discovery(d, now);
  } else {
    evaluate_page(d);
    if (d->type == TASK_LIST_TYPES)
      begin_probe(d, now);
  }
  if (call->error != API_ERROR_NONE && call->retry_after >= 0)
    backoff_obey(&d->pause, call->retry_after, now);
}

/* Requests */

static enum auth_state send_page(struct discovery *d, msec_t now,
                                 struct err *err) {
  const struct task_list_page page = {.type = task_list_types[d->type],
                                      .page = d->page};
  err_clear(&d->task_err);
  d->response.has = 0;
  d->response.tasks = 0;
  d->call.target = &d->response;
  return api_call_start(&d->call, &task_list_call, &page, now, err);
}

static const char *next_probe_id(void *arg) {
  const char **id = arg, *next = *id;
  *id = NULL;
  return next;
}

static enum auth_state send_probe(struct discovery *d, msec_t now,
                                  struct err *err) {
  const char *id = d->probe;
  const struct job_ids ids = {.next = next_probe_id, .arg = &id};
  d->probe_reported = false;
  d->call.target = &d->probe_response;
  return api_call_start(&d->call, &progress_call, &ids, now, err);
}

void discovery_begin(struct discovery *d, msec_t now) {
  if (d->service == NULL || d->running || now < d->due || now < d->pause.until)
    return;
  d->running = true;
  d->repeated = d->doubts = false;
  d->without_jobs = d->jobs->len == 0;
  err_clear(&d->cause);
  err_clear(&d->refusal);
  d->fetched = d->refusing = 0;
  d->started = now;
  begin_type(d, 0);
}

void discovery_step(struct discovery *d, msec_t now) {
  struct err err = ERR_INIT;
  if (!d->running || api_call_is_under_way(&d->call))
    return;
  bool probing = d->probe != NULL;
  if ((probing ? send_probe(d, now, &err) : send_page(d, now, &err)) !=
      AUTH_REFUSED)
    return;
  if (!probing)
    give_up_list(d, &err);
  end_discovery(d, now);
}

/* Tasks do not wait for the probe of their sub-tasks. */
void discovery_apply(struct discovery *d) {
  bool probing = d->probe != NULL;
  if ((d->running && !probing) || d->to_apply == 0)
    return;
  err_clear(&d->left_out);
  for (size_t i = 0; i < (probing ? TASK_LIST_TYPES : DISCOVERY_LISTS); i++) {
    if (d->to_apply & 1U << i)
      jobs_replace(d->jobs, JOBS_LISTED << i, &d->lists[i], clock_now(),
                   &d->left_out);
    job_list_free(&d->lists[i]);
    d->to_apply &= ~(1U << i);
  }
}

size_t discovery_tasks(const struct discovery *d) {
  size_t tasks = 0;
  for (size_t i = 0; i < TASK_LIST_TYPES; i++)
    tasks += d->tasks[i];
  return tasks;
}

const struct err *discovery_change(struct discovery *d,
                                   const struct err errors[ERR_KINDS]) {
  const struct err *err = err_is_set(&d->err) ? &d->err : &d->left_out;
  bool failing = err_is_set(err);
  if (failing == d->failing || (failing && err_is_set(&errors[err->kind])))
    return NULL;
  d->failing = failing;
  return err;
}
