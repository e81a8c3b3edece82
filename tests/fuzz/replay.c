/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Runs a fuzz target on the inputs that are kept: the regressions in its folder
 * of the corpus, and its text, of which the Makefile makes files. A target
 * without an input is a failure. */

#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_SIZE 4096

static void run_file(const char *path, off_t size) {
  /* A block of its own size, so that a look beyond it is seen. */
  uint8_t *bytes = malloc(size > 0 ? (size_t)size : 1);
  FILE *file = fopen(path, "rb");
  MUST(bytes != NULL && file != NULL);
  MUST(fread(bytes, 1, (size_t)size, file) == (size_t)size);
  fclose(file);
  LLVMFuzzerTestOneInput(bytes, (size_t)size);
  free(bytes);
}

static size_t run_folder(const char *path) {
  size_t inputs = 0;
  char file[PATH_SIZE];
  DIR *folder = opendir(path);
  if (folder == NULL)
    return 0;
  for (struct dirent *d; (d = readdir(folder)) != NULL;) {
    struct stat st;
    int len = snprintf(file, sizeof(file), "%s/%s", path, d->d_name);
    MUST(len > 0 && len < PATH_SIZE);
    if (stat(file, &st) != 0 || !S_ISREG(st.st_mode))
      continue;
    run_file(file, st.st_size);
    inputs++;
  }
  closedir(folder);
  return inputs;
}

/* The inputs of a folder below that of an environment variable. */
static size_t run_inputs(const char *variable, const char *folder) {
  char path[PATH_SIZE];
  const char *top = getenv(variable);
  int len = snprintf(path, sizeof(path), "%s/tests/fuzz/%s/%s",
                     top != NULL ? top : ".", folder, fuzz_name);
  MUST(len > 0 && len < PATH_SIZE);
  size_t inputs = run_folder(path);
  printf("%s: %zu inputs\n", path, inputs);
  return inputs;
}

int main(void) {
  size_t inputs = run_inputs("srcdir", "corpus");
  inputs += run_inputs("builddir", "unpacked");
  return inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
