/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Encodings of a secret, compared byte by byte: nothing is allocated. */

#include "base/redact.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* So many first bytes identify a secret where a text was cut. */
#define PREFIX_MIN 12
/* Base64 of fewer bytes says too little. */
#define BASE64_LEN_MIN 6
/* Hexadecimal digits. */
#define SIGNATURE_LEN 64

static size_t min_size(size_t a, size_t b) { return a < b ? a : b; }

/* Whether so many units are enough of the secret, of which `enough` suffice: a
 * text that ends may have been cut. */
static bool is_enough(size_t n, size_t len, size_t enough, bool ends) {
  return n >= min_size(len, enough) || (ends && n >= REDACT_LEN_MIN);
}

/* Bytes that are not UTF-8 were made printable. */
static bool shows(char shown, char secret) {
  return shown == secret || (shown == '?' && (secret & 0x80) != 0);
}

/* As it is */

static size_t match_plain(const char *text, const char *secret, size_t len) {
  size_t n = 0;
  while (n < len && shows(text[n], secret[n]))
    n++;
  return is_enough(n, len, PREFIX_MIN, text[n] == '\0') ? n : 0;
}

/* Escapes: \" \\ \/ \u20AC  %E2%82%AC +  &quot; */

/* The value of `digits` hexadecimal digits, or -1. */
static long hex_value(const char *text, int digits) {
  long value = 0;
  for (int i = 0; i < digits; i++) {
    int digit = text_hex_value(text[i]);
    if (digit < 0)
      return -1;
    value = 16 * value + digit;
  }
  return value;
}

/* One encoded character: how long it is in the text, and its bytes. */
struct unit {
  size_t text_len, len;
  char bytes[4];
};

static void put_utf8(struct unit *u, long c) {
  static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  u->len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = u->len; i-- > 1; c >>= 6)
    u->bytes[i] = (char)(0x80 | (c & 0x3F));
  u->bytes[0] = (char)(c | (u->len == 1 ? 0 : lead[u->len]));
}

static bool decode_json(struct unit *u, const char *text) {
  if (text[1] != 'u') {
    u->text_len = 2;
    u->len = 1;
    u->bytes[0] = text[1];
    return text[1] != '\0' && strchr("\"\\/'", text[1]) != NULL;
  }
  long c = hex_value(text + 2, 4);
  u->text_len = 6;
  if (c >= 0xD800 && c < 0xDC00 && text[6] == '\\' && text[7] == 'u') {
    long low = hex_value(text + 8, 4);
    c = low < 0xDC00 ? -1 : 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    u->text_len = 12;
  }
  if (c < 0)
    return false;
  put_utf8(u, c);
  return true;
}

static bool decode_entity(struct unit *u, const char *text) {
  static const struct {
    const char *text;
    char c;
  } entities[] = {{"&quot;", '"'}, {"&#34;", '"'},   {"&apos;", '\''},
                  {"&#39;", '\''}, {"&#x27;", '\''}, {"&amp;", '&'},
                  {"&lt;", '<'},   {"&gt;", '>'}};
  for (size_t i = 0; i < sizeof(entities) / sizeof(*entities); i++) {
    size_t len = strlen(entities[i].text);
    if (strncmp(text, entities[i].text, len) != 0)
      continue;
    *u = (struct unit){len, 1, {entities[i].c}};
    return true;
  }
  return false;
}

enum escapes { JSON = 1 << 0, ENTITY = 1 << 1, PERCENT = 1 << 2 };

/* Decodes the character at the text's start; false: it is not encoded in one of
 * these ways. */
static bool decode_escape(struct unit *u, const char *text, unsigned escapes) {
  switch (*text) {
  case '\\':
    return (escapes & JSON) && decode_json(u, text);
  case '&':
    return (escapes & ENTITY) && decode_entity(u, text);
  case '+':
    *u = (struct unit){1, 1, {' '}};
    return escapes & PERCENT;
  case '%': {
    long c = hex_value(text + 1, 2);
    *u = (struct unit){3, 1, {(char)c}};
    return (escapes & PERCENT) && c >= 0;
  }
  default:
    return false;
  }
}

static size_t match_escaped(const char *text, const char *secret, size_t len,
                            unsigned escapes) {
  size_t n = 0, at = 0;
  struct unit u;
  while (n < len) {
    if (decode_escape(&u, text + at, escapes) && u.len <= len - n &&
        memcmp(u.bytes, secret + n, u.len) == 0) {
      at += u.text_len;
      n += u.len;
    } else if (shows(text[at], secret[n])) {
      at++;
      n++;
    } else {
      break;
    }
  }
  return is_enough(n, len, PREFIX_MIN, text[at] == '\0') ? at : 0;
}

/* In a URL that is quoted in JSON, escapes mix. Elsewhere those of the other
 * kinds are the secret's own: in HTML, two backslashes are two. */
static size_t match_any_escapes(const char *text, const char *secret,
                                size_t len) {
  static const unsigned all[] = {JSON | ENTITY | PERCENT, JSON, ENTITY,
                                 PERCENT};
  size_t enough = 0;
  for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
    size_t n = match_escaped(text, secret, len, all[i]);
    enough = n > enough ? n : enough;
  }
  return enough;
}

/* Base64 */

/* clang-format off */
const signed char redact_base64_values[256] = {
    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['+'] = 63, ['-'] = 63, ['/'] = 64, ['_'] = 64};
/* clang-format on */

/* Six bits of the bytes, as base64 takes them. */
static int base64_digit(const char *bytes, size_t i) {
  const unsigned char *b = (const unsigned char *)bytes + i / 4 * 3;
  uint32_t triple = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
  return (int)(triple >> (18 - 6 * (i % 4)) & 0x3F);
}

/* A secret may follow other bytes, as in "user:password": then it starts at
 * its second or third byte. The base64 that follows is dropped as well. */
static size_t match_base64(const char *text, const char *secret, size_t len) {
  for (size_t skip = 0; skip < 3 && len >= skip + BASE64_LEN_MIN; skip++) {
    size_t digits = (len - skip) / 3 * 4, n = 0;
    while (n < digits &&
           redact_base64_value(text[n]) == base64_digit(secret + skip, n))
      n++;
    if (!is_enough(n, digits, 2 * PREFIX_MIN, text[n] == '\0'))
      continue;
    while (redact_base64_value(text[n]) >= 0 || text[n] == '=')
      n++;
    return n;
  }
  return 0;
}

/* The index */

size_t redact_secret_keys(unsigned keys[REDACT_SECRET_KEYS], const char *secret,
                          size_t len) {
  size_t n = 0;
  if (len < REDACT_LEN_MIN)
    return 0;
  keys[n++] = redact_byte_key(*secret);
  for (size_t skip = 0; skip < 3 && len >= skip + BASE64_LEN_MIN; skip++)
    keys[n++] = redact_base64_key(base64_digit(secret + skip, 0),
                                  base64_digit(secret + skip, 1));
  return n;
}

size_t redact_text_keys(unsigned keys[REDACT_TEXT_KEYS], const char *text) {
  size_t n = 0;
  struct unit u;
  int first = redact_base64_value(text[0]);
  int second = first < 0 ? -1 : redact_base64_value(text[1]);
  keys[n++] = redact_byte_key(*text);
  if (decode_escape(&u, text, JSON | ENTITY | PERCENT))
    keys[n++] = redact_byte_key(*u.bytes);
  if (second >= 0)
    keys[n++] = redact_base64_key(first, second);
  return n;
}

size_t redact_match(const char *text, const char *secret, size_t len) {
  if (len < REDACT_LEN_MIN)
    return 0;
  size_t plain = match_plain(text, secret, len);
  size_t escaped = match_any_escapes(text, secret, len);
  size_t base64 = match_base64(text, secret, len);
  size_t enough = plain > escaped ? plain : escaped;
  return enough > base64 ? enough : base64;
}

/* The first digits that each match has. */
static bool starts_base64(const char *text, const char *secret) {
  size_t n = 0;
  while (n < REDACT_LEN_MIN &&
         redact_base64_value(text[n]) == base64_digit(secret, n))
    n++;
  return n == REDACT_LEN_MIN;
}

bool redact_may_match(const char *text, const char *secret, size_t len) {
  if (len < REDACT_LEN_MIN)
    return false;
  if (match_plain(text, secret, REDACT_LEN_MIN) > 0)
    return true;
  for (size_t skip = 0; skip < 3 && len >= skip + BASE64_LEN_MIN; skip++)
    if (starts_base64(text, secret + skip))
      return true;
  return false;
}

bool redact_has_signature(const char *text, size_t len) {
  size_t digits = 0;
  if (len < SIGNATURE_LEN)
    return false;
  for (; *text != '\0' && digits < SIGNATURE_LEN; text++)
    digits = text_hex_value(*text) >= 0 ? digits + 1 : 0;
  return digits == SIGNATURE_LEN;
}

size_t redact_signature(const char *text) {
  static const char key[] = "Signature=";
  bool has_key = strncmp(text, key, strlen(key)) == 0;
  size_t start = has_key ? strlen(key) : 0, n = start;
  while (text_hex_value(text[n]) >= 0)
    n++;
  return n - start >= (has_key ? 1 : SIGNATURE_LEN) ? n : 0;
}
