/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * All that is wanted stands at the top of a body or in one object below it. */

#include "auth/messages.h"

#include <stdlib.h>
#include <string.h>

enum place { TOP, TOKEN, CREDENTIAL, ERROR, ELSEWHERE };

struct messages_reader {
  struct json_reader *json;
  enum place place;
  int depth;                 /* containers open */
  const struct field *field; /* of the last key; NULL: not known */
  struct err err;            /* what a callback met */
  struct messages_response reply;
};

/* Where a member is, and what becomes of it: a string is kept, an object leads
 * to another place. */
struct field {
  enum place in;
  const char *key;
  void (*keep)(struct messages_reader *r, const struct field *f,
               const char *text, size_t len);
  size_t offset; /* of the value in struct messages_response */
  enum place leads_to;
};

/* Keepers, one for each kind of target */

static void *target(struct messages_reader *r, const struct field *f) {
  return (char *)&r->reply + f->offset;
}

/* The first one wins. */
static void keep_text(struct messages_reader *r, const struct field *f,
                      const char *text, size_t len) {
  char *to = target(r, f);
  if (to[0] != '\0')
    return;
  if (len >= MESSAGES_TEXT_MAX)
    len = MESSAGES_TEXT_MAX - 1;
  memcpy(to, text, len);
  to[len] = '\0';
}

static void keep_secret(struct messages_reader *r, const struct field *f,
                        const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (text[i] <= ' ' || text[i] > '~') {
      err_set(&r->err, ERR_RESPONSE, "%s has more than visible ASCII", f->key);
      return;
    }
  struct buf *to = target(r, f);
  buf_reset(to);
  buf_add(to, text, len, &r->err);
}

static void keep_time(struct messages_reader *r, const struct field *f,
                      const char *text, size_t len) {
  (void)f;
  if (messages_time(text, len, &r->reply.expires_at))
    r->reply.has_expires_at = true;
}

#define AT(member) offsetof(struct messages_response, member)

static const struct field fields[] = {
    {TOP, "token", NULL, 0, TOKEN},
    {TOP, "credential", NULL, 0, CREDENTIAL},
    {TOP, "error", NULL, 0, ERROR},
    {TOP, "error_code", keep_text, AT(code), ELSEWHERE},
    {TOP, "error_msg", keep_text, AT(message), ELSEWHERE},
    {TOP, "code", keep_text, AT(code), ELSEWHERE},
    {TOP, "message", keep_text, AT(message), ELSEWHERE},
    {TOKEN, "expires_at", keep_time, AT(expires_at), ELSEWHERE},
    {CREDENTIAL, "access", keep_secret, AT(access), ELSEWHERE},
    {CREDENTIAL, "secret", keep_secret, AT(secret), ELSEWHERE},
    {CREDENTIAL, "securitytoken", keep_secret, AT(security_token), ELSEWHERE},
    {CREDENTIAL, "expires_at", keep_time, AT(expires_at), ELSEWHERE},
    {ERROR, "code", keep_text, AT(code), ELSEWHERE},
    {ERROR, "message", keep_text, AT(message), ELSEWHERE},
};

static const struct field *find_field(enum place in, const char *key,
                                      size_t len) {
  for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
    const struct field *f = &fields[i];
    if (f->in == in && strlen(f->key) == len && memcmp(f->key, key, len) == 0)
      return f;
  }
  return NULL;
}

/* The reader's events */

/* An array in an object's place does no harm: it has no keys. */
static void on_open(void *arg, bool is_array) {
  (void)is_array;
  struct messages_reader *r = arg;
  r->depth++;
  if (r->depth == 2)
    r->place = r->field != NULL ? r->field->leads_to : ELSEWHERE;
  r->field = NULL;
}

static void on_close(void *arg) {
  struct messages_reader *r = arg;
  r->depth--;
  if (r->depth == 1)
    r->place = TOP;
  r->field = NULL;
}

static void on_key(void *arg, const char *text, size_t len) {
  struct messages_reader *r = arg;
  bool in_place = r->depth == (r->place == TOP ? 1 : 2);
  r->field = in_place ? find_field(r->place, text, len) : NULL;
}

static void on_scalar(void *arg, enum json_kind kind, const char *text,
                      size_t len) {
  struct messages_reader *r = arg;
  if (r->field == NULL || r->field->keep == NULL || err_is_set(&r->err))
    return;
  if (kind == JSON_STRING || kind == JSON_NUMBER)
    r->field->keep(r, r->field, text, len);
}

static const struct json_events events = {
    .scalar = on_scalar,
    .key = on_key,
    .open = on_open,
    .close = on_close,
};

/* What others see */

struct messages_reader *messages_reader_new(void) {
  struct messages_reader *r = calloc(1, sizeof(*r));
  if (r == NULL)
    return NULL;
  buf_init(&r->reply.access, MESSAGES_SECRET_MAX);
  buf_init(&r->reply.secret, MESSAGES_SECRET_MAX);
  buf_init(&r->reply.security_token, MESSAGES_SECRET_MAX);
  r->json = json_reader_new(&events, r);
  if (r->json != NULL)
    return r;
  free(r);
  return NULL;
}

void messages_reader_free(struct messages_reader *r) {
  if (r == NULL)
    return;
  json_reader_free(r->json);
  buf_free(&r->reply.access);
  buf_free(&r->reply.secret);
  buf_free(&r->reply.security_token);
  free(r);
}

/* What a callback met stands in the reader, as what json met does. */
static bool tell(const struct messages_reader *r, struct err *err) {
  return !err_is_set(&r->err) || err_set(err, r->err.kind, "%s", r->err.text);
}

bool messages_feed(struct messages_reader *r, const char *bytes, size_t len,
                   struct err *err) {
  json_feed(r->json, bytes, len, &r->err);
  return tell(r, err);
}

bool messages_finish(struct messages_reader *r, struct err *err) {
  json_finish(r->json, &r->err);
  return tell(r, err);
}

const struct messages_response *
messages_reader_reply(const struct messages_reader *r) {
  return &r->reply;
}

bool messages_time(const char *text, size_t len, time_t *time) {
  char copy[40];
  struct tm utc = {0};
  if (len >= sizeof(copy) || memchr(text, '\0', len) != NULL)
    return false;
  memcpy(copy, text, len);
  copy[len] = '\0';
  const char *rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &utc);
  if (rest != NULL && *rest == '.')
    rest += 1 + strspn(rest + 1, "0123456789");
  if (rest == NULL || strcmp(rest, "Z") != 0)
    return false;
  *time = timegm(&utc);
  return true;
}

static void put(struct json_writer *w, const char *key, const char *value) {
  json_key(w, key);
  json_string(w, value);
}

static void open_at(struct json_writer *w, const char *key) {
  json_key(w, key);
  json_open(w);
}

bool messages_login(struct buf *body, const struct identity_login *login,
                    struct err *err) {
  struct json_writer w;
  json_writer_begin(&w, body, err);
  json_open(&w);
  open_at(&w, "auth");

  open_at(&w, "identity");
  json_key(&w, "methods");
  json_open_array(&w);
  json_string(&w, "password");
  json_close_array(&w);
  open_at(&w, "password");
  open_at(&w, "user");
  put(&w, "name", login->user);
  put(&w, "password", login->password);
  open_at(&w, "domain");
  put(&w, "name", login->domain);
  json_close(&w); /* domain */
  json_close(&w); /* user */
  json_close(&w); /* password */
  json_close(&w); /* identity */

  open_at(&w, "scope");
  open_at(&w, "project");
  put(&w, "id", login->project_id);
  json_close(&w); /* project */
  json_close(&w); /* scope */

  json_close(&w); /* auth */
  json_close(&w);
  return json_writer_end(&w);
}
