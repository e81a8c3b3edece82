/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * ASCII, whatever the locale: what <ctype.h> and strcasecmp do changes with
 * another plugin's setlocale(), and Turkish has another 'I'. */

#ifndef DRS_BASE_TEXT_H
#define DRS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

static inline char text_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool text_is_digit(char c) { return c >= '0' && c <= '9'; }

static inline bool text_is_alnum(char c) {
  return (text_lower(c) >= 'a' && text_lower(c) <= 'z') || text_is_digit(c);
}

static inline bool text_is_blank(char c) { return c == ' ' || c == '\t'; }

/* 0 to 15; -1: it is no hexadecimal digit. */
static inline int text_hex_value(char c) {
  if (text_is_digit(c))
    return c - '0';
  c = text_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The text without the blanks before and after it, and its length. */
const char *text_trim(const char *text, size_t *len);

/* In place. */
void text_make_lowercase(char *text);

/* In place; a text with another end stays as it is. */
void text_drop_suffix(char *text, const char *suffix);

#endif
