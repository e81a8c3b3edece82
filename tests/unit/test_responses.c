/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The decoder cases of tests/cases, in a folder for each call: NAME.json is the
 * response, NAME.expect the expected result. Each is replayed whole and at
 * every chunk size, with the same result. */

#include "cases.h"
#include "response_text.h"

#include <dirent.h>

#define CHUNK_MAX 31

static bool is_reported(const struct response_kind *kind, const char *name,
                        const struct case_file *json, size_t chunk) {
  struct case_file expect = case_read("%s/%s.expect", kind->folder, name);
  print_all(kind, json, chunk);
  bool same = output.len == expect.len &&
              memcmp(output.text, expect.bytes, output.len) == 0;
  if (!same)
    print_error("%s/%s in chunks of %zu:\n%s-- expected:\n%s\n", kind->folder,
                name, chunk, output.text, expect.bytes);
  free(output.text);
  free(expect.bytes);
  return same;
}

/* Says the first difference. */
static bool replay(const struct response_kind *kind, const char *name) {
  struct case_file json = case_read("%s/%s.json", kind->folder, name);
  bool same = is_reported(kind, name, &json, json.len + 1);
  for (size_t chunk = 1; same && chunk <= CHUNK_MAX; chunk++)
    same = is_reported(kind, name, &json, chunk);
  free(json.bytes);
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

static void replay_folder(const struct response_kind *kind) {
  char path[CASE_PATH_MAX];
  case_path(path, kind->folder);
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
      if (!replay(kind, d->d_name))
        wrong++;
    } else {
      fail_msg("%s is not part of a case", d->d_name);
    }
  }
  closedir(folder);
  assert_int_equal(wrong, 0);
  assert_int_equal(cases, expects);
  assert_between(cases, kind->cases_min, INTMAX_MAX);
}

static void each_case_is_decoded_as_expected(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(response_kinds); i++)
    replay_folder(&response_kinds[i]);
}

/* Cut after any byte it is an error, and what was reported before it stands. */
static void a_cut_costs_only_what_is_behind_it(void **state) {
  (void)state;
  struct case_file json = case_read("progress/example-2.json");
  struct case_file expect = case_read("progress/example-2.expect");
  size_t longest = 0, len = json.len;
  for (json.len = 0; json.len < len - 1; json.len++) {
    print_all(&response_kinds[0], &json, 7);
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

/* Prints what is decoded of a response of a call in a file; for tests/replay.
 */
static int print_file(const char *call, const char *path) {
  static char bytes[1 << 24];
  FILE *file = fopen(path, "rb");
  size_t i = 0;
  while (i < COUNT(response_kinds) && strcmp(response_kinds[i].call, call) != 0)
    i++;
  if (file == NULL || i == COUNT(response_kinds))
    return EXIT_FAILURE;
  struct case_file c = {bytes, fread(bytes, 1, sizeof(bytes), file)};
  fclose(file);
  print_all(&response_kinds[i], &c, c.len + 1);
  fwrite(output.text, 1, output.len, stdout);
  free(output.text);
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  if (argc == 3)
    return print_file(argv[1], argv[2]);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_case_is_decoded_as_expected),
      cmocka_unit_test(a_cut_costs_only_what_is_behind_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
