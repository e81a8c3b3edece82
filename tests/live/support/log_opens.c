/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * To be loaded before all else: writes the names of the files and folders of
 * certificates that are opened to the file $LOG_OPENS, one a line. */

#define _GNU_SOURCE

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note(const char *path) {
  if (strncmp(path, "/etc/ssl/", strlen("/etc/ssl/")) != 0)
    return;
  int to = open(getenv("LOG_OPENS"), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dprintf(to, "%s\n", path);
  close(to);
}

FILE *fopen(const char *path, const char *mode) {
  FILE *(*next)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen");
  note(path);
  return next(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
  FILE *(*next)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen64");
  note(path);
  return next(path, mode);
}

int open(const char *path, int flags, ...) {
  int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  va_list ap;
  va_start(ap, flags);
  unsigned mode = flags & O_CREAT ? va_arg(ap, unsigned) : 0;
  va_end(ap);
  note(path);
  return next(path, flags, mode);
}

DIR *opendir(const char *path) {
  DIR *(*next)(const char *) = dlsym(RTLD_NEXT, "opendir");
  note(path);
  return next(path);
}
