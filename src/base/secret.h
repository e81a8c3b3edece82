/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A secret, given literally or in a file that somebody may replace at any
 * time. It is wiped before its memory is freed, and no function of this file
 * ever puts it into an error.
 *
 * A file is read again when it has changed, as file.h has it. One line break
 * at its end is not part of the secret. */

#ifndef DRS_BASE_SECRET_H
#define DRS_BASE_SECRET_H

#include "base/file.h"

/* The most bytes of a secret: what a gateway takes as one header. */
#define SECRET_MAX (32 * 1024)

struct secret {
  struct buf value; /* the current one; empty: none yet */
  struct file file; /* its path is NULL: given literally */
  bool readable_by_others;
};

/* A secret as configured: the value or the path of its file, or neither. */
struct secret_config {
  char *value, *path;
};

static inline bool secret_is_configured(const struct secret_config *c) {
  return c->value != NULL || c->path != NULL;
}

/* Whether a value can be sent in a header: not empty, not too long, without
 * control characters. */
bool secret_is_valid(const char *value, struct err *err);

/* Copies what is configured. False: out of memory, or the value is not
 * valid. */
bool secret_init(struct secret *s, const struct secret_config *c,
                 struct err *err);

/* Reads the file if it has changed. `*changed` tells whether the value is
 * another one than before. False: there is no valid value in the file; an old
 * value is kept only while the file cannot be read. */
bool secret_refresh(struct secret *s, bool *changed, struct err *err);

void secret_free(struct secret *s);

#endif
