/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The tokens of the JSON reader, as one line: keys and strings as they are,
 * with \xHH for what is not printable ASCII, numbers behind a '#', and ')' for
 * each end.
 *
 *     {"a": [1, "x", null]}  ->  {a:[#1"x"null)) */

#ifndef DRS_TESTS_JSON_TEXT_H
#define DRS_TESTS_JSON_TEXT_H

#include "unit.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

static char output[16384];

static inline void print(const char *text, size_t len) {
  size_t used = strlen(output);
  assert_true(used + len < sizeof(output));
  memcpy(output + used, text, len);
  output[used + len] = '\0';
}

/* Bytes that are not printable as \xHH. */
static inline void print_text(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    char hex[8];
    bool plain = text[i] >= ' ' && text[i] <= '~';
    snprintf(hex, sizeof(hex), plain ? "%c" : "\\x%02X",
             (unsigned char)text[i]);
    print(hex, strlen(hex));
  }
}

static inline int on_scalar(void *arg, enum json_kind kind, const char *text,
                            size_t len) {
  static const char *const before[] = {"null", "", "#", "\""};
  assert_ptr_equal(arg, output);
  print(before[kind], strlen(before[kind]));
  print_text(text, len);
  if (kind == JSON_STRING)
    print("\"", 1);
  return 1;
}

static inline int on_key(void *arg, const char *text, size_t len) {
  (void)arg;
  print_text(text, len);
  print(":", 1);
  return 1;
}

static inline int on_open(void *arg, bool is_array) {
  (void)arg;
  print(is_array ? "[" : "{", 1);
  return 1;
}

static inline int on_close(void *arg) {
  (void)arg;
  print(")", 1);
  return 1;
}

static const struct json_events events = {
    .scalar = on_scalar,
    .key = on_key,
    .open = on_open,
    .close = on_close,
};

/* A reader, and no output yet. */
static inline struct json_reader *start(void) {
  output[0] = '\0';
  return json_reader_new(&events, output);
}

#endif
