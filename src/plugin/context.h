/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * collectd's plugin context of our threads: the plugin's name, and an interval.
 * collectd gives one to its own threads only, and hands it on with each value
 * and notification: write plugins ask it for the interval, and log an error
 * where there is none.
 *
 *     context_remember();                in init
 *     ...
 *     plugin_ctx_t outer = context_enter(list.interval);
 *     plugin_dispatch_values(&list);
 *     plugin_set_ctx(outer); */

#ifndef DRS_PLUGIN_CONTEXT_H
#define DRS_PLUGIN_CONTEXT_H

#include <collectd/core/daemon/plugin.h>

/* Remembers the calling thread's context for our threads. */
void context_remember(void);

/* Gives the calling thread the remembered context with this interval; 0: with
 * its own. Returns the one that the thread had. */
plugin_ctx_t context_enter(cdtime_t interval);

#endif
