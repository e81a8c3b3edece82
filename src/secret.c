/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Reading a secret from a file that changes under us. */

#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A header value: visible ASCII, as RFC 9110 has it. */
static bool is_valid(const struct buf *b, struct err *err) {
  if (b->len == 0)
    return err_set(err, ERR_AUTH, "is empty");
  if (b->len > SECRET_MAX)
    return err_set(err, ERR_AUTH, "is longer than %d bytes", SECRET_MAX);
  for (size_t i = 0; i < b->len; i++)
    if ((unsigned char)b->data[i] < 0x20 || b->data[i] == 0x7F)
      return err_set(err, ERR_AUTH, "has a control character or a line break");
  return true;
}

bool secret_init_value(struct secret *s, const char *value, struct err *err) {
  *s = (struct secret){0};
  buf_init(&s->value, SECRET_MAX);
  if (strlen(value) > SECRET_MAX)
    return err_set(err, ERR_AUTH, "is longer than %d bytes", SECRET_MAX);
  if (!buf_adds(&s->value, value, err) || !is_valid(&s->value, err)) {
    buf_free(&s->value);
    return false;
  }
  return true;
}

bool secret_init_file(struct secret *s, const char *path, struct err *err) {
  *s = (struct secret){.path = strdup(path)};
  buf_init(&s->value, SECRET_MAX);
  return s->path != NULL || err_memory(err);
}

void secret_free(struct secret *s) {
  if (s->value.data != NULL)
    buf_free(&s->value);
  free(s->path);
  *s = (struct secret){0};
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

/* The whole file, less one line break at its end; or more than SECRET_MAX bytes
 * of one that is too long. */
static bool read_all(int fd, struct buf *to, struct err *err) {
  char chunk[4096];
  ssize_t n;
  bool ok = true;
  while (ok && to->len < to->max - sizeof(chunk) &&
         (n = read(fd, chunk, sizeof(chunk))) != 0) {
    if (n < 0 && errno == EINTR)
      continue;
    ok = n > 0 ? buf_add(to, chunk, (size_t)n, err)
               : err_set(err, ERR_AUTH, "cannot be read: %s", strerror(errno));
  }
  explicit_bzero(chunk, sizeof(chunk));
  if (ok && to->len > 0 && to->data[to->len - 1] == '\n')
    to->data[--to->len] = '\0';
  if (ok && to->len > 0 && to->data[to->len - 1] == '\r')
    to->data[--to->len] = '\0';
  return ok;
}

/* Opens without blocking and looks at what was opened, not at a path that may
 * mean another file a moment later. */
static int open_regular(const char *path, struct stat *st, struct err *err) {
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    err_set(err, ERR_AUTH, "cannot be opened: %s", strerror(errno));
    return -1;
  }
  if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
    return fd;
  err_set(err, ERR_AUTH, "is not a regular file");
  close(fd);
  return -1;
}

static void replace_value(struct secret *s, struct buf *fresh, bool *changed) {
  *changed = fresh->len != s->value.len ||
             memcmp(fresh->data, s->value.data, fresh->len) != 0;
  buf_free(&s->value);
  s->value = *fresh;
}

bool secret_refresh(struct secret *s, bool *changed, struct err *err) {
  *changed = false;
  struct stat now;
  if (s->path == NULL)
    return true;
  if (s->settled && s->value.len > 0 && stat(s->path, &now) == 0 &&
      same_file(&now, &s->seen))
    return true;

  int fd = open_regular(s->path, &now, err);
  if (fd < 0)
    return s->value.len > 0;
  struct buf fresh;
  buf_init(&fresh, 2 * SECRET_MAX);
  bool ok = read_all(fd, &fresh, err);
  close(fd);
  if (!ok) {
    buf_free(&fresh);
    return s->value.len > 0;
  }
  s->seen = now;
  s->settled = is_settled(&now);
  s->readable_by_others = (now.st_mode & (S_IRGRP | S_IROTH)) != 0;
  if (!is_valid(&fresh, err)) {
    buf_free(&fresh);
    buf_free(&s->value);
    return false;
  }
  replace_value(s, &fresh, changed);
  return true;
}
