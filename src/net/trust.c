/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list of entries, one for each path; those before a change are out of the
 * list until their last user is gone. */

#include "net/trust.h"

#include <stdlib.h>
#include <string.h>

/* Seconds; of changes that the file's metadata do not show. */
#define CACHE_MAX 300

static void free_trust(struct trust *trust) {
  curl_share_cleanup(trust->share);
  file_free(&trust->file);
  free(trust);
}

static struct trust *new_trust(const char *path, msec_t since) {
  struct trust *trust = calloc(1, sizeof(*trust));
  if (trust == NULL)
    return NULL;
  trust->since = since;
  trust->users = 1; /* the list */
  trust->share = curl_share_init();
  if (trust->share != NULL &&
      curl_share_setopt(trust->share, CURLSHOPT_SHARE,
                        CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK &&
      (path == NULL || file_init(&trust->file, path, NULL))) {
    if (path != NULL)
      file_look(&trust->file);
    return trust;
  }
  free_trust(trust);
  return NULL;
}

static bool is_of(const struct trust *trust, const char *path) {
  const char *mine = trust->file.path;
  return mine == NULL || path == NULL ? mine == path : strcmp(mine, path) == 0;
}

void trust_release(struct trust *trust) {
  if (trust != NULL && --trust->users == 0)
    free_trust(trust);
}

static void drop(struct trust *trust) {
  LIST_REMOVE(trust, link);
  trust_release(trust);
}

struct trust *trust_acquire(struct trusts *trusts, const char *path,
                            msec_t now) {
  struct trust *trust;
  msec_t since = -1;
  LIST_FOREACH(trust, trusts, link)
  if (is_of(trust, path))
    break;
  if (trust != NULL && path != NULL && file_has_changed(&trust->file)) {
    drop(trust);
    trust = NULL;
    since = now;
  }
  if (trust == NULL) {
    trust = new_trust(path, since);
    if (trust == NULL)
      return NULL;
    LIST_INSERT_HEAD(trusts, trust, link);
  }
  trust->users++;
  return trust;
}

/* libcurl's time of a reading is that of its end, or of the turn in which it
 * began: a second covers the difference. 0: nothing is kept. */
long trust_cache_time(const struct trust *trust, msec_t now) {
  msec_t seconds = (now - trust->since) / 1000 - 1;
  if (trust->since < 0 || seconds > CACHE_MAX)
    return CACHE_MAX;
  return seconds > 0 ? (long)seconds : 0;
}

void trusts_finish(struct trusts *trusts) {
  while (!LIST_EMPTY(trusts))
    drop(LIST_FIRST(trusts));
}
