/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Reading a file that changes under us. */

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Milliseconds. File systems' clocks tick in two seconds at most, so a change
 * after these shows in the metadata. */
#define SETTLED 3000
/* Milliseconds that a file which does not come to rest is waited for. */
#define PATIENCE 3000

bool file_init(struct file *f, const char *path, struct err *err) {
  *f = (struct file){.path = strdup(path)};
  return f->path != NULL || err_memory(err);
}

void file_free(struct file *f) {
  free(f->path);
  *f = (struct file){0};
}

static bool same_time(struct timespec a, struct timespec b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_metadata(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
         a->st_size == b->st_size && same_time(a->st_mtim, b->st_mtim) &&
         same_time(a->st_ctim, b->st_ctim);
}

/* Opens without blocking and checks the open file, not the path, which may name
 * another file a moment later. */
static int open_regular(const char *path, struct stat *st, enum err_kind kind,
                        struct err *err) {
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    err_set(err, kind, "cannot be opened: %s", strerror(errno));
    return -1;
  }
  if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))
    err_set(err, kind, "is not a regular file");
  else if (st->st_size > FILE_MAX)
    err_set(err, kind, "is longer than %d bytes", FILE_MAX);
  else
    return fd;
  close(fd);
  return -1;
}

/* Some files of /proc have no end, and do not say so. */
static bool read_all(int fd, struct buf *to, enum err_kind kind,
                     struct err *err) {
  char chunk[4096];
  bool ok = true;
  while (ok && to->len < to->max) {
    size_t room = to->max - to->len;
    ssize_t n = read(fd, chunk, room < sizeof(chunk) ? room : sizeof(chunk));
    if (n == 0)
      break;
    if (n < 0 && errno == EINTR)
      continue;
    ok = n > 0 ? buf_add(to, chunk, (size_t)n, err)
               : err_set(err, kind, "cannot be read: %s", strerror(errno));
  }
  explicit_bzero(chunk, sizeof(chunk));
  if (ok && to->len > FILE_MAX)
    return err_set(err, kind, "is longer than %d bytes", FILE_MAX);
  return ok;
}

/* FNV-1a. */
static uint64_t hash_of(const struct buf *b) {
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < b->len; i++)
    hash = (hash ^ (unsigned char)b->data[i]) * 1099511628211u;
  return hash;
}

static bool read_file(const char *path, struct stat *metadata, struct buf *to,
                      enum err_kind kind, struct err *err) {
  int fd = open_regular(path, metadata, kind, err);
  if (fd < 0)
    return false;
  bool ok = read_all(fd, to, kind, err);
  close(fd);
  return ok;
}

static bool is_used(const struct file *f) {
  return f->used && f->hash == f->used_hash;
}

/* Whether another look would tell nothing: the metadata are those of the last
 * one, and either old enough to show a change, or the second look is yet to
 * come. */
static bool is_known(const struct file *f, msec_t now) {
  struct stat metadata;
  bool settled = is_used(f) && now - f->since >= SETTLED;
  bool too_early = !is_used(f) && now - f->since < FILE_REST;
  return f->seen && (settled || too_early) && stat(f->path, &metadata) == 0 &&
         same_metadata(&metadata, &f->metadata);
}

/* Takes note of the findings of a look. */
static void note_look(struct file *f, const struct stat *metadata,
                      uint64_t hash, msec_t now) {
  bool same =
      f->seen && hash == f->hash && same_metadata(metadata, &f->metadata);
  if (!same)
    f->since = now;
  f->seen = true;
  f->metadata = *metadata;
  f->hash = hash;
}

static enum file_state state_of(struct file *f, msec_t now, struct buf *to,
                                enum err_kind kind, struct err *err) {
  struct stat metadata;
  if (is_known(f, now))
    return is_used(f) ? FILE_SAME : FILE_CHANGING;
  if (!read_file(f->path, &metadata, to, kind, err)) {
    f->seen = false;
    return FILE_FAILED;
  }
  note_look(f, &metadata, hash_of(to), now);
  if (is_used(f))
    return FILE_SAME;
  if (now - f->since < FILE_REST)
    return FILE_CHANGING;
  f->used = true;
  f->used_hash = f->hash;
  return FILE_NEW;
}

enum file_state file_look(struct file *f, msec_t now, struct buf *to,
                          enum err_kind kind, struct err *err) {
  enum file_state state = state_of(f, now, to, kind, err);
  if (state == FILE_CHANGING && !f->changing)
    f->changing_since = now;
  f->changing = state == FILE_CHANGING;
  return state;
}

bool file_metadata_changed(struct file *f) {
  struct stat metadata = {0};
  bool exists = stat(f->path, &metadata) == 0;
  bool changed = f->seen && !same_metadata(&metadata, &f->metadata);
  f->seen = f->seen || exists;
  f->metadata = metadata;
  return changed;
}

msec_t file_next_look(const struct file *f, msec_t now) {
  return now - f->changing_since < PATIENCE ? f->since + FILE_REST
                                            : CLOCK_NEVER;
}
