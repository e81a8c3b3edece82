/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list of entries, one for the files of a project; those before a change are
 * out of the list until their last user is gone. */

#include "net/trust.h"

#include "net/easy_options.h"

#include <stdlib.h>
#include <string.h>

/* Seconds; of changes that the file's metadata do not show. */
#define CACHE_MAX 300

static const char *const options[TRUST_FILES] = {"CACert", "ClientCert",
                                                 "ClientKey"};

static void free_trust(struct trust *trust) {
  curl_share_cleanup(trust->share);
  for (size_t i = 0; i < TRUST_FILES; i++) {
    file_free(&trust->files[i]);
    buf_free(&trust->bytes[i]);
  }
  free(trust);
}

static struct trust *new_trust(msec_t since) {
  struct trust *trust = calloc(1, sizeof(*trust));
  if (trust == NULL)
    return NULL;
  trust->since = since;
  trust->look_at = CLOCK_NEVER;
  trust->users = 1; /* the list */
  for (size_t i = 0; i < TRUST_FILES; i++)
    buf_init(&trust->bytes[i], FILE_MAX);
  trust->share = curl_share_init();
  if (trust->share != NULL &&
      curl_share_setopt(trust->share, CURLSHOPT_SHARE,
                        CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
    return trust;
  free_trust(trust);
  return NULL;
}

static bool is_of(const struct trust *trust, const struct trust_files *files) {
  for (size_t i = 0; i < TRUST_FILES; i++) {
    const char *mine = trust->files[i].path, *path = files->paths[i];
    if (mine == NULL || path == NULL ? mine != path : strcmp(mine, path) != 0)
      return false;
  }
  return true;
}

void trust_release(struct trust *trust) {
  if (trust != NULL && --trust->users == 0)
    free_trust(trust);
}

static void drop(struct trust *trust) {
  LIST_REMOVE(trust, link);
  trust_release(trust);
}

static struct trust *find(struct trusts *trusts,
                          const struct trust_files *files) {
  struct trust *trust;
  LIST_FOREACH(trust, trusts, link)
  if (is_of(trust, files))
    return trust;
  trust = new_trust(-1);
  if (trust == NULL)
    return NULL;
  LIST_INSERT_HEAD(trusts, trust, link);
  trust->is_bundle = files->is_bundle;
  for (size_t i = 0; i < TRUST_FILES; i++)
    if (files->paths[i] != NULL &&
        !file_init(&trust->files[i], files->paths[i], NULL)) {
      drop(trust);
      return NULL;
    }
  return trust;
}

/* Another entry takes its place in the list, and its files. */
static struct trust *renew(struct trusts *trusts, struct trust *old,
                           msec_t now) {
  struct trust *trust = new_trust(now);
  if (trust == NULL)
    return NULL;
  trust->is_bundle = old->is_bundle;
  for (size_t i = 0; i < TRUST_FILES; i++) {
    trust->files[i] = old->files[i];
    trust->bytes[i] = old->bytes[i];
    old->files[i] = (struct file){0};
    buf_init(&old->bytes[i], FILE_MAX);
  }
  LIST_INSERT_HEAD(trusts, trust, link);
  drop(old);
  return trust;
}

/* Looks at a file. `*is_new` where its bytes are others than those in use. */
static enum trust_state look(struct trust *trust, size_t i, msec_t now,
                             bool *is_new, struct err *err) {
  struct file *file = &trust->files[i];
  struct err cause = ERR_INIT;
  struct buf bytes;
  bool was_used = file->used, by_path = !easy_options_take_blobs();
  buf_init(&bytes, FILE_MAX);
  enum file_state state = file_look(file, now, &bytes, ERR_TLS, &cause);
  if (state == FILE_NEW) {
    *is_new = *is_new || was_used;
    if (!by_path) {
      buf_free(&trust->bytes[i]);
      trust->bytes[i] = bytes;
      buf_init(&bytes, 0);
    }
  }
  buf_free(&bytes);
  if (state == FILE_NEW || state == FILE_SAME || (was_used && !by_path))
    return TRUST_READY;
  msec_t again = file_next_look(file, now);
  if (state == FILE_CHANGING && again != CLOCK_NEVER) {
    trust->look_at = msec_min(trust->look_at, again);
    return TRUST_WAITS;
  }
  err_set(err, ERR_TLS, "the file of %s %s: %s", options[i], file->path,
          err_is_set(&cause) ? cause.text : "is being written");
  return TRUST_FAILED;
}

/* The files are looked at late, so that they are used as they are now. */
enum trust_state trust_acquire(struct trusts *trusts,
                               const struct trust_files *files, msec_t now,
                               struct trust **ret_trust, struct err *err) {
  struct trust *trust = find(trusts, files);
  enum trust_state worst = TRUST_READY;
  bool is_new = false;
  if (trust == NULL)
    return err_memory(err), TRUST_FAILED;
  trust->look_at = CLOCK_NEVER;
  for (size_t i = 0; i < TRUST_FILES; i++) {
    if (trust->files[i].path == NULL)
      continue;
    if (i == 0 && trust->is_bundle) {
      is_new = file_metadata_changed(&trust->files[i]);
      continue;
    }
    enum trust_state state = look(trust, i, now, &is_new, err);
    worst = state > worst ? state : worst;
  }
  if (is_new && (trust = renew(trusts, trust, now)) == NULL)
    return err_memory(err), TRUST_FAILED;
  if (worst == TRUST_READY) {
    trust->users++;
    *ret_trust = trust;
  }
  return worst;
}

bool trust_apply(const struct trust *trust, CURL *easy, msec_t now) {
  struct easy_tls_file files[TRUST_FILES] = {{0}};
  for (size_t i = 0; i < TRUST_FILES; i++) {
    files[i].path = trust->files[i].path;
    files[i].bytes = &trust->bytes[i];
  }
  return curl_easy_setopt(easy, CURLOPT_SHARE, trust->share) == CURLE_OK &&
         easy_options_set_tls_files(easy, &files[0], &files[1], &files[2]) &&
         easy_options_set_ca_cache_time(easy, trust_cache_time(trust, now));
}

/* libcurl's time of a reading is that of its end, or of the turn in which it
 * began: a second covers the difference. 0: nothing is kept. */
long trust_cache_time(const struct trust *trust, msec_t now) {
  msec_t seconds = (now - trust->since) / 1000 - 1;
  if (trust->since < 0 || seconds > CACHE_MAX)
    return CACHE_MAX;
  return seconds > 0 ? (long)seconds : 0;
}

msec_t trusts_next(const struct trusts *trusts) {
  const struct trust *trust;
  msec_t next = CLOCK_NEVER;
  LIST_FOREACH(trust, trusts, link)
  next = msec_min(next, trust->look_at);
  return next;
}

void trusts_finish(struct trusts *trusts) {
  while (!LIST_EMPTY(trusts))
    drop(LIST_FIRST(trusts));
}
