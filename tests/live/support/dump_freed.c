/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * To be preloaded into a daemon: appends each block that drs.so frees to the
 * file $DUMP_FREED, as it is then. yajl frees by a function of drs.so, whose
 * call may be its last. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void __libc_free(void *p);

static int is_ours(const void *caller) {
  Dl_info info;
  return dladdr(caller, &info) != 0 && info.dli_fname != NULL &&
         (strstr(info.dli_fname, "/drs.so") != NULL ||
          strstr(info.dli_fname, "/libyajl.so") != NULL);
}

void free(void *p) {
  static int to = -1;
  const char *path = getenv("DUMP_FREED");
  if (p != NULL && path != NULL && is_ours(__builtin_return_address(0))) {
    if (to < 0)
      to = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    (void)!write(to, p, malloc_usable_size(p));
  }
  __libc_free(p);
}
