/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The HTTP layer's view of responses: a server on this machine that sends any
 * bytes gets some requests at once, each of which is over once, in time, and
 * reports nothing that could leave its place.
 *
 * The input: one byte, whose low 6 bits are how many bytes are sent at a time,
 * or 0 for all of them, and whose high 2 bits are how many requests there are
 * besides the first; then what is sent, an equal part on each connection,
 * before it is closed. With four requests the last one is cancelled. */

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

#define TRANSFERS_MAX 4
#define GUESTS_MAX (2 * TRANSFERS_MAX) /* each may be sent again once */

static struct seen {
  int over;
  size_t body;
} seen[TRANSFERS_MAX];

struct guest {
  int fd;
  const uint8_t *bytes;
  size_t len;
  bool closed;
};

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
  struct seen *one = arg;
  (void)reply;
  MUST(!one->over && (bytes != NULL || len == 0));
  one->body += len;
  return true;
}

static void on_done(void *arg, const struct http_response *reply,
                    const struct err *err) {
  struct seen *one = arg;
  MUST(one->over++ == 0);
  MUST(one->body <= HTTP_BODY_MAX);
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

/* Sends the next piece, and closes after the last. */
static void speak(struct guest *guest, size_t most) {
  size_t n = guest->len < most ? guest->len : most;
  ssize_t sent = send(guest->fd, guest->bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
  listen_to(guest->fd);
  if (guest->closed)
    return;
  if (sent > 0) {
    guest->bytes += sent;
    guest->len -= (size_t)sent;
  } else {
    guest->len = 0; /* the client has had enough */
  }
  guest->closed = guest->len == 0;
  if (guest->closed)
    shutdown(guest->fd, SHUT_WR);
}

/* Lets the next connection in, which gets its part of the input, or nothing if
 * all are given away. */
static bool let_in(struct guest *guest, const uint8_t **bytes, size_t *len,
                   size_t part) {
  size_t n = *len < part ? *len : part;
  *guest = (struct guest){.fd = accept(door, NULL, NULL), .bytes = *bytes};
  if (guest->fd < 0)
    return false;
  guest->len = n;
  *bytes += n;
  *len -= n;
  return true;
}

static int count_over(int transfers) {
  int over = 0;
  for (int i = 0; i < transfers; i++)
    over += seen[i].over;
  return over;
}

static void serve(const uint8_t *bytes, size_t len, size_t most,
                  int transfers) {
  struct guest guests[GUESTS_MAX];
  size_t part = len / (size_t)transfers + 1;
  int guests_len = 0;
  while (count_over(transfers) < transfers) {
    bool all_closed = true;
    if (guests_len < GUESTS_MAX &&
        let_in(&guests[guests_len], &bytes, &len, part))
      guests_len++;
    for (int i = 0; i < guests_len; i++) {
      speak(&guests[i], most);
      all_closed = all_closed && guests[i].closed;
    }
    http_poll(http, all_closed ? 1 : 0);
  }
  for (int i = 0; i < guests_len; i++)
    close(guests[i].fd);
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
  size_t most = len > 0 && *bytes % 64 > 0 ? *bytes % 64 : SIZE_MAX;
  int transfers = len > 0 ? 1 + *bytes / 64 : 1;
  struct http_transfer *last = NULL;
  if (http == NULL)
    open_door();
  bytes += len > 0;
  len -= len > 0;
  memset(&seen, 0, sizeof(seen));
  for (int i = 0; i < transfers; i++) {
    last = http_start(http, &req, &handler, &seen[i], NULL);
    MUST(last != NULL);
  }
  if (transfers == TRANSFERS_MAX) {
    http_poll(http, 0);
    transfers--;
    if (!seen[transfers].over)
      http_cancel(last);
  }
  serve(bytes, len, most, transfers);
  MUST(seen[TRANSFERS_MAX - 1].body == 0);
  return 0;
}
