/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The one list of characters that are safe in a metric's path. */

#include "base/name.h"

#include "base/text.h"

#include <string.h>

static bool is_safe(unsigned char c) {
  return text_is_alnum((char)c) || c == '.' || c == '_' || c == '-';
}

static bool is_continuation(unsigned char c) { return (c & 0xC0) == 0x80; }

void name_make_safe(char *name, size_t size, const char *text, size_t len) {
  size_t out = 0;
  for (size_t i = 0; i < len && out + 1 < size; i++) {
    unsigned char c = (unsigned char)text[i];
    if (i > 0 && is_continuation(c))
      continue;
    name[out++] = is_safe(c) ? (char)c : '_';
  }
  name[out] = '\0';
}

bool name_is_readable(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (is_safe((unsigned char)text[i]) && strchr("._-", text[i]) == NULL)
      return true;
  return false;
}

static int fold(char c) { return c == '.' ? '_' : (unsigned char)c; }

int name_compare_folded(const char *a, const char *b) {
  while (*a != '\0' && fold(*a) == fold(*b))
    a++, b++;
  return fold(*a) - fold(*b);
}

bool name_is_safe(const char *text, size_t max) {
  size_t len = strlen(text);
  if (len == 0 || len > max || strcmp(text, ".") == 0 ||
      strcmp(text, "..") == 0)
    return false;
  for (size_t i = 0; i < len; i++)
    if (!is_safe((unsigned char)text[i]))
      return false;
  return true;
}

bool name_has_control(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
      return true;
  return false;
}
