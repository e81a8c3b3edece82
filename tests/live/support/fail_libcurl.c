/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * To be loaded before all else: while the file $FAIL_LIBCURL is there, libcurl
 * has no memory for the event that it is called for, nor for a new start. */

#include <curl/curl.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void *libcurl(const char *function) {
  void *library = dlopen("libcurl-gnutls.so.4", RTLD_LAZY | RTLD_NOLOAD);
  if (library == NULL)
    library = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_NOLOAD);
  return dlsym(library, function);
}

static int fails(void) { return access(getenv("FAIL_LIBCURL"), F_OK) == 0; }

CURLM *curl_multi_init(void) {
  CURLM *(*init)(void) = libcurl("curl_multi_init");
  return fails() ? NULL : init();
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int events,
                                   int *running) {
  CURLMcode (*action)(CURLM *, curl_socket_t, int, int *) =
      libcurl("curl_multi_socket_action");
  return fails() ? CURLM_OUT_OF_MEMORY : action(multi, fd, events, running);
}
