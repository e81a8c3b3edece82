/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The loop: take the notes, start what is due, step what is reading, wait for
 * the network. */

#include "poll/poller.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* Projects that are due at the same instant start this far quarantined. */
#define STAGGER_MS 20
/* A read ends this much before the next one is due, in parts of an interval. */
#define MARGIN 20

struct entry {
  struct project *project;
  msec_t interval, offset;
  msec_t start_at; /* a read waits for its turn; CLOCK_NEVER: none */

  /* The mailbox, under the lock. */
  unsigned due;       /* notes not yet taken */
  unsigned long over; /* reads that ended, or were skipped, so far */
};

struct poller {
  struct http *http;
  struct entry *entries;
  int len;

  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool stopping;
};

struct poller *poller_new(struct http *http, struct err *err) {
  struct poller *p = calloc(1, sizeof(*p));
  if (p == NULL) {
    http_free(http);
    err_memory(err);
    return NULL;
  }
  p->http = http;
  pthread_mutex_init(&p->lock, NULL);
  pthread_cond_init(&p->changed, NULL);
  return p;
}

int poller_add(struct poller *p, struct project *project) {
  struct entry *entries =
      reallocarray(p->entries, (size_t)p->len + 1, sizeof(*entries));
  if (entries == NULL) {
    project_free(project);
    return -1;
  }
  msec_t interval = (msec_t)(project_config(project)->interval * 1000);
  p->entries = entries;
  p->entries[p->len] = (struct entry){
      .project = project,
      .interval = interval,
      .offset = p->len * STAGGER_MS % (interval / 4 + 1),
      .start_at = CLOCK_NEVER,
  };
  return p->len++;
}

void poller_free(struct poller *p) {
  if (p == NULL)
    return;
  for (int i = 0; i < p->len; i++)
    project_free(p->entries[i].project);
  http_free(p->http);
  pthread_cond_destroy(&p->changed);
  pthread_mutex_destroy(&p->lock);
  free(p->entries);
  free(p);
}

/* From other threads */

unsigned long poller_due(struct poller *p, int project) {
  pthread_mutex_lock(&p->lock);
  p->entries[project].due++;
  unsigned long ticket = p->entries[project].over;
  pthread_mutex_unlock(&p->lock);
  http_wakeup(p->http);
  return ticket;
}

void poller_stop(struct poller *p) {
  pthread_mutex_lock(&p->lock);
  p->stopping = true;
  pthread_cond_broadcast(&p->changed);
  pthread_mutex_unlock(&p->lock);
  http_wakeup(p->http);
}

bool poller_wait(struct poller *p, int project, unsigned long ticket) {
  const struct entry *e = &p->entries[project];
  pthread_mutex_lock(&p->lock);
  while (!p->stopping && e->over == ticket)
    pthread_cond_wait(&p->changed, &p->lock);
  bool over = e->over != ticket;
  pthread_mutex_unlock(&p->lock);
  return over;
}

/* The thread */

static bool collect_pending(struct poller *p, msec_t now) {
  pthread_mutex_lock(&p->lock);
  bool stopping = p->stopping;
  for (int i = 0; i < p->len; i++) {
    struct entry *e = &p->entries[i];
    for (; e->due > 0; e->due--) {
      if (project_is_polling(e->project))
        project_skip(e->project);
      else
        e->start_at = msec_min(e->start_at, now + e->offset);
    }
  }
  pthread_mutex_unlock(&p->lock);
  return !stopping;
}

static void signal_cycle_done(struct poller *p, struct entry *e) {
  pthread_mutex_lock(&p->lock);
  e->over++;
  pthread_cond_broadcast(&p->changed);
  pthread_mutex_unlock(&p->lock);
}

/* Starts or continues one project; returns when it wants to be seen again. */
static msec_t step(struct poller *p, struct entry *e, msec_t now) {
  if (e->start_at <= now) {
    msec_t budget = e->interval - e->offset - e->interval / MARGIN;
    e->start_at = CLOCK_NEVER;
    project_start(e->project, now, budget);
  }
  bool was_reading = project_is_polling(e->project);
  msec_t again = project_step(e->project, now);
  if (was_reading && !project_is_polling(e->project))
    signal_cycle_done(p, e);
  return msec_min(again, e->start_at);
}

/* A signal is for the daemon's main thread, which it wakes: here it would only
 * be late. */
static void block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
}

void *poller_run(void *arg) {
  struct poller *p = arg;
  block_signals();
  while (collect_pending(p, clock_now())) {
    msec_t now = clock_now(), next = CLOCK_NEVER;
    for (int i = 0; i < p->len; i++)
      next = msec_min(next, step(p, &p->entries[i], now));
    http_poll(p->http, msec_left(next, now, 3600 * 1000));
  }
  for (int i = 0; i < p->len; i++)
    project_stop(p->entries[i].project);
  return NULL;
}
