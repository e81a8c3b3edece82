/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A file that may be replaced at any time.
 *
 * It has changed when its metadata differ from those of the last reading, in
 * whatever way it was changed: renamed over, truncated and written, or through
 * a symbolic link that now points elsewhere. Only a regular file is read, so a
 * FIFO cannot block the caller. */

#ifndef DRS_BASE_FILE_H
#define DRS_BASE_FILE_H

#include "base/buf.h"

#include <sys/stat.h>

/* All zero: no file. */
struct file {
  char *path;       /* NULL: none */
  struct stat seen; /* its metadata at the last reading */
  bool settled;     /* `seen` is valid, and old enough to tell a later change */
};

/* Copies the path; reads nothing yet. False: out of memory. */
bool file_init(struct file *f, const char *path, struct err *err);
void file_free(struct file *f);

/* Whether it may be another than at the last reading. */
bool file_has_changed(const struct file *f);

/* Appends it to `to`, as much as fits: a buffer that is full in the end says
 * that the file is too long. Buffers are wiped: it may be a secret.
 * False: it cannot be read, which is an error of this kind. */
bool file_read(struct file *f, struct buf *to, enum err_kind kind,
               struct err *err);

/* Takes the metadata of now for those of a reading, which another does. */
void file_look(struct file *f);

/* After a reading: whether the file was modified within the last second, so
 * that its writer may not have finished. */
bool file_is_fresh(const struct file *f);

#endif
