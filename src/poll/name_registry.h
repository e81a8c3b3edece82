/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The hosts that values belong to, and the names that jobs have there: two
 * jobs with one name would write to one metric, be they of one project or of
 * two. A name that its job has left stays reserved for that job for a day, so
 * that no other continues its series.
 *
 * A name in use is a member of its job, by whose address it is known here. */

#ifndef DRS_POLL_NAME_REGISTRY_H
#define DRS_POLL_NAME_REGISTRY_H

#include "base/clock.h"

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

/* The right to a name, the strongest first. */
enum name_rank {
  NAME_IS_ID,  /* it is the id of its job */
  NAME_GIVEN,  /* by the operator */
  NAME_LISTED, /* by whoever may create a task */
};

/* How long a name stays reserved, and the most that are on one host. */
#define NAME_RESERVED_MS (24 * 3600 * 1000)
#define NAME_RESERVED_MAX 10000

/* The member that has this name; NULL: none. */
const char **name_user(const struct host_names *host, const char *name);

/* Whether the name is reserved for a job other than that of the id, which has
 * no stronger right to it. */
bool name_is_reserved(struct host_names *host, const char *name, const char *id,
                      enum name_rank rank, msec_t now);

/* Enters the name of a member, which no other has. The name must stay as it is
 * until name_leave. `ret_alike`: another name from which it differs in nothing
 * but characters that write_graphite replaces, and was not warned of before, or
 * NULL. False: out of memory. */
bool name_enter(struct host_names *host, const char **member,
                const char **ret_alike);

/* Takes it out again. With an id it is reserved for that job from now on;
 * false: it is not, for lack of memory. */
bool name_leave(struct host_names *host, const char **member, const char *id,
                enum name_rank rank, msec_t now);

#endif
