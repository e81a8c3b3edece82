/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One version of the files of CACert, ClientCert and ClientKey, and the TLS
 * sessions of connections that were made with it. A file
 * that was changed makes another entry, without sessions: a server that resumes
 * one shows no certificate, so an authority that is not trusted any more would
 * go on to be believed.
 *
 * libcurl opens files with a call that waits, so it gets their bytes (blobs)
 * where its TLS library takes them: OpenSSL and its kin, from 7.77 on. Others
 * (GnuTLS) get the path of a file that has just been looked at.
 *
 *     if (!tls_snapshot_acquire(&all, &files, now, &snapshot, &err))
 *       ...                            look again at tls_snapshots_next
 *     tls_snapshot_apply(snapshot, easy, now);
 *     ...
 *     tls_snapshot_release(snapshot); */

#ifndef DRS_NET_TLS_SNAPSHOT_H
#define DRS_NET_TLS_SNAPSHOT_H

#include "base/clock.h"
#include "base/file.h"
#include "net/easy_options.h"

#include <curl/curl.h>
#include <sys/queue.h>

/* Paths; NULL: none. */
struct tls_snapshot_files {
  const char *paths[EASY_TLS_FILES];
  bool is_bundle; /* the first is the system's: used as it is, by its path */
};

struct tls_snapshot {
  LIST_ENTRY(tls_snapshot) link;
  struct file files[EASY_TLS_FILES];
  struct buf bytes[EASY_TLS_FILES]; /* empty where the path serves */
  bool is_bundle;
  msec_t since;   /* the files before were in use until then; -1: none were */
  msec_t look_at; /* the last look found a file changing; CLOCK_NEVER: not */
  unsigned users;
  CURLSH *share;
};
LIST_HEAD(tls_snapshots, tls_snapshot);

/* The entry of these files as they are now; NULL and an error: one cannot be
 * used. False: one is being written, and tls_snapshots_next says when to look
 * again. */
bool tls_snapshot_acquire(struct tls_snapshots *all,
                          const struct tls_snapshot_files *files, msec_t now,
                          struct tls_snapshot **ret_snapshot, struct err *err);
/* Nothing of libcurl uses it any more. NULL: nothing. */
void tls_snapshot_release(struct tls_snapshot *s);

/* Lets a handle use it. False: out of memory. */
bool tls_snapshot_apply(const struct tls_snapshot *s, CURL *easy, msec_t now);

/* How many seconds libcurl may go on to use certificates that it has read, so
 * that it uses none that it read from the file before. */
long tls_snapshot_cache_time(const struct tls_snapshot *s, msec_t now);

/* When to try those again that wait; CLOCK_NEVER: none waits. */
msec_t tls_snapshots_next(const struct tls_snapshots *all);

/* All were released. */
void tls_snapshots_finish(struct tls_snapshots *all);

#endif
