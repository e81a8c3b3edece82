/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Lines of a file, and the entries that they become. */

#include "alloc.h"

#include "poll/job_list.h"

#include <stdio.h>

static struct job_list list;
static struct err e;
static struct job_list_faults faults;

static int begin(void **state) {
  (void)state;
  job_list_init(&list);
  err_clear(&e);
  return 0;
}

static int end(void **state) {
  (void)state;
  job_list_free(&list);
  return 0;
}

/* Compares the list with "id=name id=name"; without '=' the name is the id. */
static void assert_entries(const char *expected) {
  struct job_list_entry entry;
  char seen[1024] = "";
  for (size_t at = 0; job_list_next(&list, &at, &entry);) {
    size_t len = strlen(seen);
    bool named = strcmp(entry.name, entry.id) != 0;
    snprintf(seen + len, sizeof(seen) - len, "%s%s%s%s", len > 0 ? "|" : "",
             entry.id, named ? "=" : "", named ? entry.name : "");
  }
  assert_string_equal(seen, expected);
}

/* A block of its own, so that a look beyond it is seen. */
static bool parse(const char *text, size_t len) {
  char *copy = malloc(len);
  memcpy(copy, text, len);
  bool ok = job_list_parse(&list, copy, len, &faults, &e);
  if (ok)
    job_list_describe(&faults, 0, "", &e);
  free(copy);
  return ok;
}

#define TEXT(text) (text), sizeof(text) - 1

static const struct {
  const char *text;
  size_t len;
  const char *entries;
} good[] = {
    {TEXT(""), ""},
    {TEXT("\n"), ""},
    {TEXT("\n\n \t \n"), ""},
    {TEXT("a"), "a"},
    {TEXT("a\n"), "a"},
    {TEXT("a\nb\n"), "a|b"},
    {TEXT("a\nb"), "a|b"},
    {TEXT("b\na\nb\n"), "b|a|b"},
    {TEXT("a orders\n"), "a=orders"},
    {TEXT("a orders db\n"), "a=orders db"},
    {TEXT("a\torders\n"), "a=orders"},
    {TEXT("  a \t orders \t\n"), "a=orders"},
    {TEXT("a\r\nb orders\r\n\r\n"), "a|b=orders"},
    {TEXT("a\r"), "a"},
    {TEXT("# a\n"), ""},
    {TEXT("\xEF\xBB\xBF"
          "a\nb\n"),
     "a|b"},
    {TEXT("\xEF\xBB\xBF"), ""},
    {TEXT("#\n#a\n"), ""},
    {TEXT("  # a\nb\n"), "b"},
    {TEXT("a # b\n"), "a"},
    {TEXT("a orders # the big one\n"), "a=orders"},
    {TEXT("a orders#1\n"), "a=orders#1"},
    {TEXT("a \xC3\xA9t\xC3\xA9\n"), "a=\xC3\xA9t\xC3\xA9"},
    {TEXT("8d0e8e36-a618-490d-8a46-8c61ac9jb502\n"),
     "8d0e8e36-a618-490d-8a46-8c61ac9jb502"},
};

static void good_lines_become_entries(void **state) {
  for (size_t i = 0; i < COUNT(good); i++) {
    begin(state);
    assert_true(parse(good[i].text, good[i].len));
    if (err_is_set(&e))
      fail_msg("row %zu: %s", i, e.text);
    assert_entries(good[i].entries);
    end(state);
  }
}

static const struct {
  const char *text;
  size_t len;
  const char *entries, *expected;
} bad[] = {
    {TEXT("a/b\n"), "",
     "no line is a job, and the jobs stay as they were: 1 without a valid id "
     "(line 1)"},
    {TEXT("a\nb;c\nd\n"), "a|d",
     "1 of 3 lines are left out: 1 without a valid id (line 2)"},
    {TEXT("\n#\n\n\xC3\xA9\n"), "", "1 without a valid id (line 4)"},
    {TEXT("a\n..\nb"), "a|b", "id (line 2)"},
    {TEXT("\"a\" \"b\"\n"), "", "id (line 1)"},
    {TEXT("a\0b\nc\n"), "c", "id (line 1)"},
    {TEXT("\0\nc\n"), "c", "id (line 1)"},
    {TEXT("a b\0c\nd\n"), "d",
     "1 with a control character in the name (line 1)"},
    {TEXT("a b\x1B[31m\nd\n"), "d", "in the name (line 1)"},
    {TEXT("a b\rc\nd\n"), "d", "in the name (line 1)"},
    {TEXT("a\r\r\nd\n"), "d", "id (line 1)"},
    {TEXT("a\n/\nb\n/\nc d\x1B\n/\n"), "a|b",
     "4 of 6 lines are left out: 3 without a valid id (the first: line 2), "
     "1 with a control character in the name (line 5)"},
};

static void a_bad_line_costs_no_other(void **state) {
  for (size_t i = 0; i < COUNT(bad); i++) {
    begin(state);
    assert_true(parse(bad[i].text, bad[i].len));
    assert_entries(bad[i].entries);
    assert_int_equal(e.kind, ERR_LOCAL);
    if (strstr(e.text, bad[i].expected) == NULL)
      fail_msg("row %zu: %s", i, e.text);
    end(state);
  }
}

static void utf_16_is_no_list(void **state) {
  (void)state;
  assert_false(parse(TEXT("\xFF\xFE"
                          "a\0\n\0")));
  assert_string_equal(e.text, "expected UTF-8, got UTF-16");
  err_clear(&e);
  assert_false(parse(TEXT("\xFE\xFF\0a\0\n")));
  assert_entries("");
}

static void repeated_ids_are_a_sort(void **state) {
  (void)state;
  assert_true(parse(TEXT("a\nb\na\n")));
  assert_false(job_list_describe(&faults, 1, "a", &e));
  assert_string_equal(
      e.text, "1 of 3 lines are left out: 1 with the id of another line (a)");
}

static void an_id_has_a_longest(void **state) {
  (void)state;
  char line[JOBS_ID_MAX + 1];
  memset(line, 'x', sizeof(line));
  assert_true(parse(line, JOBS_ID_MAX) && !err_is_set(&e));
  assert_true(parse(line, JOBS_ID_MAX + 1) && err_is_set(&e));
  struct job_list_entry entry;
  size_t at = 0;
  assert_true(job_list_next(&list, &at, &entry));
  assert_int_equal(strlen(entry.id), JOBS_ID_MAX);
  assert_false(job_list_next(&list, &at, &entry));
}

/* It may be a file with a secret that somebody gave. */
static void a_bad_line_is_not_quoted(void **state) {
  (void)state;
  assert_true(parse(TEXT("hunter2!\n")) && err_is_set(&e));
  assert_null(strstr(e.text, "hunter2"));
}

static void entries_are_added_one_by_one(void **state) {
  (void)state;
  assert_true(job_list_add(&list, "a", "orders", &e));
  assert_true(job_list_add(&list, "b", "", &e));
  assert_false(job_list_add(&list, "a/b", "c", &e));
  assert_int_equal(e.kind, ERR_RESPONSE);
  assert_false(job_list_add(&list, "", "c", &e));
  assert_entries("a=orders|b");
}

static void a_list_has_a_longest(void **state) {
  (void)state;
  char *text = malloc(JOB_LIST_MAX);
  memset(text, 'x', JOB_LIST_MAX);
  memcpy(text, "a ", 2);
  text[JOB_LIST_MAX - 1] = '\0';
  assert_true(job_list_add(&list, "b", "", &e));
  assert_false(job_list_add(&list, "a", text, &e));
  assert_true(job_list_add(&list, "c", "", NULL));
  text[JOB_LIST_MAX - 1] = 'x';
  assert_false(job_list_parse(&list, text, JOB_LIST_MAX, &faults, &e));
  assert_entries("b|c");
  free(text);
}

static bool parse_some(void) {
  begin(NULL);
  bool ok = job_list_parse(&list, TEXT("a b\nc\nd e\n"), &faults, &e);
  job_list_free(&list);
  return ok;
}

static void it_survives_failed_allocations(void **state) {
  (void)state;
  alloc_fail_each(parse_some);
}

#define LIST_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_lines_become_entries),
      cmocka_unit_test(a_bad_line_costs_no_other),
      LIST_TEST(utf_16_is_no_list),
      LIST_TEST(repeated_ids_are_a_sort),
      LIST_TEST(an_id_has_a_longest),
      LIST_TEST(a_bad_line_is_not_quoted),
      LIST_TEST(entries_are_added_one_by_one),
      LIST_TEST(a_list_has_a_longest),
      LIST_TEST(it_survives_failed_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
