/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Finds a secret at the start of a text, however the text is encoded: services
 * quote their requests in JSON, in HTML, in a URL or in base64.
 *
 *     n = redact_match("p%40ss&x=1", "p@ss", 4);    6: the bytes to replace
 *
 * base/secret calls it at each place of a text, and only for the secrets that
 * an index has for that place: each secret is entered under its keys (its first
 * byte, and the first two digits of its base64 at each of three offsets), and a
 * place has the keys of its own bytes. */

#ifndef DRS_BASE_REDACT_H
#define DRS_BASE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

/* Shorter secrets are not looked for: every text has them. */
#define REDACT_LEN_MIN 4

/* How many bytes of the text's start are the secret, in any encoding, or at
 * least the first 12 bytes of it, or fewer where the text ends, for it may have
 * been cut there; 0: none. A byte that is not ASCII may be a '?'. */
size_t redact_match(const char *text, const char *secret, size_t len);

/* Whether redact_match may find it there, of a text that has no escapes; far
 * cheaper. */
bool redact_may_match(const char *text, const char *secret, size_t len);

/* What escapes, encodings and "Signature=" have, and few other texts. */
#define REDACT_ESCAPES "\\&%+="

/* Whether a text may have a signature without "Signature=". */
bool redact_has_signature(const char *text, size_t len);

/* An index of secrets: a text starts with a secret only if the two have a key
 * in common. So the cost of a text does not grow with the number of secrets. */
#define REDACT_KEYS (256 + 64 * 64)
#define REDACT_SECRET_KEYS 4
#define REDACT_TEXT_KEYS 3

static inline unsigned redact_byte_key(char c) {
  return (c & 0x80) != 0 ? (unsigned)'?' : (unsigned char)c;
}

/* Of the values of the first two digits. */
static inline unsigned redact_base64_key(int first, int second) {
  return 256 + 64 * (unsigned)first + (unsigned)second;
}

/* The value of each byte as a digit of base64, plus 1; 0: it is none. */
extern const signed char redact_base64_values[256];

/* -1: no digit of base64. */
static inline int redact_base64_value(char c) {
  return redact_base64_values[(unsigned char)c] - 1;
}

/* Both return how many keys there are. */
size_t redact_secret_keys(unsigned keys[REDACT_SECRET_KEYS], const char *secret,
                          size_t len);
size_t redact_text_keys(unsigned keys[REDACT_TEXT_KEYS], const char *text);

/* How many bytes of the text's start are the signature of an Authorization
 * header: 64 hexadecimal digits, or fewer behind "Signature="; 0: none. */
size_t redact_signature(const char *text);

#endif
