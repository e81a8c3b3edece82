/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The reader over yajl's push parser, the writer over its generator.
 *
 * yajl 2.1 uses what its allocator returns without looking. So ours does not
 * return where memory is short: it jumps back to the call that entered yajl,
 * and the blocks, which the reader keeps in a list, are freed from there.
 *
 * A token that comes in pieces is looked at from its start again with each
 * piece. One of 16 MiB would take seconds, so its buffer has a bound. */

#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

/* One allocation of yajl's, in the list of its reader. */
struct block {
  struct block *next, **link;
  size_t size;
  max_align_t bytes[];
};

struct json_reader {
  const struct json_events *events;
  void *arg;
  yajl_handle yajl; /* NULL once it has failed */
  int depth;
  struct block *blocks;
  jmp_buf out_of_memory; /* with one of these */
};

enum { MEMORY_SHORT = 1, TOKEN_LONG };

/* Memory for yajl */

static struct block *block_of(void *bytes) {
  return (struct block *)(void *)((char *)bytes -
                                  offsetof(struct block, bytes));
}

static void *block_new(void *ctx, size_t size) {
  struct json_reader *r = ctx;
  if (size > 2 * JSON_TOKEN_MAX) /* it doubles from 2 KiB */
    longjmp(r->out_of_memory, TOKEN_LONG);
  struct block *b = malloc(sizeof(*b) + size);
  if (b == NULL)
    longjmp(r->out_of_memory, MEMORY_SHORT);
  *b = (struct block){.next = r->blocks, .link = &r->blocks, .size = size};
  if (b->next != NULL)
    b->next->link = &b->next;
  r->blocks = b;
  return b->bytes;
}

static void block_free(void *ctx, void *bytes) {
  (void)ctx;
  if (bytes == NULL)
    return;
  struct block *b = block_of(bytes);
  *b->link = b->next;
  if (b->next != NULL)
    b->next->link = b->link;
  explicit_bzero(b->bytes, b->size);
  free(b);
}

static void *block_resize(void *ctx, void *bytes, size_t size) {
  void *fresh = block_new(ctx, size);
  if (bytes != NULL) {
    size_t old = block_of(bytes)->size;
    memcpy(fresh, bytes, old < size ? old : size);
    block_free(ctx, bytes);
  }
  return fresh;
}

/* What yajl calls; 0 cancels the parse */

static int on_scalar(struct json_reader *r, enum json_kind kind,
                     const char *text, size_t len) {
  r->events->scalar(r->arg, kind, text, len);
  return 1;
}

static int on_null(void *ctx) { return on_scalar(ctx, JSON_NULL, "", 0); }

static int on_boolean(void *ctx, int value) {
  return value ? on_scalar(ctx, JSON_BOOL, "true", 4)
               : on_scalar(ctx, JSON_BOOL, "false", 5);
}

static int on_number(void *ctx, const char *text, size_t len) {
  return on_scalar(ctx, JSON_NUMBER, text, len);
}

static int on_string(void *ctx, const unsigned char *text, size_t len) {
  return on_scalar(ctx, JSON_STRING, (const char *)text, len);
}

static int on_key(void *ctx, const unsigned char *text, size_t len) {
  struct json_reader *r = ctx;
  r->events->key(r->arg, (const char *)text, len);
  return 1;
}

static int on_open(struct json_reader *r, bool is_array) {
  if (++r->depth > JSON_DEPTH_MAX)
    return 0;
  r->events->open(r->arg, is_array);
  return 1;
}

static int on_open_object(void *ctx) { return on_open(ctx, false); }
static int on_open_array(void *ctx) { return on_open(ctx, true); }

static int on_close(void *ctx) {
  struct json_reader *r = ctx;
  r->depth--;
  r->events->close(r->arg);
  return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_map_key = on_key,
    .yajl_start_map = on_open_object,
    .yajl_end_map = on_close,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close,
};

/* The reader */

/* Apart, because setjmp spoils the local variables of the function it is in. */
static bool start_yajl(struct json_reader *r) {
  yajl_alloc_funcs memory = {block_new, block_resize, block_free, r};
  if (setjmp(r->out_of_memory) != 0)
    return false;
  r->yajl = yajl_alloc(&callbacks, &memory, r);
  /* A string that is not UTF-8 must not cost the jobs around it. */
  yajl_config(r->yajl, yajl_dont_validate_strings, 1);
  return true;
}

struct json_reader *json_reader_new(const struct json_events *events,
                                    void *arg) {
  struct json_reader *r = calloc(1, sizeof(*r));
  if (r == NULL)
    return NULL;
  r->events = events;
  r->arg = arg;
  if (start_yajl(r))
    return r;
  json_reader_free(r);
  return NULL;
}

void json_reader_free(struct json_reader *r) {
  if (r == NULL)
    return;
  while (r->blocks != NULL)
    block_free(r, r->blocks->bytes);
  free(r);
}

static bool explain(struct json_reader *r, yajl_status status,
                    struct err *err) {
  if (status == yajl_status_ok)
    return true;
  r->yajl = NULL; /* its blocks go with the reader */
  if (status == yajl_status_client_canceled)
    return err_set(err, ERR_RESPONSE, "JSON nested deeper than %d",
                   JSON_DEPTH_MAX);
  return err_set(err, ERR_RESPONSE, "not JSON, or JSON cut short");
}

/* bytes NULL: the end of the input. */
static bool advance(struct json_reader *r, const char *bytes, size_t len,
                    struct err *err) {
  if (r->yajl == NULL)
    return err_set(err, ERR_RESPONSE, "not JSON, or JSON cut short");
  switch (setjmp(r->out_of_memory)) {
  case 0:
    break;
  case TOKEN_LONG:
    r->yajl = NULL;
    return err_set(err, ERR_RESPONSE,
                   "JSON with a string or number over %d KiB",
                   JSON_TOKEN_MAX / 1024);
  default:
    r->yajl = NULL;
    return err_memory(err);
  }
  yajl_status status =
      bytes == NULL ? yajl_complete_parse(r->yajl)
                    : yajl_parse(r->yajl, (const unsigned char *)bytes, len);
  return explain(r, status, err);
}

bool json_feed(struct json_reader *r, const char *bytes, size_t len,
               struct err *err) {
  return len == 0 || advance(r, bytes, len, err);
}

bool json_finish(struct json_reader *r, struct err *err) {
  return advance(r, NULL, 0, err);
}

/* Up to 15 digits are exact in a double, and are what the API sends. */
static bool small_integer(const char *text, size_t len, double *value) {
  size_t at = len > 0 && text[0] == '-' ? 1 : 0;
  int64_t n = 0;
  if (len == at || len - at > 15)
    return false;
  for (size_t i = at; i < len; i++) {
    if (text[i] < '0' || text[i] > '9')
      return false;
    n = 10 * n + (text[i] - '0');
  }
  *value = (double)(at == 1 ? -n : n);
  return true;
}

bool json_number(const char *text, size_t len, double *value) {
  char copy[64], *end;
  if (small_integer(text, len, value))
    return true;
  if (len == 0 || len >= sizeof(copy))
    return false;
  memcpy(copy, text, len);
  copy[len] = '\0';
  /* strtod alone would take blanks, hexadecimal, "inf" and "nan" as well. */
  if (strspn(copy, "+-.0123456789eE") != len)
    return false;
  double n = strtod(copy, &end);
  if (end != copy + len || !isfinite(n))
    return false;
  *value = n;
  return true;
}

/* The writer */

static void print(void *ctx, const char *text, size_t len) {
  struct json_writer *w = ctx;
  w->failed = w->failed || !buf_add(w->to, text, len, w->err);
}

void json_writer_begin(struct json_writer *w, struct buf *to, struct err *err) {
  *w = (struct json_writer){.to = to, .err = err};
  yajl_gen gen = yajl_gen_alloc(NULL);
  if (gen == NULL) {
    w->failed = !err_memory(err);
    return;
  }
  yajl_gen_config(gen, yajl_gen_print_callback, print, w);
  yajl_gen_config(gen, yajl_gen_validate_utf8, 1);
  w->gen = gen;
}

/* Notes a generator's failure: all there can be is text that is not UTF-8. */
static void check(struct json_writer *w, yajl_gen_status status) {
  if (status != yajl_gen_status_ok)
    w->failed = !err_set(w->err, ERR_LOCAL, "cannot be written as JSON");
}

bool json_writer_end(struct json_writer *w) {
  if (w->gen != NULL)
    yajl_gen_free(w->gen);
  w->gen = NULL;
  return !w->failed;
}

static void put(struct json_writer *w, yajl_gen_status (*token)(yajl_gen)) {
  if (!w->failed)
    check(w, token(w->gen));
}

void json_open(struct json_writer *w) { put(w, yajl_gen_map_open); }
void json_close(struct json_writer *w) { put(w, yajl_gen_map_close); }
void json_open_array(struct json_writer *w) { put(w, yajl_gen_array_open); }
void json_close_array(struct json_writer *w) { put(w, yajl_gen_array_close); }

void json_string(struct json_writer *w, const char *text) {
  if (!w->failed)
    check(w,
          yajl_gen_string(w->gen, (const unsigned char *)text, strlen(text)));
}

void json_whole(struct json_writer *w, long long number) {
  if (!w->failed)
    check(w, yajl_gen_integer(w->gen, number));
}

void json_key(struct json_writer *w, const char *key) { json_string(w, key); }
