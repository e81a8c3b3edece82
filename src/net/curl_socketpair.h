/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Close-on-exec for the socket pairs that libcurl makes: programs that other
 * plugins start must not inherit our descriptors. libcurl before 8.9 makes
 * socket pairs without it, and hides one end or both. Numbers are given out
 * lowest first, so a pair made and closed before tells which ones.
 *
 *     curl_socketpair_guess(&pair);
 *     multi = curl_multi_init();      makes a socket pair
 *     curl_socketpair_close_on_exec(&pair);
 *
 * This file can go once no libcurl before 8.9 is supported. */

#ifndef DRS_NET_CURL_SOCKETPAIR_H
#define DRS_NET_CURL_SOCKETPAIR_H

struct curl_socketpair {
  int fds[2]; /* -1: none */
};

#define CURL_SOCKETPAIR_NONE ((struct curl_socketpair){{-1, -1}})

/* The numbers that the next socket pair of the process will have. */
void curl_socketpair_guess(struct curl_socketpair *pair);

/* Sets the flag, where these numbers are those of a socket pair, and forgets
 * them: a wrong guess has no effect. */
void curl_socketpair_close_on_exec(struct curl_socketpair *pair);

#endif
