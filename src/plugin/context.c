/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors */

#include "plugin/context.h"

/* Written by init, before our threads start. */
static plugin_ctx_t remembered;

void context_remember(void) { remembered = plugin_get_ctx(); }

plugin_ctx_t context_enter(cdtime_t interval) {
  plugin_ctx_t context = remembered;
  if (interval > 0)
    context.interval = interval;
  return plugin_set_ctx(context);
}
