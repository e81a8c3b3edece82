/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Two semaphores for each thread. */

#include "plugin/dispatch_threads.h"

#include <stdbool.h>

/* Signals end a wait early where they are not blocked. */
static void wait_for(sem_t *semaphore) {
  while (sem_wait(semaphore) != 0)
    ;
}

static void *run_tasks(void *arg) {
  struct dispatch_thread *thread = arg;
  for (;;) {
    wait_for(&thread->begin);
    if (thread->work == NULL)
      return NULL;
    thread->work(thread->arg);
    sem_post(&thread->end);
  }
}

static void free_semaphores(struct dispatch_thread *thread) {
  sem_destroy(&thread->begin);
  sem_destroy(&thread->end);
}

/* It has the signal mask of the calling thread. */
static bool start(struct dispatch_thread *thread) {
  sem_init(&thread->begin, 0, 0);
  sem_init(&thread->end, 0, 0);
  if (pthread_create(&thread->id, NULL, run_tasks, thread) == 0) {
    pthread_setname_np(thread->id, "drs dispatch");
    return true;
  }
  free_semaphores(thread);
  return false;
}

/* Of those that work, the one that began first. */
static void wait_for_oldest(struct dispatch_threads *t) {
  wait_for(&t->all[(t->next + t->len - t->busy) % t->len].end);
  t->busy--;
}

/* The next thread; NULL: there is none. */
static struct dispatch_thread *next_thread(struct dispatch_threads *t) {
  if (t->next == DISPATCH_THREADS_MAX)
    t->next = 0;
  if (t->next == t->len && start(&t->all[t->len]))
    t->len++;
  if (t->next == t->len)
    t->next = 0;
  return t->len > 0 ? &t->all[t->next] : NULL;
}

void dispatch_threads_begin(struct dispatch_threads *t, dispatch_work *work,
                            void *arg) {
  struct dispatch_thread *thread = next_thread(t);
  if (thread == NULL) {
    work(arg);
    return;
  }
  if (t->busy == DISPATCH_THREADS_BUSY_MAX || t->busy == t->len)
    wait_for_oldest(t);
  thread->work = work;
  thread->arg = arg;
  sem_post(&thread->begin);
  t->next++;
  t->busy++;
}

void dispatch_threads_wait(struct dispatch_threads *t) {
  while (t->busy > 0)
    wait_for_oldest(t);
}

void dispatch_threads_stop(struct dispatch_threads *t) {
  dispatch_threads_wait(t);
  for (size_t i = 0; i < t->len; i++) {
    struct dispatch_thread *thread = &t->all[i];
    thread->work = NULL;
    sem_post(&thread->begin);
    pthread_join(thread->id, NULL);
    free_semaphores(thread);
  }
  t->len = t->next = 0;
}
