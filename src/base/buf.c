/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Growth is by a fresh block, a copy and a wipe: realloc may move the bytes
 * and leave the old ones behind. */

#include "base/buf.h"

#include "base/c_locale.h"
#include "base/memory.h"

#include <string.h>

static char nothing[1];

void buf_init(struct buf *b, size_t max) {
  *b = (struct buf){.data = nothing, .max = max};
}

void buf_reset(struct buf *b) {
  if (b->size > 0)
    explicit_bzero(b->data, b->size);
  b->len = 0;
}

void buf_free(struct buf *b) {
  if (b->size > 0)
    memory_wipe(b->data, b->size);
  buf_init(b, b->max);
}

/* Makes room for `more` bytes and the NUL behind them. */
static bool grow_buf(struct buf *b, size_t more, struct err *err) {
  if (more > b->max - b->len)
    return err_set(err, ERR_RESPONSE, "more than %zu bytes", b->max);
  size_t need = b->len + more + 1;
  if (need <= b->size)
    return true;
  size_t size = b->size < 64 ? 64 : 2 * b->size;
  while (size < need)
    size *= 2;
  char *data = malloc(size);
  if (data == NULL)
    return err_memory(err);
  memcpy(data, b->data, b->len + 1);
  if (b->size > 0)
    memory_wipe(b->data, b->size);
  b->data = data;
  b->size = size;
  return true;
}

bool buf_add(struct buf *b, const void *bytes, size_t len, struct err *err) {
  if (!grow_buf(b, len, err))
    return false;
  memcpy(b->data + b->len, bytes, len);
  b->len += len;
  b->data[b->len] = '\0';
  return true;
}

bool buf_adds(struct buf *b, const char *text, struct err *err) {
  return buf_add(b, text, strlen(text), err);
}

bool buf_addf(struct buf *b, struct err *err, const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  int len = c_locale_vsnprintf(NULL, 0, format, ap);
  va_end(ap);
  if (len < 0 || !grow_buf(b, (size_t)len, err))
    return err_set(err, ERR_LOCAL, "cannot format a text");
  va_start(ap, format);
  c_locale_vsnprintf(b->data + b->len, (size_t)len + 1, format, ap);
  va_end(ap);
  b->len += (size_t)len;
  return true;
}
