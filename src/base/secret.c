/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * What is a valid secret, and what becomes of one that is replaced. */

#include "base/secret.h"

#include <string.h>

/* As a header value has to be. The length counts a NUL among the bytes. */
static bool check(const char *bytes, size_t len, struct err *err) {
  if (len == 0)
    return err_set(err, ERR_AUTH, "is empty");
  if (len > SECRET_MAX)
    return err_set(err, ERR_AUTH, "is longer than %d bytes", SECRET_MAX);
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7F)
      return err_set(err, ERR_AUTH, "has a control character or a line break");
  return true;
}

bool secret_is_valid(const char *value, struct err *err) {
  return check(value, strlen(value), err);
}

bool secret_init(struct secret *s, const struct secret_config *c,
                 struct err *err) {
  *s = (struct secret){0};
  buf_init(&s->value, SECRET_MAX);
  if (c->path != NULL)
    return file_init(&s->file, c->path, err);
  return c->value == NULL ||
         (secret_is_valid(c->value, err) && buf_adds(&s->value, c->value, err));
}

void secret_free(struct secret *s) {
  if (s->value.data != NULL)
    buf_free(&s->value);
  file_free(&s->file);
  *s = (struct secret){0};
}

static void drop_line_break(struct buf *b) {
  if (b->len > 0 && b->data[b->len - 1] == '\n')
    b->data[--b->len] = '\0';
  if (b->len > 0 && b->data[b->len - 1] == '\r')
    b->data[--b->len] = '\0';
}

static void replace_value(struct secret *s, struct buf *fresh, bool *changed) {
  *changed = fresh->len != s->value.len ||
             memcmp(fresh->data, s->value.data, fresh->len) != 0;
  buf_free(&s->value);
  s->value = *fresh;
}

bool secret_refresh(struct secret *s, bool *changed, struct err *err) {
  *changed = false;
  if (s->file.path == NULL || (s->value.len > 0 && !file_has_changed(&s->file)))
    return true;
  struct buf fresh;
  buf_init(&fresh, SECRET_MAX + sizeof("\r\n"));
  if (!file_read(&s->file, &fresh, ERR_AUTH, err)) {
    buf_free(&fresh);
    return s->value.len > 0;
  }
  s->readable_by_others = (s->file.seen.st_mode & (S_IRGRP | S_IROTH)) != 0;
  drop_line_break(&fresh);
  if (!check(fresh.data, fresh.len, err)) {
    buf_free(&fresh);
    buf_free(&s->value);
    return false;
  }
  replace_value(s, &fresh, changed);
  return true;
}
