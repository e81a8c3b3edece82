/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A collectd plugin that gives the process the locale of Germany, as
 * libraries of other plugins do: collectd itself sets LC_NUMERIC to "C" first.
 */

#include <collectd/core/daemon/plugin.h>

#include <locale.h>

static int set(void) { return setlocale(LC_ALL, "de_DE") == NULL; }

void module_register(void) { plugin_register_init("set_locale", set); }
