/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Values of secrets, and the list of those in use. */

#include "base/secret.h"

#include "base/name.h"
#include "base/redact.h"

#include <pthread.h>
#include <string.h>

/* A lock for the list and the values in it: texts are redacted on the thread
 * that sends notifications, too. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct secret *in_use;

/* As a header value has to be. */
static bool check(const char *bytes, size_t len, struct err *err) {
  if (len == 0)
    return err_set(err, ERR_AUTH, "is empty");
  if (len > SECRET_MAX)
    return err_set(err, ERR_AUTH, "is longer than %d bytes", SECRET_MAX);
  return !name_has_control(bytes, len) ||
         err_set(err, ERR_AUTH, "has a control character or a line break");
}

bool secret_is_valid(const char *value, struct err *err) {
  return check(value, strlen(value), err);
}

static void add_to_list(struct secret *s) {
  pthread_mutex_lock(&lock);
  s->next = in_use;
  s->link = &in_use;
  if (s->next != NULL)
    s->next->link = &s->next;
  in_use = s;
  pthread_mutex_unlock(&lock);
}

static void remove_from_list(struct secret *s) {
  if (s->link == NULL)
    return;
  pthread_mutex_lock(&lock);
  *s->link = s->next;
  if (s->next != NULL)
    s->next->link = s->link;
  pthread_mutex_unlock(&lock);
}

/* Takes over the bytes of `fresh`. */
static void replace_value(struct secret *s, const struct buf *fresh) {
  pthread_mutex_lock(&lock);
  struct buf old = s->value;
  s->value = *fresh;
  pthread_mutex_unlock(&lock);
  buf_free(&old);
}

bool secret_init(struct secret *s, const struct secret_config *c,
                 struct err *err) {
  *s = (struct secret){0};
  buf_init(&s->value, SECRET_MAX);
  add_to_list(s);
  if (c != NULL && c->path != NULL)
    return file_init(&s->file, c->path, err);
  return c == NULL || c->value == NULL || secret_set(s, c->value, err);
}

void secret_free(struct secret *s) {
  remove_from_list(s);
  if (s->value.data != NULL)
    buf_free(&s->value);
  file_free(&s->file);
  *s = (struct secret){0};
}

void secret_clear(struct secret *s) {
  struct buf none;
  buf_init(&none, SECRET_MAX);
  replace_value(s, &none);
}

bool secret_set(struct secret *s, const char *value, struct err *err) {
  struct buf fresh;
  buf_init(&fresh, SECRET_MAX);
  bool ok = secret_is_valid(value, err) && buf_adds(&fresh, value, err);
  replace_value(s, &fresh);
  return ok;
}

/* The file */

static void drop_line_break(struct buf *b) {
  if (b->len > 0 && b->data[b->len - 1] == '\n')
    b->data[--b->len] = '\0';
  if (b->len > 0 && b->data[b->len - 1] == '\r')
    b->data[--b->len] = '\0';
}

/* Makes a file's bytes the value; takes them over. */
static bool take(struct secret *s, struct buf *fresh, bool *changed,
                 struct err *err) {
  drop_line_break(fresh);
  if (s->wait_for_writer && secret_is_known(s) && file_is_fresh(&s->file)) {
    buf_free(fresh);
    return true;
  }
  if (!check(fresh->data, fresh->len, err)) {
    buf_free(fresh);
    secret_clear(s);
    return false;
  }
  *changed = fresh->len != s->value.len ||
             memcmp(fresh->data, s->value.data, fresh->len) != 0;
  replace_value(s, fresh);
  return true;
}

bool secret_refresh(struct secret *s, bool *changed, struct err *err) {
  *changed = false;
  if (s->file.path == NULL ||
      (secret_is_known(s) && !file_has_changed(&s->file)))
    return true;
  struct buf fresh;
  buf_init(&fresh, SECRET_MAX + sizeof("\r\n"));
  if (!file_read(&s->file, &fresh, ERR_AUTH, err)) {
    buf_free(&fresh);
    return secret_is_known(s);
  }
  s->readable_by_others = (s->file.seen.st_mode & (S_IRGRP | S_IROTH)) != 0;
  return take(s, &fresh, changed, err);
}

/* Texts from outside */

static size_t longest_match(const char *text) {
  size_t longest = redact_signature(text);
  for (const struct secret *s = in_use; s != NULL; s = s->next) {
    size_t n = redact_match(text, s->value.data, s->value.len);
    if (n > longest)
      longest = n;
  }
  return longest;
}

/* A match has at least 4 bytes, so the text never grows. */
void secret_redact(char *text) {
  char *to = text;
  pthread_mutex_lock(&lock);
  while (*text != '\0') {
    size_t n = longest_match(text);
    if (n > 0)
      to = mempcpy(to, "***", 3);
    else
      *to++ = *text;
    text += n > 0 ? n : 1;
  }
  pthread_mutex_unlock(&lock);
  *to = '\0';
}
