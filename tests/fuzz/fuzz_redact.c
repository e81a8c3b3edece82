/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Texts from outside that quote a secret: it is found as it is, in JSON, in a
 * URL, in HTML and in base64, next to any other bytes, and nothing is read or
 * written beyond the text.
 *
 * The input: a secret and a NUL, another one and a NUL, and the text, in which
 * the bytes 1 to 8 stand for the first secret in one of its encodings. */

#include "fuzz.h"

#include "base/secret.h"

#include <string.h>

const char fuzz_name[] = "redact";

#define SECRET_LEN_MAX 64
#define ENCODED_MAX (6 * SECRET_LEN_MAX + 1)
#define TEXT_MAX (64 * 1024)
/* Of a secret that is cut; see base/redact.c. */
#define PREFIX_LEN 12
/* A shorter one is too little in base64. */
#define BASE64_SECRET_LEN 8

enum encoding { PLAIN, CUT, JSON, URL, HTML, BASE64, BASE64_AT_1, BASE64_AT_2 };

static void encode_json(char *to, const char *secret) {
  for (; *secret != '\0'; secret++)
    if ((unsigned char)*secret < 0x80 && *secret % 3 != 0)
      to += sprintf(to, "\\u%04x", *secret);
    else if (*secret == '"' || *secret == '\\' || *secret == '/')
      to += sprintf(to, "\\%c", *secret);
    else
      to += sprintf(to, "%c", *secret);
}

static void encode_url(char *to, const char *secret) {
  for (; *secret != '\0'; secret++)
    if (*secret == ' ')
      to += sprintf(to, "+");
    else
      to += sprintf(to, *secret % 2 != 0 ? "%%%02X" : "%%%02x",
                    (unsigned char)*secret);
}

static void encode_html(char *to, const char *secret) {
  static const char special[] = "\"'&<>";
  static const char *const entities[] = {"&quot;", "&#39;", "&amp;", "&lt;",
                                         "&gt;"};
  for (; *secret != '\0'; secret++) {
    const char *at = strchr(special, *secret);
    to += at != NULL ? sprintf(to, "%s", entities[at - special])
                     : sprintf(to, "%c", *secret);
  }
}

/* Of `before` bytes and the secret. */
static void encode_base64(char *to, const char *secret, size_t before) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";
  char bytes[SECRET_LEN_MAX + 5] = "::"; /* and zeros */
  size_t len = before + strlen(secret);
  strcpy(bytes + before, secret);
  for (size_t i = 0; i < len; i += 3) {
    uint32_t group = (uint32_t)(unsigned char)bytes[i] << 16 |
                     (uint32_t)(unsigned char)bytes[i + 1] << 8 |
                     (unsigned char)bytes[i + 2];
    for (size_t digit = 0; digit < 4; digit++)
      *to++ = i + digit > len ? '=' : digits[group >> (18 - 6 * digit) & 0x3F];
  }
  *to = '\0';
}

/* "": too short to be looked for in this encoding. */
static void encode(char to[ENCODED_MAX], const char *secret,
                   enum encoding how) {
  size_t len = strlen(secret);
  *to = '\0';
  if (how == CUT && len >= PREFIX_LEN)
    sprintf(to, "%.*s", PREFIX_LEN, secret);
  else if (how == PLAIN)
    strcpy(to, secret);
  else if (how == JSON)
    encode_json(to, secret);
  else if (how == URL)
    encode_url(to, secret);
  else if (how == HTML)
    encode_html(to, secret);
  else if (how >= BASE64 && len >= BASE64_SECRET_LEN)
    encode_base64(to, secret, (size_t)(how - BASE64));
}

static bool take_secret(struct secret *s, const uint8_t **bytes, size_t *len) {
  char value[SECRET_LEN_MAX + 1];
  size_t n = strnlen((const char *)*bytes, *len);
  bool ok = n < *len && n <= SECRET_LEN_MAX && n >= 4;
  MUST(secret_init(s, NULL, NULL));
  if (!ok)
    return false;
  memcpy(value, *bytes, n + 1);
  *bytes += n + 1;
  *len -= n + 1;
  /* What takes a secret's place could be a part of one. */
  return secret_set(s, value, NULL) && strchr(value, '*') == NULL;
}

static void check_text(const char *secret, const uint8_t *bytes, size_t len) {
  char encoded[BASE64_AT_2 + 1][ENCODED_MAX];
  size_t used = 0;
  char *text = malloc(TEXT_MAX);
  MUST(text != NULL);
  for (enum encoding how = PLAIN; how <= BASE64_AT_2; how++)
    encode(encoded[how], secret, how);
  for (; len > 0 && used < TEXT_MAX - ENCODED_MAX; bytes++, len--)
    if (*bytes >= 1 && *bytes <= BASE64_AT_2 + 1)
      used += (size_t)sprintf(text + used, "%s", encoded[*bytes - 1]);
    else if (*bytes != '\0')
      text[used++] = (char)*bytes;
  text[used] = '\0';
  /* In a block of its own size. */
  char *exact = strdup(text);
  MUST(exact != NULL);
  secret_redact(exact);
  MUST(strlen(exact) <= used);
  for (enum encoding how = PLAIN; how <= BASE64_AT_2; how++)
    MUST(*encoded[how] == '\0' || strstr(exact, encoded[how]) == NULL);
  err_make_printable(exact);
  free(exact);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct secret first = {0}, second = {0};
  if (take_secret(&first, &bytes, &len) && take_secret(&second, &bytes, &len))
    check_text(first.value.data, bytes, len);
  secret_free(&first);
  secret_free(&second);
  return 0;
}
