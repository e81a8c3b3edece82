/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Values of secrets, and the index of those in use. */

#include "base/secret.h"

#include "base/name.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* A lock for the index and the values in it: texts are redacted on the thread
 * that sends notifications, too. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct secret_index_entry *in_use[REDACT_KEYS];

/* The bytes at which no secret in use and no escape starts, of any text. */
static bool is_harmless[256];

/* As a header value has to be. */
static bool check_value(const char *bytes, size_t len, struct err *err) {
  if (len == 0)
    return err_set(err, ERR_AUTH, "is empty");
  if (len > SECRET_MAX)
    return err_set(err, ERR_AUTH, "is longer than %d bytes", SECRET_MAX);
  return !name_has_control(bytes, len) ||
         err_set(err, ERR_AUTH, "has a control character or a line break");
}

bool secret_is_valid(const char *value, struct err *err) {
  return check_value(value, strlen(value), err);
}

/* Makes its value known to the redactor. */
static void add_to_index(struct secret *s) {
  unsigned keys[REDACT_SECRET_KEYS];
  s->entries_len = redact_secret_keys(keys, s->value.data, s->value.len);
  for (size_t i = 0; i < s->entries_len; i++) {
    struct secret_index_entry **first = &in_use[keys[i]];
    s->entries[i] =
        (struct secret_index_entry){.secret = s, .next = *first, .link = first};
    if (*first != NULL)
      (*first)->link = &s->entries[i].next;
    *first = &s->entries[i];
  }
}

static void remove_from_index(struct secret *s) {
  for (size_t i = 0; i < s->entries_len; i++) {
    const struct secret_index_entry *p = &s->entries[i];
    *p->link = p->next;
    if (p->next != NULL)
      p->next->link = p->link;
  }
  s->entries_len = 0;
}

static bool starts_nothing(char c) {
  int digit = redact_base64_value(c);
  if (strchr(REDACT_ESCAPES, c) != NULL || in_use[redact_byte_key(c)] != NULL)
    return false; /* the NUL, too */
  for (int next = 0; digit >= 0 && next < 64; next++)
    if (in_use[redact_base64_key(digit, next)] != NULL)
      return false;
  return true;
}

/* Takes over the bytes of `next_value`. */
static void replace_value(struct secret *s, const struct buf *next_value) {
  pthread_mutex_lock(&lock);
  struct buf old = s->value;
  remove_from_index(s);
  s->value = *next_value;
  add_to_index(s);
  for (int c = 0; c < 256; c++)
    is_harmless[c] = starts_nothing((char)c);
  pthread_mutex_unlock(&lock);
  buf_free(&old);
}

bool secret_init(struct secret *s, const struct secret_config *c,
                 struct err *err) {
  *s = (struct secret){0};
  buf_init(&s->value, SECRET_MAX);
  if (c != NULL && c->path != NULL)
    return file_init(&s->file, c->path, err);
  return c == NULL || c->value == NULL || secret_set(s, c->value, err);
}

void secret_free(struct secret *s) {
  if (s->value.data != NULL)
    secret_clear(s);
  file_free(&s->file);
  *s = (struct secret){0};
}

void secret_clear(struct secret *s) {
  struct buf none;
  buf_init(&none, SECRET_MAX);
  replace_value(s, &none);
}

bool secret_set(struct secret *s, const char *value, struct err *err) {
  struct buf next_value;
  buf_init(&next_value, SECRET_MAX);
  bool ok = secret_is_valid(value, err) && buf_adds(&next_value, value, err);
  replace_value(s, &next_value);
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
static enum file_state set_from_file(struct secret *s, struct buf *bytes,
                                     struct err *err) {
  drop_line_break(bytes);
  if (!check_value(bytes->data, bytes->len, err)) {
    secret_clear(s);
    s->file.used = false; /* the next look has the error again */
    return FILE_FAILED;
  }
  bool same = bytes->len == s->value.len &&
              memcmp(bytes->data, s->value.data, bytes->len) == 0;
  replace_value(s, bytes);
  buf_init(bytes, 0);
  return same ? FILE_SAME : FILE_NEW;
}

static enum file_state look_at_file(struct secret *s, msec_t now,
                                    struct err *err) {
  struct buf bytes;
  buf_init(&bytes, SECRET_MAX + sizeof("\r\n"));
  enum file_state state = file_look(&s->file, now, &bytes, ERR_AUTH, err);
  if (state == FILE_NEW)
    state = set_from_file(s, &bytes, err);
  else if (state == FILE_FAILED && secret_is_known(s))
    state = FILE_SAME;
  buf_free(&bytes);
  return state;
}

static bool is_group_of_ours(gid_t group) {
  gid_t groups[64];
  int len = getgroups((int)(sizeof(groups) / sizeof(*groups)), groups);
  bool ours = group == 0 || group == getegid();
  for (int i = 0; i < len; i++)
    ours = ours || groups[i] == group;
  return ours;
}

/* Whether others than root and the daemon's groups can read the file: systemd
 * hands on credentials with mode 0440, Kubernetes with a group of the daemon's.
 */
static void check_readers(struct secret *s) {
  const struct stat *file = &s->file.metadata;
  err_clear(&s->exposure);
  if ((file->st_mode & S_IROTH) != 0)
    err_set(&s->exposure, ERR_AUTH,
            "%s is readable by every user; chmod 600 it, or mount it with mode "
            "0440",
            s->file.path);
  else if ((file->st_mode & S_IRGRP) != 0 && !is_group_of_ours(file->st_gid))
    err_set(&s->exposure, ERR_AUTH,
            "%s is readable by the group %u, which is not one of collectd's; "
            "chmod 600 it",
            s->file.path, (unsigned)file->st_gid);
}

enum file_state secret_refresh(struct secret *s, msec_t now, struct err *err) {
  if (s->file.path == NULL)
    return FILE_SAME;
  enum file_state state = look_at_file(s, now, err);
  if (s->file.seen)
    check_readers(s);
  return state;
}

/* Texts from outside */

static size_t longest_match(const char *text) {
  unsigned keys[REDACT_TEXT_KEYS];
  size_t longest = redact_signature(text);
  size_t len = redact_text_keys(keys, text);
  for (size_t i = 0; i < len; i++)
    for (const struct secret_index_entry *p = in_use[keys[i]]; p != NULL;
         p = p->next) {
      const struct buf *value = &p->secret->value;
      size_t n = redact_match(text, value->data, value->len);
      if (n > longest)
        longest = n;
    }
  return longest;
}

/* Whether one of these secrets may be at the text's start. */
static bool may_start(const char *text, const struct secret_index_entry *p) {
  while (p != NULL &&
         !redact_may_match(text, p->secret->value.data, p->secret->value.len))
    p = p->next;
  return p != NULL;
}

/* Most texts have none, and that is soon known. */
static bool may_have_secret(const char *text) {
  for (const char *at = text;; at++) {
    while (is_harmless[(unsigned char)*at])
      at++;
    int digit = redact_base64_value(*at);
    int next = digit < 0 ? -1 : redact_base64_value(at[1]);
    if (*at == '\0')
      return redact_has_signature(text, (size_t)(at - text));
    if (strchr(REDACT_ESCAPES, *at) != NULL ||
        may_start(at, in_use[redact_byte_key(*at)]) ||
        (next >= 0 && may_start(at, in_use[redact_base64_key(digit, next)])))
      return true;
  }
}

/* A match has at least 4 bytes, so the text never grows. */
static void redact(char *text) {
  char *to = text;
  while (*text != '\0') {
    size_t n = longest_match(text);
    if (n > 0)
      to = mempcpy(to, "***", 3);
    else
      *to++ = *text;
    text += n > 0 ? n : 1;
  }
  *to = '\0';
}

void secret_redact(char *text) {
  pthread_mutex_lock(&lock);
  if (may_have_secret(text))
    redact(text);
  pthread_mutex_unlock(&lock);
}
