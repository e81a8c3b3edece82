/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A file that may be replaced at any time, in whatever way: renamed over,
 * truncated and written, or through a symbolic link that now points elsewhere.
 *
 * It may be being written. So new bytes count only once two looks, a second
 * apart by our own clock, have found the same bytes and metadata. The clock of
 * its file system does not matter: it may be wrong, or tick once in two
 * seconds.
 *
 * Nothing waits: it is opened with O_NONBLOCK, only a regular file is read, and
 * at most FILE_MAX bytes of it.
 *
 *     switch (file_look(&file, now, &bytes, ERR_LOCAL, &err)) {
 *     case FILE_NEW: ...       use these bytes from now on
 *     case FILE_SAME: ...      those in use are the file's
 *     case FILE_CHANGING: ...  look again at file_next_look(&file, now)
 *     case FILE_FAILED: ...    err says why it cannot be read
 *     } */

#ifndef DRS_BASE_FILE_H
#define DRS_BASE_FILE_H

#include "base/buf.h"
#include "base/clock.h"

#include <stdint.h>
#include <sys/stat.h>

/* The most bytes of a file. */
#define FILE_MAX (1024 * 1024)
/* Milliseconds between the two looks. */
#define FILE_REST 1000

enum file_state { FILE_SAME, FILE_NEW, FILE_CHANGING, FILE_FAILED };

/* All zero: no file. */
struct file {
  char *path; /* NULL: none */
  /* At the last look. */
  bool seen; /* it could be read */
  struct stat metadata;
  uint64_t hash; /* of its bytes */
  msec_t since;  /* the first look that found these */
  bool changing; /* FILE_CHANGING, since then */
  msec_t changing_since;
  /* Of the bytes in use. */
  bool used;
  uint64_t used_hash;
};

/* Copies the path; looks at nothing yet. False: out of memory. */
bool file_init(struct file *f, const char *path, struct err *err);
void file_free(struct file *f);

/* Looks at the file. `to` gets the bytes of FILE_NEW, and may get others that
 * are not to be used: as much as fits, so a full buffer says that the file is
 * too long; with room for FILE_MAX + 1 bytes that is FILE_FAILED. Buffers are
 * wiped: it may be a secret. FILE_FAILED is an error of this kind, and the
 * bytes in use are as they were. */
enum file_state file_look(struct file *f, msec_t now, struct buf *to,
                          enum err_kind kind, struct err *err);

/* Whether a file's metadata are others than at the last call, without a look
 * into it: for one that another reads. The first call says no. */
bool file_metadata_changed(struct file *f);

/* After FILE_CHANGING: when to look again. CLOCK_NEVER: it has been changing
 * for too long to wait for it. */
msec_t file_next_look(const struct file *f, msec_t now);

#endif
