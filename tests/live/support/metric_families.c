/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * To preload: the function by which a module knows collectd 6. */

int plugin_dispatch_metric_family(const void *family);

int plugin_dispatch_metric_family(const void *family) {
  (void)family;
  return 0;
}
