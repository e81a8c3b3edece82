/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A guess, and the check that it names a socket pair. */

#include "net/curl_socketpair.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void curl_socketpair_guess(struct curl_socketpair *pair) {
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair->fds) != 0) {
    *pair = CURL_SOCKETPAIR_NONE;
    return;
  }
  close(pair->fds[0]);
  close(pair->fds[1]);
}

static void set_close_on_exec(int fd) {
  int domain = 0;
  socklen_t len = sizeof(domain);
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
      domain == AF_UNIX)
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void curl_socketpair_close_on_exec(struct curl_socketpair *pair) {
  set_close_on_exec(pair->fds[0]);
  set_close_on_exec(pair->fds[1]);
  *pair = CURL_SOCKETPAIR_NONE;
}
