/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * At the start of each thread of ours: signals are for the daemon's main
 * thread, which they wake. */

#ifndef DRS_BASE_SIGNALS_H
#define DRS_BASE_SIGNALS_H

#include <pthread.h>
#include <signal.h>

static inline void signals_block(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
}

#endif
