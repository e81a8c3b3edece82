/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The HTTP layer's view of a reply: a server on this machine that sends any
 * bytes gets a request, which is over once, in time, and tells nothing that
 * could leave its place.
 *
 * The input: how many bytes are sent at a time, or 0 for all of them; then
 * what is sent before the connection is closed. */

#include "fuzz.h"

#include "net/http.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char fuzz_name[] = "http";

#define TIMEOUT 5000

static struct http *http;
static int door;
static char origin[64], no_path[] = "";
static const struct http_endpoint endpoint = {origin, no_path};

static struct {
  int over;
  size_t body;
} seen;

static void open_door(void) {
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof(at);
  door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  MUST(door >= 0 && bind(door, (struct sockaddr *)&at, len) == 0);
  MUST(listen(door, 8) == 0);
  MUST(getsockname(door, (struct sockaddr *)&at, &len) == 0);
  snprintf(origin, sizeof(origin), "http://127.0.0.1:%d", ntohs(at.sin_port));
  http = http_new("fuzz", NULL);
  MUST(http != NULL);
}

static bool on_body(void *arg, const struct http_response *reply,
                    const char *bytes, size_t len) {
  (void)arg, (void)reply;
  MUST(!seen.over && (bytes != NULL || len == 0));
  seen.body += len;
  return true;
}

static void on_done(void *arg, const struct http_response *reply,
                    const struct err *err) {
  (void)arg;
  MUST(seen.over++ == 0);
  MUST(seen.body <= HTTP_BODY_MAX);
  MUST(reply->retry_after == -1 || reply->retry_after >= 1000);
  MUST(reply->retry_after <= HTTP_RETRY_AFTER_MAX * 1000);
  for (const char *c = err->text; *c != '\0'; c++)
    MUST((unsigned char)*c >= 0x20 && *c != 0x7F);
}

/* Takes what the client has sent, so that closing is not resetting. */
static void listen_to(int guest) {
  char request[4096];
  while (recv(guest, request, sizeof(request), MSG_DONTWAIT) > 0)
    ;
}

/* Sends the next piece, and says goodbye after the last. */
static void speak(int guest, const uint8_t **bytes, size_t *len, size_t most) {
  size_t n = *len < most ? *len : most;
  ssize_t sent = send(guest, *bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) {
    *bytes += sent;
    *len -= (size_t)sent;
  } else {
    *len = 0; /* the client has had enough */
  }
  if (*len == 0)
    shutdown(guest, SHUT_WR);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  static const struct http_connect_options connect = {.no_proxy = true};
  static const struct http_handler handler = {
      .capture = "X-Subject-Token", .body = on_body, .done = on_done};
  struct http_request req = {.method = "POST",
                             .endpoint = &endpoint,
                             .path = "/v3",
                             .body = "{}",
                             .body_len = 2,
                             .timeout = TIMEOUT,
                             .connect = &connect};
  size_t most = len > 0 && *bytes > 0 ? *bytes : SIZE_MAX;
  int guest = -1;
  bool closed = false;
  if (http == NULL)
    open_door();
  bytes += len > 0;
  len -= len > 0;
  memset(&seen, 0, sizeof(seen));
  MUST(http_start(http, &req, &handler, NULL, NULL) != NULL);
  while (!seen.over) {
    http_poll(http, guest < 0 || closed ? 1 : 0);
    if (guest < 0)
      guest = accept(door, NULL, NULL);
    if (guest < 0)
      continue;
    listen_to(guest);
    if (!closed)
      speak(guest, &bytes, &len, most);
    closed = len == 0;
  }
  if (guest >= 0)
    close(guest);
  return 0;
}
