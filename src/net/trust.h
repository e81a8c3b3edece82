/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The trust of TLS connections: the files of CACert, ClientCert and ClientKey
 * as they were, and the TLS sessions of connections that were made then. A file
 * that was changed makes another entry, without sessions: a server that resumes
 * one shows no certificate, so an authority that is not trusted any more would
 * go on to be believed.
 *
 * libcurl opens files with a call that waits, so it gets their bytes (blobs)
 * where its TLS library takes them: OpenSSL and its kin, from 7.77 on. Others
 * (GnuTLS) get the path of a file that has just been looked at.
 *
 *     switch (trust_acquire(&trusts, &files, now, &trust, &err)) {
 *     case TRUST_READY:
 *       trust_apply(trust, easy, now);
 *       ...
 *       trust_release(trust);
 *     case TRUST_WAITS: ...   a file is being written: see trusts_next
 *     case TRUST_FAILED: ...  a file cannot be used: err
 *     } */

#ifndef DRS_NET_TRUST_H
#define DRS_NET_TRUST_H

#include "base/clock.h"
#include "base/file.h"

#include <curl/curl.h>
#include <sys/queue.h>

/* In this order: the authorities, ours, its key. */
#define TRUST_FILES 3

/* Paths; NULL: none. */
struct trust_files {
  const char *paths[TRUST_FILES];
  bool is_bundle; /* the first is the system's: used as it is, by its path */
};

struct trust {
  LIST_ENTRY(trust) link;
  struct file files[TRUST_FILES];
  struct buf bytes[TRUST_FILES]; /* empty where the path serves */
  bool is_bundle;
  msec_t since;   /* the files before were in use until then; -1: none were */
  msec_t look_at; /* the last look found a file changing; CLOCK_NEVER: not */
  unsigned users;
  CURLSH *share;
};
LIST_HEAD(trusts, trust);

enum trust_state { TRUST_READY, TRUST_WAITS, TRUST_FAILED };

/* The entry of these files as they are now. */
enum trust_state trust_acquire(struct trusts *trusts,
                               const struct trust_files *files, msec_t now,
                               struct trust **ret_trust, struct err *err);
/* Nothing of libcurl uses it any more. NULL: nothing. */
void trust_release(struct trust *trust);

/* Lets a handle use it. False: out of memory. */
bool trust_apply(const struct trust *trust, CURL *easy, msec_t now);

/* How many seconds libcurl may go on to use certificates that it has read, so
 * that it uses none that it read from the file before. */
long trust_cache_time(const struct trust *trust, msec_t now);

/* When to try those again that wait; CLOCK_NEVER: none waits. */
msec_t trusts_next(const struct trusts *trusts);

/* All were released. */
void trusts_finish(struct trusts *trusts);

#endif
