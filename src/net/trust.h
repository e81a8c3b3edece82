/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The trust of TLS connections: a file of CA certificates as it was, and the
 * TLS sessions of connections that were made then. A file that was changed gets
 * a new entry, without sessions: a server that resumes one shows no
 * certificate, so an authority that is not trusted any more would go on to be
 * believed.
 *
 *     trust = trust_acquire(&trusts, path, now);
 *     curl_easy_setopt(easy, CURLOPT_SHARE, trust->share);
 *     curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT,
 *                      trust_cache_time(trust, now));
 *     ...
 *     trust_release(trust);
 */

#ifndef DRS_NET_TRUST_H
#define DRS_NET_TRUST_H

#include "base/clock.h"
#include "base/file.h"

#include <curl/curl.h>
#include <sys/queue.h>

struct trust {
  LIST_ENTRY(trust) link;
  struct file file; /* no path: libcurl's defaults */
  msec_t since;     /* the file before it was in use until then; -1: none was */
  unsigned users;
  CURLSH *share;
};
LIST_HEAD(trusts, trust);

/* The entry of a file as it is now. NULL: out of memory. */
struct trust *trust_acquire(struct trusts *trusts, const char *path,
                            msec_t now);
/* Nothing of libcurl uses it any more. */
void trust_release(struct trust *trust);

/* How many seconds libcurl may go on to use certificates that it has read, so
 * that it uses none that it read from the file before. */
long trust_cache_time(const struct trust *trust, msec_t now);

/* All were released. */
void trusts_finish(struct trusts *trusts);

#endif
