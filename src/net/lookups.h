/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Limits on name lookups. libcurl starts a thread for each lookup and has three
 * descriptors open for it; with a silent name server the thread goes on after
 * the request was given up. So one lookup of a name at a time, a few in all,
 * and one that was given up counts until its thread has ended, most likely.
 *
 *     if (lookups_may_start(&lookups, name, now))
 *       lookups_begin(&lookups, name);
 *     ...
 *     lookups_end(&lookups, name, LOOKUP_DONE, now);
 *
 * libcurl has a limit of its own from 8.20 on, CURLMOPT_RESOLVE_THREADS_MAX:
 * this file can go once no older one is supported. */

#ifndef DRS_NET_LOOKUPS_H
#define DRS_NET_LOOKUPS_H

#include "base/clock.h"

#include <stddef.h>

#define LOOKUPS_MAX 32

/* How many abandoned lookups of one name may be left. */
#define LOOKUPS_ABANDONED_MAX 4

/* resolv.conf(5): two attempts of 5 seconds, if nothing else is configured. */
#define LOOKUP_ABANDONED_MS (10 * 1000)

enum lookup_result {
  LOOKUP_DONE,      /* the name has an address */
  LOOKUP_FAILED,    /* it has none */
  LOOKUP_ABANDONED, /* the request ended first; the thread goes on */
};

struct lookup_name {
  struct lookup_name *next;
  int abandoned; /* threads that go on, most likely */
  bool busy;     /* a request waits for the result */
  bool failed;   /* the last lookup gave no address */
  char host[];
};

struct lookups {
  struct lookup_name *names;
  int busy, max;
  struct {
    struct lookup_name *name;
    msec_t until;
  } abandoned[LOOKUPS_MAX]; /* the oldest first */
  int abandoned_len;
};

/* `max`: how many lookups there may be at once, at most LOOKUPS_MAX. */
void lookups_init(struct lookups *l, int max);
void lookups_finish(struct lookups *l);

/* The entry of a host name, whose first `len` bytes are the name; the same
 * until lookups_finish. NULL: out of memory. */
struct lookup_name *lookups_name(struct lookups *l, const char *host,
                                 size_t len);

/* May a request that needs this name be started? */
bool lookups_may_start(struct lookups *l, const struct lookup_name *name,
                       msec_t now);

void lookups_begin(struct lookups *l, struct lookup_name *name);
void lookups_end(struct lookups *l, struct lookup_name *name,
                 enum lookup_result result, msec_t now);

/* When lookups_may_start changes by itself; CLOCK_NEVER: not. */
msec_t lookups_next(const struct lookups *l);

#endif
