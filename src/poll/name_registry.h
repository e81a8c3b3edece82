/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The hosts that values belong to, and the names that jobs have there: two
 * jobs with one name would write to one metric, be they of one project or of
 * two. */

#ifndef DRS_POLL_NAME_REGISTRY_H
#define DRS_POLL_NAME_REGISTRY_H

#include <stdbool.h>

struct host_names;

/* All zero: none. */
struct name_registry {
  struct host_names *all;
};

/* The host of this name, which may be NULL: one and the same each time. NULL:
 * out of memory. */
struct host_names *name_registry_get(struct name_registry *hosts,
                                     const char *name);

void name_registry_free(struct name_registry *hosts);

enum name_reservation { NAME_RESERVED, NAME_IN_USE, NAME_NO_MEMORY };

/* Takes a name, which is not copied: it must stay as it is until it is dropped
 * or the hosts are freed. */
enum name_reservation name_reserve(struct host_names *host, const char *name);

/* Gives back a name that was taken. */
void name_release(struct host_names *host, const char *name);

#endif
