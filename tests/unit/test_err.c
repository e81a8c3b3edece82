/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The first error wins, and its text is safe to print. */

#include "unit.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>

static void the_first_error_wins(void **state) {
  (void)state;
  struct err e = ERR_INIT;
  assert_false(err_is_set(&e));
  assert_false(err_set(&e, ERR_HTTP, "status %d", 500));
  assert_true(err_is_set(&e));
  assert_false(err_set(&e, ERR_AUTH, "later"));
  assert_false(err_memory(&e));
  assert_int_equal(e.kind, ERR_HTTP);
  assert_string_equal(e.text, "status 500");
}

static void it_can_be_cleared(void **state) {
  (void)state;
  struct err e = ERR_INIT;
  err_set(&e, ERR_HTTP, "old");
  err_clear(&e);
  assert_false(err_is_set(&e));
  assert_string_equal(e.text, "");
  assert_false(err_memory(&e));
  assert_int_equal(e.kind, ERR_LOCAL);
  assert_string_equal(e.text, "out of memory");
}

static void nobody_has_to_listen(void **state) {
  (void)state;
  assert_false(err_set(NULL, ERR_HTTP, "%s", "unheard"));
  assert_false(err_memory(NULL));
}

static void a_long_text_is_cut(void **state) {
  (void)state;
  char text[2 * ERR_TEXT_MAX];
  memset(text, 'x', sizeof(text) - 1);
  text[sizeof(text) - 1] = '\0';
  struct err e = ERR_INIT;
  err_set(&e, ERR_RESPONSE, "%s", text);
  assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
}

/* A server's words, cut in the middle of a character. */
static void a_cut_text_is_printable(void **state) {
  (void)state;
  char text[2 * ERR_TEXT_MAX] = "";
  while (strlen(text) < ERR_TEXT_MAX)
    strcat(text, "\xE2\x82\xAC");
  struct err e = ERR_INIT;
  err_set(&e, ERR_RESPONSE, "%s", text);
  assert_string_equal(e.text + ERR_TEXT_MAX - 3, "?"
                                                 "?");
  assert_memory_equal(e.text + ERR_TEXT_MAX - 6, "\xE2\x82\xAC", 3);
}

static const struct {
  const char *text, *printable;
} rows[] = {
    {"", ""},
    {"plain, ~ and \"quoted\"", "plain, ~ and \"quoted\""},
    {"two\nlines\r\n", "two?lines??"},
    {"\x1B[2Jbell\a tab\t del\x7F", "?[2Jbell? tab? del?"},
    {"\xC3\xA4\xE4\xB8\xAD\xF0\x9F\x98\x80",
     "\xC3\xA4\xE4\xB8\xAD\xF0\x9F\x98\x80"},
    /* C1 controls, which terminals obey, and the first character after them */
    {"\xC2\x80\xC2\x9B\xC2\xA0", "????\xC2\xA0"},
    /* alone, cut short, or with the wrong follower */
    {"\x80", "?"},
    {"\xBF"
     "a",
     "?a"},
    {"\xC3", "?"},
    {"\xE2\x82", "?"
                 "?"},
    {"\xF0\x9F\x98", "???"},
    {"\xC3"
     "a\xE2\x82"
     "b",
     "?a?"
     "?b"},
    /* overlong */
    {"\xC0\x80", "?"
                 "?"},
    {"\xC1\xBF", "?"
                 "?"},
    {"\xE0\x9F\xBF", "???"},
    {"\xE0\xA0\x80", "\xE0\xA0\x80"},
    {"\xF0\x8F\xBF\xBF", "????"},
    {"\xF0\x90\x80\x80", "\xF0\x90\x80\x80"},
    /* surrogates and their neighbours */
    {"\xED\xA0\x80", "???"},
    {"\xED\xBF\xBF", "???"},
    {"\xED\x9F\xBF\xEE\x80\x80", "\xED\x9F\xBF\xEE\x80\x80"},
    /* the end of Unicode, and what is beyond it */
    {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
    {"\xF4\x90\x80\x80", "????"},
    {"\xF5\x80\x80\x80\xFE\xFF", "??????"},
    /* U+061C, 200E, 200F: marks of direction, and their neighbours */
    {"\xD8\x9C\xD8\x9B", "?"
                         "?\xD8\x9B"},
    {"\xE2\x80\x8D\xE2\x80\x8E\xE2\x80\x8F\xE2\x80\x90",
     "\xE2\x80\x8D??????\xE2\x80\x90"},
    /* U+2028, 2029: line ends; U+202A to 202E: embeddings */
    {"\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xA9", "\xE2\x80\xA7??????"},
    {"\xE2\x80\xAA\xE2\x80\xAE\xE2\x80\xAF", "??????\xE2\x80\xAF"},
    /* U+2066 to 2069: isolates */
    {"\xE2\x81\xA5\xE2\x81\xA6\xE2\x81\xA9", "\xE2\x81\xA5??????"},
};

static void it_is_made_printable(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    char text[64];
    struct err e = ERR_INIT;
    strcpy(text, rows[i].text);
    err_make_printable(text);
    assert_string_equal(text, rows[i].printable);
    err_set(&e, ERR_RESPONSE, "%s", rows[i].text);
    assert_string_equal(e.text, rows[i].printable);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_error_wins),
      cmocka_unit_test(it_can_be_cleared),
      cmocka_unit_test(nobody_has_to_listen),
      cmocka_unit_test(a_long_text_is_cut),
      cmocka_unit_test(a_cut_text_is_printable),
      cmocka_unit_test(it_is_made_printable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
