/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The loop: collect due projects, step the projects that have something to do,
 * wait for the network. Its cost grows with events, and not with the number of
 * projects but for a walk over their times. */

#include "poll/poller.h"

#include "base/signals.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

/* Projects that are due at the same instant start this far apart, within a
 * quarter of the interval. If there are more projects than such times, some
 * start together, and share the thread's wake-ups. */
#define STAGGER_MS 20
/* A cycle ends this much before the next one is due, in parts of an interval.
 */
#define MARGIN 20

struct entry {
  struct poller *poller;
  struct project *project;
  size_t number;
  msec_t interval, offset;
  msec_t start_at; /* a cycle is due then; CLOCK_NEVER: none */

  /* Under the lock. */
  unsigned due; /* calls of poller_due that were not seen yet */
  struct entry *next_due;
  bool over; /* a cycle has ended */
};

/* When a project is stepped. */
struct schedule {
  msec_t at;     /* at the latest */
  bool is_woken; /* in the next iteration, which is not hurried for it */
};

struct poller {
  struct http *http;
  poller_iteration_fn *on_iteration;
  struct entry *entries;
  size_t len;
  struct schedule *schedules; /* by number of their entries */

  pthread_mutex_t lock;
  bool stopping;
  struct entry *due;
  sem_t ended; /* a cycle has, or all do; for poller_wait */
};

struct poller *poller_new(struct http *http, poller_iteration_fn *on_iteration,
                          size_t max, struct err *err) {
  struct poller *p = calloc(1, sizeof(*p));
  if (p == NULL) {
    http_free(http);
    err_memory(err);
    return NULL;
  }
  pthread_mutex_init(&p->lock, NULL);
  sem_init(&p->ended, 0, 0);
  p->http = http;
  p->on_iteration = on_iteration;
  p->entries = calloc(max, sizeof(*p->entries));
  p->schedules = calloc(max, sizeof(*p->schedules));
  if (p->entries != NULL && p->schedules != NULL)
    return p;
  err_memory(err);
  poller_free(p);
  return NULL;
}

static void wake(const struct entry *e) {
  e->poller->schedules[e->number].is_woken = true;
}

static void on_wake(void *arg) { wake(arg); }

int poller_add(struct poller *p, struct project *project) {
  struct entry *e = &p->entries[p->len];
  msec_t interval = (msec_t)(project_config(project)->interval * 1000);
  *e = (struct entry){
      .poller = p,
      .project = project,
      .number = p->len,
      .interval = interval,
      .offset = (msec_t)p->len % (interval / 4 / STAGGER_MS + 1) * STAGGER_MS,
      .start_at = CLOCK_NEVER,
  };
  project_watch(project, on_wake, e);
  p->schedules[p->len].at = CLOCK_NEVER;
  return (int)p->len++;
}

void poller_free(struct poller *p) {
  if (p == NULL)
    return;
  for (size_t i = 0; i < p->len; i++)
    project_free(p->entries[i].project);
  http_free(p->http);
  sem_destroy(&p->ended);
  pthread_mutex_destroy(&p->lock);
  free(p->schedules);
  free(p->entries);
  free(p);
}

/* From other threads */

static void set_due(struct poller *p, struct entry *e) {
  if (e->due++ > 0)
    return;
  e->next_due = p->due;
  p->due = e;
}

void poller_due(struct poller *p, int project) {
  pthread_mutex_lock(&p->lock);
  set_due(p, &p->entries[project]);
  pthread_mutex_unlock(&p->lock);
  http_wakeup(p->http);
}

void poller_due_all(struct poller *p) {
  pthread_mutex_lock(&p->lock);
  for (size_t i = 0; i < p->len; i++) {
    p->entries[i].offset = 0;
    set_due(p, &p->entries[i]);
  }
  pthread_mutex_unlock(&p->lock);
  http_wakeup(p->http);
}

void poller_stop(struct poller *p) {
  pthread_mutex_lock(&p->lock);
  p->stopping = true;
  pthread_mutex_unlock(&p->lock);
  sem_post(&p->ended);
  http_interrupt(p->http);
}

bool poller_wait(struct poller *p, int project) {
  const struct entry *e = &p->entries[project];
  bool over, stopping;
  do {
    pthread_mutex_lock(&p->lock);
    over = e->over;
    stopping = p->stopping;
    pthread_mutex_unlock(&p->lock);
  } while (!over && !stopping && sem_wait(&p->ended) == 0);
  return over;
}

/* The thread */

/* A project that is polling skips the cycle; another one starts, once. */
static void collect(struct entry *e, msec_t now) {
  for (; e->due > 0; e->due--)
    if (project_is_polling(e->project))
      project_skip(e->project);
    else
      e->start_at = msec_min(e->start_at, now + e->offset);
  wake(e);
}

static bool collect_due(struct poller *p, msec_t now) {
  pthread_mutex_lock(&p->lock);
  bool stopping = p->stopping;
  for (struct entry *e = p->due; e != NULL; e = e->next_due)
    collect(e, now);
  p->due = NULL;
  pthread_mutex_unlock(&p->lock);
  return !stopping;
}

static void signal_cycle_done(struct entry *e) {
  struct poller *p = e->poller;
  pthread_mutex_lock(&p->lock);
  bool is_first = !e->over;
  e->over = true;
  pthread_mutex_unlock(&p->lock);
  if (is_first)
    sem_post(&p->ended);
}

/* Starts or continues a project, and notes when to do so again. Credentials are
 * shared, so their response is another project's event: projects that wait for
 * them are stepped after each. */
static void step(struct entry *e, msec_t now) {
  if (e->start_at <= now) {
    msec_t budget = e->interval - e->offset - e->interval / MARGIN;
    e->start_at = CLOCK_NEVER;
    project_start(e->project, now, budget);
  }
  bool was_polling = project_is_polling(e->project);
  msec_t again = project_step(e->project, now);
  if (was_polling && !project_is_polling(e->project))
    signal_cycle_done(e);
  again = msec_min(again, e->start_at);
  e->poller->schedules[e->number].at = again > now ? again : now + 1;
  if (project_awaits_credentials(e->project))
    wake(e);
}

/* Steps the projects that are due or woken; returns when the next one will be
 * due. The times of a thousand projects are 16 KB. */
static msec_t step_all(struct poller *p, msec_t now) {
  msec_t first = CLOCK_NEVER;
  for (size_t i = 0; i < p->len; i++) {
    struct schedule *s = &p->schedules[i];
    if (s->is_woken || s->at <= now) {
      s->is_woken = false;
      step(&p->entries[i], now);
    }
    first = msec_min(first, s->at);
  }
  return first;
}

void *poller_run(void *arg) {
  struct poller *p = arg;
  signals_block();
  while (collect_due(p, clock_now())) {
    msec_t now = clock_now();
    msec_t again = msec_min(step_all(p, now), p->on_iteration(now));
    http_poll(p->http, msec_left(again, now, 3600 * 1000));
  }
  for (size_t i = 0; i < p->len; i++)
    project_stop(p->entries[i].project);
  return NULL;
}
