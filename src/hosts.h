/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The hosts that values belong to, and the names that jobs have there: two
 * jobs with one name would write to one metric, be they of one project or of
 * two. */

#ifndef DRS_HOSTS_H
#define DRS_HOSTS_H

#include <stdbool.h>

struct host;

/* All zero: none. */
struct hosts {
  struct host *all;
};

/* The host of this name, which may be NULL: one and the same each time. NULL:
 * out of memory. */
struct host *hosts_get(struct hosts *hosts, const char *name);

void hosts_free(struct hosts *hosts);

enum host_taken { HOST_TAKEN, HOST_WAS_TAKEN, HOST_NO_MEMORY };

/* Takes a name, which is not copied: it must stay as it is until it is dropped
 * or the hosts are freed. */
enum host_taken host_take(struct host *host, const char *name);

/* Gives back a name that was taken. */
void host_drop(struct host *host, const char *name);

#endif
