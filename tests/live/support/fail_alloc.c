/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * To be loaded before all else: of the allocations that drs.so asks for by
 * itself, the one numbered $FAIL_ALLOC fails. Then the file $ALLOC_FAILED says
 * on which thread: "main", which configures and starts the plugin, or "own". */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(const void *caller) {
  static unsigned count;
  static char busy;
  Dl_info info;
  const char *number = getenv("FAIL_ALLOC");
  if (number == NULL || __atomic_test_and_set(&busy, __ATOMIC_ACQUIRE))
    return 0;
  int ours = dladdr(caller, &info) != 0 && info.dli_fname != NULL &&
             strstr(info.dli_fname, "/drs.so") != NULL;
  __atomic_clear(&busy, __ATOMIC_RELEASE);
  if (!ours ||
      __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) != (unsigned)atoi(number))
    return 0;
  int fd = open(getenv("ALLOC_FAILED"), O_CREAT | O_WRONLY, 0600);
  if (fd >= 0) {
    (void)!write(fd, getpid() == gettid() ? "main" : "own ", 4);
    close(fd);
  }
  errno = ENOMEM;
  return 1;
}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

void *malloc(size_t size) {
  return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
  return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size) {
  return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, size);
}

void *reallocarray(void *p, size_t n, size_t size) {
  return fails(__builtin_return_address(0)) ? NULL
                                            : __libc_realloc(p, n * size);
}

char *strdup(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
  return copy == NULL ? NULL : memcpy(copy, text, size);
}
