/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A collectd plugin that takes notifications and holds the thread that brings
 * one for as long as the file $HOLD_NOTIFICATIONS is there, as notify_email
 * does with a mail server that says nothing. */

#include <collectd/core/daemon/plugin.h>

#include <stdlib.h>
#include <unistd.h>

static int hold(const notification_t *notification, user_data_t *ud) {
  (void)notification;
  (void)ud;
  while (access(getenv("HOLD_NOTIFICATIONS"), F_OK) == 0)
    usleep(10000);
  return 0;
}

void module_register(void) { plugin_register_notification("hold", hold, NULL); }
