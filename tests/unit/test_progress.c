/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder cases of tests/cases/progress: NAME.json is the response,
 * NAME.expect the expected result. Each is replayed whole and at
 * every chunk size, with the same result. */

#include "cases.h"
#include "progress_text.h"

#include <dirent.h>

#define FOLDER "progress"
#define CHUNK_MAX 31
/* No test of this kind may pass because its cases are gone. */
#define CASES_MIN 60

static bool is_reported(const char *name, const struct case_file *json,
                        const struct case_file *expect, size_t chunk) {
  print_all(json->bytes, json->len, chunk);
  bool same = output.len == expect->len &&
              memcmp(output.text, expect->bytes, output.len) == 0;
  if (!same)
    print_error("%s in chunks of %zu:\n%s-- expected:\n%s\n", name, chunk,
                output.text, expect->bytes);
  free(output.text);
  return same;
}

/* Says the first difference. */
static bool replay(const char *name) {
  struct case_file json = case_read(FOLDER "/%s.json", name);
  struct case_file expect = case_read(FOLDER "/%s.expect", name);
  bool same = is_reported(name, &json, &expect, json.len + 1);
  for (size_t chunk = 1; same && chunk <= CHUNK_MAX; chunk++)
    same = is_reported(name, &json, &expect, chunk);
  free(json.bytes);
  free(expect.bytes);
  return same;
}

/* Cuts the ending off a file's name. False: it has another one. */
static bool cut_ending(char *name, const char *ending) {
  char *dot = strrchr(name, '.');
  if (dot == NULL || strcmp(dot, ending) != 0)
    return false;
  *dot = '\0';
  return true;
}

static void each_case_is_decoded_as_expected(void **state) {
  (void)state;
  char path[CASE_PATH_MAX];
  case_path(path, FOLDER);
  DIR *folder = opendir(path);
  if (folder == NULL)
    fail_msg("cannot open %s", path);
  size_t cases = 0, expects = 0, wrong = 0;
  for (struct dirent *d; (d = readdir(folder)) != NULL;) {
    if (d->d_name[0] == '.')
      continue;
    if (cut_ending(d->d_name, ".expect")) {
      expects++;
    } else if (cut_ending(d->d_name, ".json")) {
      cases++;
      if (!replay(d->d_name))
        wrong++;
    } else {
      fail_msg("%s is not part of a case", d->d_name);
    }
  }
  closedir(folder);
  assert_int_equal(wrong, 0);
  assert_int_equal(cases, expects);
  assert_between(cases, CASES_MIN, INTMAX_MAX);
}

/* Cut after any byte it is an error, and what was reported before it stands. */
static void a_cut_costs_only_what_is_behind_it(void **state) {
  (void)state;
  struct case_file json = case_read(FOLDER "/example-2.json");
  struct case_file expect = case_read(FOLDER "/example-2.expect");
  size_t longest = 0;
  for (size_t len = 0; len < json.len - 1; len++) {
    print_all(json.bytes, len, 7);
    char *reply = strstr(output.text, "reply ");
    assert_non_null(reply);
    assert_non_null(strstr(reply, "\nerror reply\n"));
    size_t items = (size_t)(reply - output.text);
    assert_memory_equal(output.text, expect.bytes, items);
    assert_between(items, longest, expect.len);
    longest = items;
    free(output.text);
  }
  assert_string_equal(strstr(expect.bytes, "reply "), expect.bytes + longest);
  free(json.bytes);
  free(expect.bytes);
}

/* Prints what is decoded of a file; for tests/replay. */
static int print_file(const char *path) {
  static char bytes[1 << 24];
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    return EXIT_FAILURE;
  size_t len = fread(bytes, 1, sizeof(bytes), file);
  fclose(file);
  print_all(bytes, len, len + 1);
  fwrite(output.text, 1, output.len, stdout);
  free(output.text);
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  if (argc > 1)
    return print_file(argv[1]);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_case_is_decoded_as_expected),
      cmocka_unit_test(a_cut_costs_only_what_is_behind_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
