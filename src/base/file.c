/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Reading a file that changes under us. */

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

static bool same_file(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
         a->st_size == b->st_size && same_time(a->st_mtim, b->st_mtim) &&
         same_time(a->st_ctim, b->st_ctim);
}

/* Whether a change from now on would show: a file system's clock ticks in
 * milliseconds, some in seconds, and two changes in one tick look alike. */
static bool is_settled(const struct stat *st) {
  time_t changed = st->st_mtime > st->st_ctime ? st->st_mtime : st->st_ctime;
  return time(NULL) - changed > 2;
}

void file_look(struct file *f) {
  f->settled = stat(f->path, &f->seen) == 0 && is_settled(&f->seen);
}

bool file_has_changed(const struct file *f) {
  struct stat now;
  return !f->settled || stat(f->path, &now) != 0 || !same_file(&now, &f->seen);
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
  if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
    return fd;
  err_set(err, kind, "is not a regular file");
  close(fd);
  return -1;
}

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
  return ok;
}

bool file_read(struct file *f, struct buf *to, enum err_kind kind,
               struct err *err) {
  struct stat now;
  int fd = open_regular(f->path, &now, kind, err);
  if (fd < 0)
    return false;
  bool ok = read_all(fd, to, kind, err);
  close(fd);
  if (ok) {
    f->seen = now;
    f->settled = is_settled(&now);
  }
  return ok;
}

/* A time that is yet to come says nothing: the clocks differ. */
bool file_is_fresh(const struct file *f) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const struct timespec *then = &f->seen.st_mtim;
  double age = (double)(now.tv_sec - then->tv_sec) +
               (double)(now.tv_nsec - then->tv_nsec) / 1e9;
  return age >= 0 && age < 1;
}
