/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The HTTP layer's view of responses: a server on this machine that sends any
 * bytes gets several requests at once, each of which is over once, in time, and
 * sees only bytes of a connection that it was sent on. (Old versions of libcurl
 * use a connection again on which a response came unasked, so that the next
 * request gets that one.)
 *
 * The input: one byte with the number of requests at the start (bits 0 and 1),
 * whether one that is over starts another (bit 2), whether requests are of the
 * kind that is never sent again (bit 3), and how many bytes are sent at a time
 * (bits 4 to 7; 0: all). Then bytes to send, and between them 0xFF with one
 * more byte:
 *
 *     0x00 to 0x07  what follows goes to this connection, by its age
 *     0x10 to 0x17  end this connection; 0x20 to 0x27: reset it
 *     0x30          start another request; 0x40 to 0x47: cancel this one
 *     0x50          let the client have a turn
 *
 * At the end all connections are closed. */

#include "fuzz.h"

#include "base/clock.h"
#include "net/http.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char fuzz_name[] = "http";

#define TIMEOUT 20000
#define TRANSFERS_MAX 8
#define CONNECTIONS_MAX 16
#define SENT_MAX 8192
/* Longer than any exchange without a byte takes, however busy it is. */
#define EXCHANGE_MAX (TIMEOUT / 2)

static struct http *http;
static int door;
static char origin[64], no_path[] = "";
static const struct http_endpoint endpoint = {origin, no_path};

static struct transfer {
  struct http_transfer *call; /* NULL: over */
  size_t body;
} transfers[TRANSFERS_MAX];
static int started, in_flight;
static bool goes_on, no_retry;
static struct request_queue queue;

/* A connection, on the server's side. */
static struct guest {
  int fd; /* -1: closed */
  int request;
  size_t sent_len;
  char sent[SENT_MAX];
} guests[CONNECTIONS_MAX];
static int guests_len;

/* Reads what the client has sent, so that closing is not resetting. The last
 * request is the one that the connection has now. */
static void listen_to(struct guest *guest) {
  static const char line[] = "POST /v3/";
  char bytes[4096 + 1];
  ssize_t len;
  while (guest->fd >= 0 &&
         (len = recv(guest->fd, bytes, sizeof(bytes) - 1, MSG_DONTWAIT)) > 0) {
    bytes[len] = '\0';
    for (const char *at = bytes; (at = strstr(at, line)) != NULL;) {
      at += strlen(line);
      guest->request = *at - '0';
    }
  }
}

/* The client */

static void start(void);

/* Whether a connection sent these bytes in this order; with chunks, others were
 * in between. */
static bool has_sent(const struct guest *g, const char *bytes, size_t len) {
  const char *at = g->sent, *end = g->sent + g->sent_len;
  for (size_t i = 0; i < len; i++, at++)
    if ((at = memchr(at, bytes[i], (size_t)(end - at))) == NULL)
      return false;
  return true;
}

/* Whether a connection of this request has. */
static bool was_sent(int request, const char *bytes, size_t len) {
  for (int i = 0; i < guests_len; i++) {
    struct guest *g = &guests[i];
    listen_to(g); /* it may have come with this turn */
    if (g->request == request && has_sent(g, bytes, len))
      return true;
  }
  return false;
}

static bool on_body(void *arg, const struct http_response *reply,
                    const char *bytes, size_t len) {
  struct transfer *t = arg;
  (void)reply;
  MUST(t->call != NULL && (bytes != NULL || len == 0));
  MUST(was_sent((int)(t - transfers), bytes, len));
  t->body += len;
  return t->body < SENT_MAX / 2;
}

static void on_done(void *arg, const struct http_response *reply,
                    const struct err *err) {
  struct transfer *t = arg;
  MUST(t->call != NULL);
  MUST(t->body <= HTTP_BODY_MAX);
  MUST(reply->retry_after == -1 || reply->retry_after >= 1000);
  MUST(reply->retry_after <= HTTP_RETRY_AFTER_MAX * 1000);
  for (const char *c = err->text; *c != '\0'; c++)
    MUST((unsigned char)*c >= 0x20 && *c != 0x7F);
  t->call = NULL;
  in_flight--;
  if (goes_on)
    start();
}

static void start(void) {
  static const struct http_connect_options connect = {.no_proxy = true};
  static const struct http_handler handler = {
      .capture = "X-Subject-Token", .body = on_body, .done = on_done};
  char path[16];
  if (started == TRANSFERS_MAX)
    return;
  struct transfer *t = &transfers[started];
  snprintf(path, sizeof(path), "/v3/%d", started++);
  struct http_request req = {.method = "POST",
                             .endpoint = &endpoint,
                             .path = path,
                             .body = "{}",
                             .body_len = 2,
                             .timeout = TIMEOUT,
                             .no_retry = no_retry,
                             .connect = &connect,
                             .queue = &queue};
  *t = (struct transfer){.call = http_start(http, &req, &handler, t, NULL)};
  MUST(t->call != NULL);
  in_flight++;
}

static void cancel(int request) {
  struct transfer *t = &transfers[request];
  if (request >= started || t->call == NULL)
    return;
  http_cancel(t->call);
  t->call = NULL;
  in_flight--;
}

/* The server */

static void open_door(void) {
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof(at);
  door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  MUST(door >= 0 && bind(door, (struct sockaddr *)&at, len) == 0);
  MUST(listen(door, 2 * CONNECTIONS_MAX) == 0);
  MUST(getsockname(door, (struct sockaddr *)&at, &len) == 0);
  snprintf(origin, sizeof(origin), "http://127.0.0.1:%d", ntohs(at.sin_port));
}

/* Lets all that wait in. Beyond the last place they are turned away. */
static void let_in(void) {
  for (int fd; (fd = accept4(door, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
    if (guests_len < CONNECTIONS_MAX)
      guests[guests_len++] = (struct guest){.fd = fd, .request = -1};
    else
      close(fd);
}

static void turn(int wait) {
  http_poll(http, wait);
  let_in();
}

/* The connection of this number, once it is there; or NULL. */
static struct guest *find(int number) {
  for (int turns = 0; number >= guests_len && turns < 4 && in_flight > 0;
       turns++)
    turn(0);
  return number < guests_len ? &guests[number] : NULL;
}

static void speak(struct guest *guest, const uint8_t *bytes, size_t len,
                  size_t max) {
  while (guest != NULL && guest->fd >= 0 && len > 0) {
    size_t n = len < max ? len : max;
    n = n < SENT_MAX - guest->sent_len ? n : SENT_MAX - guest->sent_len;
    ssize_t sent = send(guest->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0)
      return;
    memcpy(guest->sent + guest->sent_len, bytes, (size_t)sent);
    guest->sent_len += (size_t)sent;
    bytes += sent;
    len -= (size_t)sent;
    turn(0);
  }
}

static void hang_up(struct guest *guest, bool reset) {
  static const struct linger at_once = {.l_onoff = 1};
  if (guest == NULL || guest->fd < 0)
    return;
  listen_to(guest);
  if (!reset)
    shutdown(guest->fd, SHUT_WR);
  else if (setsockopt(guest->fd, SOL_SOCKET, SO_LINGER, &at_once,
                      sizeof(at_once)) == 0)
    close(guest->fd);
  guest->fd = reset ? -1 : guest->fd;
}

static void act(uint8_t what, int *to) {
  int number = what & 7;
  switch (what & 0xF8) {
  case 0x00:
    *to = number;
    return;
  case 0x10:
  case 0x20:
    hang_up(find(number), what & 0x20);
    break;
  case 0x30:
    start();
    break;
  case 0x40:
    cancel(number);
    break;
  default:
    break;
  }
  turn(0);
}

static void play(const uint8_t *bytes, size_t len, size_t max) {
  int to = 0;
  while (len > 0) {
    const uint8_t *mark = memchr(bytes, 0xFF, len);
    size_t n = mark == NULL ? len : (size_t)(mark - bytes);
    if (n > 0)
      speak(find(to), bytes, n, max);
    bytes += n;
    len -= n;
    if (len < 2)
      return;
    act(bytes[1], &to);
    bytes += 2;
    len -= 2;
  }
}

/* Ends each connection, until no request is left. Nothing waits in the kernel
 * when the next input begins. */
static void finish(void) {
  goes_on = false;
  msec_t begin = clock_now();
  for (int turns = 0; in_flight > 0; turns++) {
    MUST(clock_now() - begin < EXCHANGE_MAX);
    for (int i = 0; i < guests_len; i++)
      hang_up(&guests[i], false);
    turn(turns < 8 ? 0 : 1);
  }
  http_free(http);
  let_in();
  for (int i = 0; i < guests_len; i++)
    hang_up(&guests[i], true);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  uint8_t how = len > 0 ? *bytes : 0;
  size_t max = how >> 4 == 0 ? SIZE_MAX : how >> 4;
  if (*origin == '\0')
    open_door();
  request_queue_init(&queue);
  http = http_new("fuzz", 0, NULL);
  MUST(http != NULL);
  started = in_flight = guests_len = 0;
  goes_on = (how & 4) != 0;
  no_retry = (how & 8) != 0;
  for (int i = 0; i <= (how & 3); i++)
    start();
  if (len > 1)
    play(bytes + 1, len - 1, max);
  finish();
  return 0;
}
