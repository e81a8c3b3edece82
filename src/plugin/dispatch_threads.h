/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Threads that dispatch values, some at a time, while their owner goes on.
 *
 * collectd allocates each value in the thread that dispatches it, and frees it
 * in a write thread. glibc has an arena for each thread, whose lock both need:
 * a thread that goes on dispatching and the write threads behind it wait for
 * each other at every other value. Where another thread dispatches the next
 * values, the write threads free those of an arena that nobody allocates from.
 *
 *     dispatch_threads_begin(&threads, dispatch, &values);
 *     ...                                    nobody else uses these values
 *     dispatch_threads_wait(&threads);       they are dispatched
 *     ...
 *     dispatch_threads_stop(&threads);
 *
 * They take turns. A few work at the same time, so that collectd's write
 * threads, which are five, do not get most of a busy machine's cores. They
 * start when they are first needed; all zero is none. */

#ifndef DRS_PLUGIN_DISPATCH_THREADS_H
#define DRS_PLUGIN_DISPATCH_THREADS_H

#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>

/* With 2 of them the daemon needs 0.78 of the CPU time that it needs without,
 * with 4 0.70, with 8 0.64 (docs/internals/decisions.md). */
#define DISPATCH_THREADS_MAX 4

/* The most that work at the same time. */
#define DISPATCH_THREADS_BUSY_MAX 3

typedef void dispatch_work(void *arg);

struct dispatch_thread {
  pthread_t id;
  sem_t begin, end;    /* of a turn */
  dispatch_work *work; /* of the next turn; NULL: the thread ends */
  void *arg;
};

struct dispatch_threads {
  struct dispatch_thread all[DISPATCH_THREADS_MAX];
  size_t len, next;
  size_t busy; /* so many, just before `next`, work */
};

/* Begins the work on the next thread, once fewer than
 * DISPATCH_THREADS_BUSY_MAX are at work. So all work is done by then but what
 * the last DISPATCH_THREADS_BUSY_MAX calls began. Does it on the calling thread
 * where no thread can be started. */
void dispatch_threads_begin(struct dispatch_threads *t, dispatch_work *work,
                            void *arg);

/* Waits until all work is done. */
void dispatch_threads_wait(struct dispatch_threads *t);

/* Ends them once all work is done. */
void dispatch_threads_stop(struct dispatch_threads *t);

#endif
