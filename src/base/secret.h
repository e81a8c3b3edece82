/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A secret: given literally, read from a file that may be replaced at any
 * time, or obtained from a service. It is wiped before its memory is freed, and
 * no function of this file puts it into an error.
 *
 * All secrets in use are known to secret_redact, from any thread. So a struct
 * secret must not be moved or copied between secret_init and secret_free. */

#ifndef DRS_BASE_SECRET_H
#define DRS_BASE_SECRET_H

#include "base/file.h"
#include "base/redact.h"

/* The most bytes of a secret: gateways take no longer header. */
#define SECRET_MAX (32 * 1024)

/* A secret as configured: the value, or the path of its file; or neither. */
struct secret_config {
  char *value, *path;
};

/* One of a secret's places in the index of those in use. */
struct secret_index_entry {
  const struct secret *secret;
  struct secret_index_entry *next, **link;
};

/* All zero: none, for secret_free only. */
struct secret {
  struct buf value;    /* the current one; empty: none yet */
  struct file file;    /* its path is NULL: none */
  struct err exposure; /* set: more than the daemon can read the file */
  struct secret_index_entry entries[REDACT_SECRET_KEYS];
  size_t entries_len;
};

/* Whether a value can be sent in a header: not empty, not too long, without
 * control characters. */
bool secret_is_valid(const char *value, struct err *err);

/* Copies the configured value or path. False: out of memory, or the value is
 * not valid. To be freed in any case. */
bool secret_init(struct secret *s, const struct secret_config *c,
                 struct err *err);
void secret_free(struct secret *s);

/* Replaces the value. False: it is not valid, or memory is short, and there is
 * none now. */
bool secret_set(struct secret *s, const char *value, struct err *err);
void secret_clear(struct secret *s);

static inline bool secret_is_known(const struct secret *s) {
  return s->value.len > 0;
}

/* Looks at the file, less one line break at its end; without a file there is
 * nothing to do. FILE_NEW: the value is another one. FILE_CHANGING: the value,
 * if there was one, is the old one. FILE_FAILED: there is no valid value; an
 * old value is kept only while the file cannot be read, which is FILE_SAME. */
enum file_state secret_refresh(struct secret *s, msec_t now, struct err *err);

/* Replaces in place each secret in use of at least 4 bytes by "***": as it is,
 * with the escapes of JSON, URLs and HTML, in base64, and where a text was cut,
 * its first 12 bytes or more, or 4 at the text's end. Also the signature in an
 * Authorization header. For texts from outside, such as a service's error
 * message. Thread-safe. */
void secret_redact(char *text);

#endif
