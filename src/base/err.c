/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The first error wins; its text is safe to print. */

#include "base/err.h"

#include "base/c_locale.h"

#include <string.h>

static const char *const kind_names[ERR_KINDS] = {
    [ERR_NONE] = "none",         [ERR_CONFIG] = "config",
    [ERR_AUTH] = "auth",         [ERR_THROTTLED] = "throttled",
    [ERR_RESOLVE] = "resolve",   [ERR_CONNECT] = "connect",
    [ERR_TLS] = "tls",           [ERR_HTTP] = "http",
    [ERR_RESPONSE] = "response", [ERR_JOB] = "job",
    [ERR_LOCAL] = "local",       [ERR_NO_JOBS] = "no-jobs",
};

const char *err_kind_name(enum err_kind kind) { return kind_names[kind]; }

/* The length of the well-formed UTF-8 sequence at `s`, or 0. Overlong forms,
 * surrogates and code points beyond U+10FFFF are not well-formed (RFC 3629). */
static size_t utf8_length(const unsigned char *s) {
  if (s[0] < 0x80)
    return 1;
  size_t len = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
  if (s[0] < 0xC2 || s[0] > 0xF4)
    return 0;
  for (size_t i = 1; i < len; i++)
    if ((s[i] & 0xC0) != 0x80)
      return 0;
  bool overlong =
      (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
  bool beyond = (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF4 && s[1] > 0x8F);
  return overlong || beyond ? 0 : len;
}

/* C1 controls are two bytes in UTF-8, and terminals obey them. */
static bool is_control(const unsigned char *s) {
  return s[0] < 0x20 || s[0] == 0x7F || (s[0] == 0xC2 && s[1] < 0xA0);
}

/* Unicode's line ends, which some readers of text divide lines at, and its
 * marks of direction, which reorder what is shown: U+061C, U+200E and F, U+2028
 * to 202E, U+2066 to 206F. */
static bool is_line_or_direction(const unsigned char *s) {
  if (s[0] == 0xD8)
    return s[1] == 0x9C;
  if (s[0] != 0xE2)
    return false;
  if (s[1] == 0x80)
    return s[2] == 0x8E || s[2] == 0x8F || (s[2] >= 0xA8 && s[2] <= 0xAE);
  return s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xAF;
}

void err_make_printable(char *text) {
  unsigned char *s = (unsigned char *)text;
  while (*s >= ' ' && *s < 0x7F) /* mostly all of it */
    s++;
  while (*s != '\0') {
    size_t len = utf8_length(s);
    if (len == 0)
      len = 1;
    else if (!is_control(s) && !is_line_or_direction(s)) {
      s += len;
      continue;
    }
    memset(s, '?', len);
    s += len;
  }
}

bool err_set(struct err *e, enum err_kind kind, const char *format, ...) {
  if (e == NULL || err_is_set(e))
    return false;
  va_list ap;
  va_start(ap, format);
  c_locale_vsnprintf(e->text, sizeof(e->text), format, ap);
  va_end(ap);
  err_make_printable(e->text);
  e->kind = kind;
  return false;
}

bool err_memory(struct err *e) {
  return err_set(e, ERR_LOCAL, "out of memory");
}

void err_clear(struct err *e) {
  e->kind = ERR_NONE;
  e->text[0] = '\0';
}
