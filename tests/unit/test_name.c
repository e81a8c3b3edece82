/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Names that are safe in a metric's path. */

#include "unit.h"

#include "base/name.h"

#include <string.h>

static const struct {
  const char *text, *name;
} made[] = {
    {"", ""},
    {"8d0e8e36-a618-490d-8a46-8c61ac9jb502",
     "8d0e8e36-a618-490d-8a46-8c61ac9jb502"},
    {"AZaz09._-", "AZaz09._-"},
    {"orders db", "orders_db"},
    {"a/b;c=d\"e\\f,g*h", "a_b_c_d_e_f_g_h"},
    {"\t\r\n\x7F", "____"},
    /* one for each character, whatever its length in bytes */
    {"\xC3\xA4", "_"},
    {"M\xC3\xBCller", "M_ller"},
    {"\xE4\xB8\xAD\xE6\x96\x87", "__"},
    {"a\xF0\x9F\x98\x80z", "a_z"},
};

static void others_become_an_underscore(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(made); i++) {
    char name[NAME_MAX_SIZE];
    name_make_safe(name, sizeof(name), made[i].text, strlen(made[i].text));
    assert_string_equal(name, made[i].name);
  }
}

static void a_nul_is_not_the_end(void **state) {
  (void)state;
  char name[NAME_MAX_SIZE];
  name_make_safe(name, sizeof(name), "a\0b", 3);
  assert_string_equal(name, "a_b");
}

static void it_is_cut_to_what_fits(void **state) {
  (void)state;
  char text[200], name[NAME_MAX_SIZE + 1];
  memset(text, 'x', sizeof(text));
  memset(name, '#', sizeof(name));
  name_make_safe(name, NAME_MAX_SIZE, text, sizeof(text));
  assert_int_equal(strlen(name), NAME_MAX_SIZE - 1);
  assert_int_equal(name[NAME_MAX_SIZE], '#');
  name_make_safe(name, NAME_MAX_SIZE, text, NAME_MAX_SIZE - 1);
  assert_int_equal(strlen(name), NAME_MAX_SIZE - 1);
  name_make_safe(name, 1, text, sizeof(text));
  assert_string_equal(name, "");
}

static void a_size_is_collectds_own(void **state) {
  (void)state;
  assert_int_equal(NAME_MAX_SIZE, 128);
}

static void some_are_safe_as_they_are(void **state) {
  (void)state;
  static const char *const safe[] = {
      "a", "8d0e8e36-a618-490d-8a46-8c61ac9jb502", "AZaz09._-", "...", ".a",
      "-"};
  for (size_t i = 0; i < COUNT(safe); i++)
    assert_true(name_is_safe(safe[i], 36));
}

static void others_are_not(void **state) {
  (void)state;
  static const char *const unsafe[] = {
      "",      ".",     "..",       "a b", "a/b", "../a", "a\"b", "a\\b",
      "a\nb",  "a\x7F", "\xC3\xA4", "a;b", "a=b", "a%b",  "a?b",  "a#b",
      "{job}", "a,b",   "<a>",      "a:b", "a@b", "a&b"};
  for (size_t i = 0; i < COUNT(unsafe); i++)
    if (name_is_safe(unsafe[i], 36))
      fail_msg("\"%s\" is called safe", unsafe[i]);
}

static void length_counts(void **state) {
  (void)state;
  assert_true(name_is_safe("abcd", 4));
  assert_false(name_is_safe("abcde", 4));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(others_become_an_underscore),
      cmocka_unit_test(a_nul_is_not_the_end),
      cmocka_unit_test(it_is_cut_to_what_fits),
      cmocka_unit_test(a_size_is_collectds_own),
      cmocka_unit_test(some_are_safe_as_they_are),
      cmocka_unit_test(others_are_not),
      cmocka_unit_test(length_counts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
