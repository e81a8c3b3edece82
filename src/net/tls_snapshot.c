/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A list of entries, one for the files of a project; those before a change are
 * out of the list until their last user is gone. */

#include "net/tls_snapshot.h"

#include <stdlib.h>
#include <string.h>

/* Seconds; of changes that the file's metadata do not show. */
#define CACHE_MAX 300

static const char *const options[EASY_TLS_FILES] = {"CACert", "ClientCert",
                                                    "ClientKey"};

static void free_snapshot(struct tls_snapshot *s) {
  curl_share_cleanup(s->share);
  for (size_t i = 0; i < EASY_TLS_FILES; i++) {
    file_free(&s->files[i]);
    buf_free(&s->bytes[i]);
  }
  free(s);
}

static struct tls_snapshot *new_snapshot(msec_t since) {
  struct tls_snapshot *s = calloc(1, sizeof(*s));
  if (s == NULL)
    return NULL;
  s->since = since;
  s->look_at = CLOCK_NEVER;
  s->users = 1; /* the list */
  s->share = curl_share_init();
  if (s->share != NULL &&
      curl_share_setopt(s->share, CURLSHOPT_SHARE,
                        CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
    return s;
  free_snapshot(s);
  return NULL;
}

static bool is_of(const struct tls_snapshot *s,
                  const struct tls_snapshot_files *files) {
  for (size_t i = 0; i < EASY_TLS_FILES; i++) {
    const char *mine = s->files[i].path, *path = files->paths[i];
    if (mine == NULL || path == NULL ? mine != path : strcmp(mine, path) != 0)
      return false;
  }
  return true;
}

void tls_snapshot_release(struct tls_snapshot *s) {
  if (s != NULL && --s->users == 0)
    free_snapshot(s);
}

static void drop(struct tls_snapshot *s) {
  LIST_REMOVE(s, link);
  tls_snapshot_release(s);
}

static struct tls_snapshot *find(struct tls_snapshots *all,
                                 const struct tls_snapshot_files *files) {
  struct tls_snapshot *s;
  LIST_FOREACH(s, all, link)
  if (is_of(s, files))
    return s;
  s = new_snapshot(-1);
  if (s == NULL)
    return NULL;
  LIST_INSERT_HEAD(all, s, link);
  s->is_bundle = files->is_bundle;
  for (size_t i = 0; i < EASY_TLS_FILES; i++)
    if (files->paths[i] != NULL &&
        !file_init(&s->files[i], files->paths[i], NULL)) {
      drop(s);
      return NULL;
    }
  return s;
}

/* Another entry takes its place in the list, and its files. */
static struct tls_snapshot *renew(struct tls_snapshots *all,
                                  struct tls_snapshot *old, msec_t now) {
  struct tls_snapshot *s = new_snapshot(now);
  if (s == NULL)
    return NULL;
  s->is_bundle = old->is_bundle;
  for (size_t i = 0; i < EASY_TLS_FILES; i++) {
    s->files[i] = old->files[i];
    s->bytes[i] = old->bytes[i];
    old->files[i] = (struct file){0};
    old->bytes[i] = (struct buf){0};
  }
  LIST_INSERT_HEAD(all, s, link);
  drop(old);
  return s;
}

/* Looks at a file. `*is_new` where its bytes are others than those in use.
 * False: it is being written. */
static bool look_at_certificates(struct tls_snapshot *s, size_t i, msec_t now,
                                 bool *is_new, struct err *err) {
  struct file *file = &s->files[i];
  struct err cause = ERR_INIT;
  struct buf bytes;
  bool was_used = file->used, by_path = !easy_options_accept_blobs();
  buf_init(&bytes, FILE_MAX + 1);
  enum file_state state = file_look(file, now, &bytes, ERR_TLS, &cause);
  if (state == FILE_NEW) {
    *is_new = *is_new || was_used;
    if (!by_path) {
      buf_free(&s->bytes[i]);
      s->bytes[i] = bytes;
      buf_init(&bytes, 0);
    }
  }
  buf_free(&bytes);
  if (state == FILE_NEW || state == FILE_SAME || (was_used && !by_path))
    return true;
  msec_t again = file_next_look(file, now);
  if (state == FILE_CHANGING && again != CLOCK_NEVER) {
    s->look_at = msec_min(s->look_at, again);
    return false;
  }
  err_set(err, ERR_TLS, "the file of %s %s: %s", options[i], file->path,
          err_is_set(&cause) ? cause.text : "is being written");
  return true;
}

/* The files are looked at late, so that they are used as they are now. */
bool tls_snapshot_acquire(struct tls_snapshots *all,
                          const struct tls_snapshot_files *files, msec_t now,
                          struct tls_snapshot **ret_snapshot, struct err *err) {
  struct tls_snapshot *s = find(all, files);
  bool ready = true, is_new = false;
  *ret_snapshot = NULL;
  if (s == NULL)
    return !err_memory(err);
  s->look_at = CLOCK_NEVER;
  for (size_t i = 0; i < EASY_TLS_FILES; i++) {
    if (s->files[i].path == NULL)
      continue;
    if (i == EASY_CA && s->is_bundle)
      is_new = file_metadata_changed(&s->files[i]);
    else if (!look_at_certificates(s, i, now, &is_new, err))
      ready = false;
  }
  if (is_new && (s = renew(all, s, now)) == NULL)
    return !err_memory(err);
  if (ready && !err_is_set(err)) {
    s->users++;
    *ret_snapshot = s;
  }
  return ready || err_is_set(err);
}

bool tls_snapshot_apply(const struct tls_snapshot *s, CURL *easy, msec_t now) {
  bool ok =
      curl_easy_setopt(easy, CURLOPT_SHARE, s->share) == CURLE_OK &&
      easy_options_set_ca_cache_time(easy, tls_snapshot_cache_time(s, now));
  for (enum easy_tls_file i = 0; ok && i < EASY_TLS_FILES; i++)
    ok = s->files[i].path == NULL ||
         easy_options_set_tls_file(easy, i, s->files[i].path, &s->bytes[i]);
  return ok;
}

/* libcurl's time of a reading is that of its end, or of the turn in which it
 * began: a second covers the difference. 0: nothing is kept. */
long tls_snapshot_cache_time(const struct tls_snapshot *s, msec_t now) {
  msec_t seconds = (now - s->since) / 1000 - 1;
  if (s->since < 0 || seconds > CACHE_MAX)
    return CACHE_MAX;
  return seconds > 0 ? (long)seconds : 0;
}

msec_t tls_snapshots_next(const struct tls_snapshots *all) {
  const struct tls_snapshot *s;
  msec_t next = CLOCK_NEVER;
  LIST_FOREACH(s, all, link)
  next = msec_min(next, s->look_at);
  return next;
}

void tls_snapshots_finish(struct tls_snapshots *all) {
  while (!LIST_EMPTY(all))
    drop(LIST_FIRST(all));
}
