/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The tables of the responses. The members of both calls do not collide, so
 * one table serves both. */

#include "auth/messages.h"

#include <stdlib.h>
#include <string.h>

struct messages_reader {
  struct json_decoder *json;
  struct messages_response response;
};

static void store_secret(struct json_decoder *d, const struct json_field *f,
                         void *target, const char *text, size_t len) {
  struct err *err = json_decoder_err(d);
  for (size_t i = 0; i < len; i++)
    if (text[i] <= ' ' || text[i] > '~') {
      err_set(err, ERR_RESPONSE, "%s has more than visible ASCII", f->key);
      return;
    }
  struct buf *to = (void *)((char *)target + f->offset);
  buf_reset(to);
  buf_add(to, text, len, err);
}

static void store_time(struct json_decoder *d, const struct json_field *f,
                       void *target, const char *text, size_t len) {
  struct messages_response *r = target;
  (void)d, (void)f;
  if (messages_time(text, len, &r->expires_at))
    r->has_expires_at = true;
}

#define SECRET(name, member)                                                   \
  { JSON_FIELD(name, struct messages_response, member, store_secret) }
#define TIME(name)                                                             \
  { JSON_FIELD(name, struct messages_response, expires_at, store_time) }

static const struct json_shape token = {
    .object = true,
    .fields = (const struct json_field[]){TIME("expires_at"), {0}}};

static const struct json_shape credential = {
    .object = true,
    .fields =
        (const struct json_field[]){TIME("expires_at"),
                                    SECRET("access", access),
                                    SECRET("secret", secret),
                                    SECRET("securitytoken", security_token),
                                    {0}}};

static const struct json_shape response = {
    .object = true,
    .fields = (const struct json_field[]){
        JSON_FIELD_INSIDE("token", &token),
        JSON_FIELD_INSIDE("credential", &credential),
        {0}}};

struct messages_reader *messages_reader_new(void) {
  struct messages_reader *r = calloc(1, sizeof(*r));
  if (r == NULL)
    return NULL;
  buf_init(&r->response.access, MESSAGES_SECRET_MAX);
  buf_init(&r->response.secret, MESSAGES_SECRET_MAX);
  buf_init(&r->response.security_token, MESSAGES_SECRET_MAX);
  r->json = json_decoder_new(&response, &r->response);
  if (r->json != NULL)
    return r;
  free(r);
  return NULL;
}

void messages_reader_free(struct messages_reader *r) {
  if (r == NULL)
    return;
  json_decoder_free(r->json);
  buf_free(&r->response.access);
  buf_free(&r->response.secret);
  buf_free(&r->response.security_token);
  free(r);
}

bool messages_feed(struct messages_reader *r, const char *bytes, size_t len,
                   struct err *err) {
  return json_decoder_feed(r->json, bytes, len, err);
}

const struct messages_response *messages_finish(struct messages_reader *r,
                                                struct err *err) {
  const struct error_body *error = json_decoder_error(r->json);
  json_decoder_finish(r->json, err);
  r->response.code = error->code.text;
  r->response.message = error->message.text;
  return &r->response;
}

msec_t messages_life(const struct messages_response *r, time_t server_now,
                     msec_t unknown) {
  time_t now = server_now >= 0 ? server_now : time(NULL);
  return r->has_expires_at ? ((msec_t)r->expires_at - now) * 1000 : unknown;
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

bool messages_login(struct buf *body, const struct identity_login *login,
                    struct err *err) {
  struct json_writer w;
  json_writer_begin(&w, body, err);
  json_open(&w);
  json_add_object(&w, "auth");

  json_add_object(&w, "identity");
  json_key(&w, "methods");
  json_open_array(&w);
  json_string(&w, "password");
  json_close_array(&w);
  json_add_object(&w, "password");
  json_add_object(&w, "user");
  json_add_string(&w, "name", login->user);
  json_add_string(&w, "password", login->password);
  json_add_object(&w, "domain");
  json_add_string(&w, "name", login->domain);
  json_close(&w); /* domain */
  json_close(&w); /* user */
  json_close(&w); /* password */
  json_close(&w); /* identity */

  json_add_object(&w, "scope");
  json_add_object(&w, "project");
  json_add_string(&w, "id", login->project_id);
  json_close(&w); /* project */
  json_close(&w); /* scope */

  json_close(&w); /* auth */
  json_close(&w);
  return json_writer_end(&w);
}
