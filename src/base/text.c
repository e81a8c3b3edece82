/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * ASCII texts, trimmed and changed in place. */

#include "base/text.h"

#include <string.h>

const char *text_trim(const char *text, size_t *len) {
  while (*len > 0 && text_is_blank(text[*len - 1]))
    --*len;
  for (; *len > 0 && text_is_blank(*text); text++)
    --*len;
  return text;
}

void text_make_lowercase(char *text) {
  for (; *text != '\0'; text++)
    *text = text_lower(*text);
}

void text_drop_suffix(char *text, const char *suffix) {
  size_t len = strlen(text), n = strlen(suffix);
  if (len >= n && strcmp(text + len - n, suffix) == 0)
    text[len - n] = '\0';
}
