/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * JSON, in both directions; the only file that knows yajl.
 *
 * The reader takes bytes as they arrive, in pieces of any size, in time linear
 * in their number, and never holds more than one token and one batch of small
 * pieces. Every scalar comes as its text, string or number, because the DRS
 * API sends numbers as strings.
 *
 * All memory is wiped before it is freed: a response can carry a secret. */

#ifndef DRS_BASE_JSON_H
#define DRS_BASE_JSON_H

#include "base/buf.h"

/* Objects and arrays within each other; deeper ones are an error. */
#define JSON_DEPTH_MAX 32
/* A string or number of this many bytes is read, however it is cut; one of
 * twice as many is an error unless it comes in one piece. */
#define JSON_TOKEN_MAX (64 * 1024)

/* From JSON_NUMBER on they have a text. */
enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING };

/* The reader's callbacks; all four must be set. 0 ends the parse:
 * json_feed or json_finish returns false, and sets no error. `text` is not
 * terminated, and valid during the call only; strings are unescaped, and may
 * hold any byte. */
struct json_events {
  int (*scalar)(void *arg, enum json_kind kind, const char *text, size_t len);
  int (*key)(void *arg, const char *text, size_t len);
  int (*open)(void *arg, bool is_array); /* an object's or an array's start */
  int (*close)(void *arg);               /* and its end */
};

struct json_reader;

/* `arg` must outlive the reader. NULL: out of memory. */
struct json_reader *json_reader_new(const struct json_events *events,
                                    void *arg);
void json_reader_free(struct json_reader *r);

/* Reads a part of the input; its end. False: not JSON, too deep, too long a
 * token, or out of memory (ERR_RESPONSE or ERR_LOCAL); no callback is called
 * after that. The error's text never quotes the input. Parts of fewer than
 * 512 bytes are gathered: their callbacks and errors may come later, at last
 * in json_finish. */
bool json_feed(struct json_reader *r, const char *bytes, size_t len,
               struct err *err);
bool json_finish(struct json_reader *r, struct err *err);

/* A scalar's text as a number: an optional sign, digits, a fraction, an
 * exponent, no more. False: it is not one, not a finite one, or has 64 bytes
 * or more. */
bool json_number(const char *text, size_t len, double *value);

/* The writer appends one document to a buffer, with commas and escapes where
 * they belong. Errors are sticky: check json_writer_end only.
 *
 *     struct json_writer w;
 *     json_writer_begin(&w, &body, err);
 *     json_open(&w);
 *     json_key(&w, "jobs");
 *     ...
 *     json_close(&w);
 *     if (!json_writer_end(&w)) ... */
enum { JSON_WRITER_MEMORY = 1024 / sizeof(max_align_t) };

struct json_writer {
  max_align_t memory[JSON_WRITER_MEMORY]; /* yajl checks no allocation */
  size_t memory_used;
  void *gen;
  struct buf *to;
  struct err *err;
  bool failed;
};

void json_writer_begin(struct json_writer *w, struct buf *to, struct err *err);
bool json_writer_end(struct json_writer *w);
void json_open(struct json_writer *w);
void json_close(struct json_writer *w);
void json_open_array(struct json_writer *w);
void json_close_array(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_string(struct json_writer *w, const char *text);
void json_name(struct json_writer *w, const char *name); /* see name_is_safe */
void json_whole(struct json_writer *w, long long number);

/* A member of an object: its key, and the value or the start of an object. */
void json_add_string(struct json_writer *w, const char *key, const char *text);
void json_add_whole(struct json_writer *w, const char *key, long long number);
void json_add_object(struct json_writer *w, const char *key);

#endif
