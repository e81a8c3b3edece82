/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The one thread that owns the network and everything that changes: every
 * project, and the one multi handle. Other threads only leave it a message: a
 * project is due; stop.
 *
 * Life: poller_new, poller_add for each project, then poller_run on a thread
 * of its own, poller_stop from any other, and, once poller_run has returned,
 * poller_free. */

#ifndef DRS_POLL_POLLER_H
#define DRS_POLL_POLLER_H

#include "poll/project.h"

struct poller;

/* Called on the thread in each of its turns; returns when it has to be called
 * again at the latest. */
typedef msec_t poller_iteration_fn(msec_t now);

/* For up to `max` projects. Takes over `http`, also when it fails. */
struct poller *poller_new(struct http *http, poller_iteration_fn *on_iteration,
                          size_t max, struct err *err);

/* Takes over the project, and returns its number, from 0 on. */
int poller_add(struct poller *p, struct project *project);

/* The thread's body; returns NULL after poller_stop. Requests under way then
 * are cancelled without waiting. */
void *poller_run(void *poller);

/* From any thread: a cycle of this project is due. */
void poller_due(struct poller *p, int project);

/* From any thread: a cycle of each project is due, and all start at once. */
void poller_due_all(struct poller *p);

/* From one other thread: waits until the first cycle of this project is over.
 * False: the poller was stopped, or the thread has handled a signal. */
bool poller_wait(struct poller *p, int project);

/* From any thread. */
void poller_stop(struct poller *p);

void poller_free(struct poller *p);

#endif
