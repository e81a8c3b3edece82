/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The reader over yajl's push parser, the writer over its generator.
 *
 * yajl 2.1 uses the result of its allocator without a check. So ours does not
 * return where memory is short: it jumps back to the call that entered yajl,
 * and the blocks, which the reader keeps in a list, are freed from there.
 *
 * yajl scans a token that comes in pieces from its start again with each
 * piece. So small pieces are gathered, and yajl gets at least twice as many
 * bytes at once as it may have to scan again: those since the last complete
 * token. So it scans no more than three times the input, however it is cut. */

#include "base/json.h"

#include "base/c_locale.h"
#include "base/memory.h"
#include "base/name.h"

#include <math.h>
#include <setjmp.h>
#include <stdint.h>
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
  struct json_events events;
  void *arg;
  yajl_handle yajl; /* NULL once it has failed */
  int depth;
  bool token;        /* complete, in the bytes that yajl has now */
  size_t unfinished; /* bytes since the last complete token, or fewer */
  char *gathered;    /* a block of `batch` bytes; NULL: none yet */
  size_t gathered_len;
  size_t batch; /* fewer bytes are gathered */
  struct block *blocks;
  jmp_buf out_of_memory; /* with one of these */
};

enum { MEMORY_SHORT = 1, TOKEN_LONG };

/* The fewest bytes that yajl gets at once, but for the end of the input, and
 * the most that are gathered for that. */
enum { BATCH_MIN = 512, BATCH_MAX = 32 * 1024 };

/* Memory, for yajl and for the bytes gathered */

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
  memory_wipe(b, sizeof(*b) + b->size);
}

static void *block_resize(void *ctx, void *bytes, size_t size) {
  void *resized = block_new(ctx, size);
  if (bytes != NULL) {
    size_t old = block_of(bytes)->size;
    memcpy(resized, bytes, old < size ? old : size);
    block_free(ctx, bytes);
  }
  return resized;
}

/* yajl's callbacks; 0 cancels the parse */

static int on_scalar(struct json_reader *r, enum json_kind kind,
                     const char *text, size_t len) {
  r->token = true;
  return r->events.scalar(r->arg, kind, text, len);
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
  r->token = true;
  return r->events.key(r->arg, (const char *)text, len);
}

static int on_open(struct json_reader *r, bool is_array) {
  if (++r->depth > JSON_DEPTH_MAX)
    return 0;
  r->token = true;
  return r->events.open(r->arg, is_array);
}

static int on_open_object(void *ctx) { return on_open(ctx, false); }
static int on_open_array(void *ctx) { return on_open(ctx, true); }

static int on_close(void *ctx) {
  struct json_reader *r = ctx;
  r->depth--;
  r->token = true;
  return r->events.close(r->arg);
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

/* Separate, because setjmp spoils the local variables of its function. */
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
  r->events = *events;
  r->arg = arg;
  r->batch = 1; /* the first piece is parsed at once: the rest may never come */
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
  memory_wipe(r, sizeof(*r));
}

/* Its blocks are freed with the reader. */
static void stop_yajl(struct json_reader *r) {
  r->yajl = NULL;
  r->batch = 0; /* nothing is gathered any more */
}

static bool explain(struct json_reader *r, yajl_status status,
                    struct err *err) {
  if (status == yajl_status_ok)
    return true;
  stop_yajl(r);
  if (status == yajl_status_client_canceled && r->depth <= JSON_DEPTH_MAX)
    return false; /* by a callback, which knows why */
  if (status == yajl_status_client_canceled)
    return err_set(err, ERR_RESPONSE, "JSON nested deeper than %d",
                   JSON_DEPTH_MAX);
  return err_set(err, ERR_RESPONSE, "not JSON, or JSON cut short");
}

static bool parse_bytes(struct json_reader *r, const char *bytes, size_t len,
                        struct err *err) {
  r->token = false;
  yajl_status status = yajl_parse(r->yajl, (const unsigned char *)bytes, len);
  if (!explain(r, status, err))
    return false;
  if (r->token)
    r->unfinished = len < BATCH_MIN / 2 ? len : BATCH_MIN / 2;
  else
    r->unfinished += len;
  return true;
}

/* With nothing gathered: sets the size of the next batch. */
static void size_batch(struct json_reader *r) {
  size_t batch = 2 * r->unfinished;
  batch = batch > BATCH_MIN ? batch : BATCH_MIN;
  batch = batch < BATCH_MAX ? batch : BATCH_MAX;
  if (batch == r->batch)
    return;
  block_free(r, r->gathered);
  r->gathered = NULL;
  r->batch = batch;
}

/* Parses all that makes a batch, and gathers the rest. */
static bool feed_batches(struct json_reader *r, const char *bytes, size_t len,
                         struct err *err) {
  while (r->gathered_len + len >= r->batch) {
    size_t n = r->batch - r->gathered_len;
    bool ok;
    if (r->gathered_len == 0) {
      ok = parse_bytes(r, bytes, n = len, err);
    } else {
      memcpy(r->gathered + r->gathered_len, bytes, n);
      r->gathered_len = 0;
      ok = parse_bytes(r, r->gathered, r->batch, err);
    }
    if (!ok)
      return false;
    size_batch(r);
    bytes += n;
    len -= n;
  }
  if (len == 0)
    return true;
  if (r->gathered == NULL)
    r->gathered = block_new(r, r->batch);
  memcpy(r->gathered + r->gathered_len, bytes, len);
  r->gathered_len += len;
  return true;
}

static bool finish_parse(struct json_reader *r, struct err *err) {
  size_t gathered = r->gathered_len;
  r->gathered_len = 0;
  return (gathered == 0 || parse_bytes(r, r->gathered, gathered, err)) &&
         explain(r, yajl_complete_parse(r->yajl), err);
}

/* bytes NULL: the end of the input. */
static bool advance(struct json_reader *r, const char *bytes, size_t len,
                    struct err *err) {
  if (r->yajl == NULL)
    return err_set(err, ERR_RESPONSE, "not JSON, or JSON cut short");
  switch (setjmp(r->out_of_memory)) {
  case 0:
    return bytes == NULL ? finish_parse(r, err)
                         : feed_batches(r, bytes, len, err);
  case TOKEN_LONG:
    stop_yajl(r);
    return err_set(err, ERR_RESPONSE,
                   "JSON with a string or number over %d KiB",
                   JSON_TOKEN_MAX / 1024);
  default:
    stop_yajl(r);
    return err_memory(err);
  }
}

bool json_feed(struct json_reader *r, const char *bytes, size_t len,
               struct err *err) {
  if (len == 0)
    return true;
  if (r->gathered == NULL || r->gathered_len + len >= r->batch)
    return advance(r, bytes, len, err);
  memcpy(r->gathered + r->gathered_len, bytes, len);
  r->gathered_len += len;
  return true;
}

bool json_finish(struct json_reader *r, struct err *err) {
  return advance(r, NULL, 0, err);
}

/* Up to 15 digits are exact in a double, and are the API's usual numbers. */
static bool small_integer(const char *text, size_t len, double *value) {
  bool negative = len > 0 && text[0] == '-';
  const char *end = text + len;
  int64_t n = 0;
  text += negative;
  if (text == end || end - text > 15)
    return false;
  for (; text < end; text++) {
    unsigned digit = (unsigned char)*text - (unsigned)'0';
    if (digit > 9)
      return false;
    n = 10 * n + digit;
  }
  *value = (double)(negative ? -n : n);
  return true;
}

/* Apart, so that the usual number saves few registers. */
__attribute__((noinline)) static bool other_number(const char *text, size_t len,
                                                   double *value) {
  char copy[64], *end;
  if (len == 0 || len >= sizeof(copy))
    return false;
  memcpy(copy, text, len);
  copy[len] = '\0';
  /* strtod also takes blanks, hexadecimal, "inf" and "nan". */
  if (strspn(copy, "+-.0123456789eE") != len)
    return false;
  double n = c_locale_strtod(copy, &end);
  if (end != copy + len || !isfinite(n))
    return false;
  *value = n;
  return true;
}

bool json_number(const char *text, size_t len, double *value) {
  return small_integer(text, len, value) || other_number(text, len, value);
}

/* The writer */

static void print(void *ctx, const char *text, size_t len) {
  struct json_writer *w = ctx;
  w->failed = w->failed || !buf_add(w->to, text, len, w->err);
}

/* yajl 2.1 allocates two structures of some 600 bytes, and nothing later:
 * its text goes to print. */
static void *writer_memory(void *ctx, size_t size) {
  struct json_writer *w = ctx;
  max_align_t *memory = w->memory + w->memory_used;
  w->memory_used += (size + sizeof(*memory) - 1) / sizeof(*memory);
  return w->memory_used <= JSON_WRITER_MEMORY ? memory : NULL;
}

static void *writer_resize(void *ctx, void *memory, size_t size) {
  (void)memory;
  return writer_memory(ctx, size);
}

static void writer_free(void *ctx, void *memory) {
  (void)ctx;
  (void)memory;
}

void json_writer_begin(struct json_writer *w, struct buf *to, struct err *err) {
  *w = (struct json_writer){.to = to, .err = err};
  yajl_alloc_funcs memory = {writer_memory, writer_resize, writer_free, w};
  yajl_gen gen = yajl_gen_alloc(&memory);
  if (gen == NULL) {
    w->failed = !err_memory(err);
    return;
  }
  yajl_gen_config(gen, yajl_gen_print_callback, print, w);
  yajl_gen_config(gen, yajl_gen_validate_utf8, 1);
  w->gen = gen;
}

/* Notes a generator's failure: all there can be is text that is not UTF-8. */
static void check_generator(struct json_writer *w, yajl_gen_status status) {
  if (status != yajl_gen_status_ok)
    w->failed = !err_set(w->err, ERR_LOCAL, "cannot be written as JSON");
}

bool json_writer_end(struct json_writer *w) {
  if (w->gen != NULL)
    yajl_gen_free(w->gen);
  w->gen = NULL;
  return !w->failed;
}

static void write_token(struct json_writer *w,
                        yajl_gen_status (*token)(yajl_gen)) {
  if (!w->failed)
    check_generator(w, token(w->gen));
}

void json_open(struct json_writer *w) { write_token(w, yajl_gen_map_open); }
void json_close(struct json_writer *w) { write_token(w, yajl_gen_map_close); }
void json_open_array(struct json_writer *w) {
  write_token(w, yajl_gen_array_open);
}
void json_close_array(struct json_writer *w) {
  write_token(w, yajl_gen_array_close);
}

void json_string(struct json_writer *w, const char *text) {
  if (!w->failed)
    check_generator(
        w, yajl_gen_string(w->gen, (const unsigned char *)text, strlen(text)));
}

/* yajl writes a number as it comes, and looks at each byte of a string. */
void json_name(struct json_writer *w, const char *name) {
  char quoted[NAME_MAX_SIZE + 2];
  size_t len = strnlen(name, NAME_MAX_SIZE);
  memcpy(quoted + 1, name, len);
  quoted[0] = quoted[len + 1] = '"';
  if (!w->failed)
    check_generator(w, yajl_gen_number(w->gen, quoted, len + 2));
}

void json_whole(struct json_writer *w, long long number) {
  if (!w->failed)
    check_generator(w, yajl_gen_integer(w->gen, number));
}

void json_key(struct json_writer *w, const char *key) { json_string(w, key); }

void json_add_string(struct json_writer *w, const char *key, const char *text) {
  json_key(w, key);
  json_string(w, text);
}

void json_add_whole(struct json_writer *w, const char *key, long long number) {
  json_key(w, key);
  json_whole(w, number);
}

void json_add_object(struct json_writer *w, const char *key) {
  json_key(w, key);
  json_open(w);
}
