/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A byte buffer that grows up to a bound set at its birth and wipes every
 * byte that it gives up: when it grows, when it is reset, when it is freed.
 * So it can hold a secret, and no input can make it grow without end.
 *
 *     struct buf b;
 *     buf_init(&b, 4096);
 *     if (!buf_adds(&b, "hello", err)) ...
 *     use(b.data, b.len);
 *     buf_free(&b);
 *
 * `data` is always followed by a NUL that `len` does not count; it is the
 * buffer's own, valid until the next call that changes the buffer, and never
 * NULL (an empty buffer shows the empty string). */

#ifndef DRS_BASE_BUF_H
#define DRS_BASE_BUF_H

#include "base/err.h"

struct buf {
  char *data;
  size_t len;  /* bytes in use */
  size_t size; /* bytes allocated; 0: data is a constant, not ours to free */
  size_t max;  /* len never exceeds this */
};

/* `max`: the most bytes it will ever hold. Allocates nothing. */
void buf_init(struct buf *b, size_t max);

/* These append, or leave the buffer as it was and return false: ERR_LOCAL
 * where memory is short, ERR_RESPONSE where the bound would be passed. */
bool buf_add(struct buf *b, const void *bytes, size_t len, struct err *err);
bool buf_adds(struct buf *b, const char *text, struct err *err);
bool buf_addf(struct buf *b, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Empties it; the memory is wiped and kept. */
void buf_reset(struct buf *b);

/* Wipes and frees; the buffer is as after buf_init. */
void buf_free(struct buf *b);

#endif
