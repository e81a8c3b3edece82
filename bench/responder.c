/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The service that benchmarks poll: one epoll loop, a response that is built
 * once for each request body, and an exact delay. It must never be the
 * bottleneck, which bench/measures.py shows in a row of its own.
 *
 *     responder [--delay MS] [--status N] [--items KIND]
 *
 * prints its port. POST is answered with an item for each id of the body, after
 * the delay: by default the second example of the API's page; with KIND 1 with
 * the members of the recorded response besides, and log positions that differ
 * from job to job; with KIND 2 likewise, and every other job without phases.
 * GET returns the times of all POST requests so far (CLOCK_MONOTONIC, seconds)
 * and the number of connections, as JSON. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 65536
#define EVENTS 256
#define SLOTS (1 << 16)

/* The second example of the API's page, with figures in every member. */
static const char item_format[] =
    "{\"progress\":\"88\",\"job_id\":\"%.*s\",\"incre_trans_delay\":\"3\","
    "\"task_mode\":\"FULL_INCR_TRANS\",\"transfer_status\":"
    "\"FULL_TRANSFER_STARTED\",\"process_time\":\"1594864576000\","
    "\"remaining_time\":\"10\",\"progress_map\":{%s}";
static const char phases[] =
    "\"struct\":{\"completed\":\"94%\",\"remaining_time\":null},"
    "\"data\":{\"completed\":\"94%\",\"remaining_time\":null},"
    "\"index\":{\"completed\":\"94%\",\"remaining_time\":null}";

/* What the recorded response has besides, of an incremental task. */
static const char recorded_format[] =
    ",\"incre_trans_delay_millis\":\"3000\",\"apply_rows_rate\":1200,"
    "\"apply_bytes_rate\":340000,"
    "\"node_offset\":\"mysql-bin-changelog.%06zu:%zu\","
    "\"dst_offset\":\"mysql-bin-changelog.%06zu:%zu\","
    "\"src_offset\":\"mysql-bin-changelog.%06zu:%zu\"";

enum items { EXAMPLE, RECORDED, MIXED };

struct response {
  struct response *next; /* in its slot of the table */
  char *body, *bytes;
  size_t body_len, len;
};

struct connection {
  int fd;
  char *in;
  size_t in_len, in_size;
  const struct response *out; /* NULL: nothing to send */
  size_t sent;
  double due;
  struct connection *later;     /* in the queue of delayed ones */
  struct connection *next_dead; /* freed when no event can name it */
};

static double delay;
static int status = 202;
static enum items items_kind = EXAMPLE;
static int epoll, timer;
static struct response *table[SLOTS];
static struct connection *dead;
static struct connection *delayed, **delayed_end = &delayed;
static double *times;
static size_t times_len, times_size, accepted;

static void *must(void *p) {
  if (p == NULL)
    abort();
  return p;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Responses */

static size_t hash(const char *bytes, size_t len) {
  size_t h = 14695981039346656037U;
  for (size_t i = 0; i < len; i++)
    h = (h ^ (unsigned char)bytes[i]) * 1099511628211U;
  return h;
}

static void print_item(FILE *to, const char *id, size_t len, size_t number) {
  size_t file = hash(id, len) % 100000, at = file * 7919 % 1000000;
  bool has_phases = items_kind != MIXED || number % 2 == 0;
  fprintf(to, item_format, (int)len, id, has_phases ? phases : "");
  if (items_kind != EXAMPLE)
    fprintf(to, recorded_format, file, at + 2, file, at, file, at + 544);
  putc('}', to);
}

/* The ids are the strings of the first array. */
static void print_items(FILE *to, const char *body, size_t *count) {
  const char *at = strchr(body, '[');
  const char *end = at == NULL ? NULL : strchr(at, ']');
  while (end != NULL && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
    const char *close = strchr(++at, '"');
    fprintf(to, *count == 0 ? "" : ",");
    print_item(to, at, (size_t)(close - at), *count);
    at = close + 1;
    ++*count;
  }
}

static char *with_head(int code, const char *body, size_t body_len,
                       size_t *len) {
  char *bytes = NULL;
  FILE *to = must(open_memstream(&bytes, len));
  fprintf(to,
          "HTTP/1.1 %d OK\r\nContent-Type: application/json\r\n"
          "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: %zu\r\n\r\n",
          code, body_len);
  fwrite(body, 1, body_len, to);
  fclose(to);
  return bytes;
}

static struct response *build(const char *body, size_t body_len) {
  struct response *r = must(calloc(1, sizeof(*r)));
  char *items = NULL, *content = NULL;
  size_t items_len = 0, content_len = 0, count = 0;
  r->body = must(strndup(body, body_len));
  r->body_len = body_len;
  FILE *to = must(open_memstream(&items, &items_len));
  print_items(to, r->body, &count);
  fclose(to);
  to = must(open_memstream(&content, &content_len));
  fprintf(to, "{\"count\":%zu,\"results\":[%s]}", count, items);
  fclose(to);
  r->bytes = with_head(status, content, content_len, &r->len);
  free(items);
  free(content);
  return r;
}

static const struct response *response_to(const char *body, size_t len) {
  struct response **slot = &table[hash(body, len) % SLOTS];
  for (struct response *r = *slot; r != NULL; r = r->next)
    if (r->body_len == len && memcmp(r->body, body, len) == 0)
      return r;
  struct response *r = build(body, len);
  r->next = *slot;
  return *slot = r;
}

/* Connections */

static void watch(struct connection *c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  epoll_ctl(epoll, operation, c->fd, &event);
}

static void drop(struct connection *c) {
  for (struct connection **at = &delayed; *at != NULL; at = &(*at)->later)
    if (*at == c) {
      if ((*at = c->later) == NULL)
        delayed_end = at;
      break;
    }
  close(c->fd);
  c->fd = -1;
  c->next_dead = dead;
  dead = c;
}

static void free_dead(void) {
  for (struct connection *c = dead, *next; c != NULL; c = next) {
    next = c->next_dead;
    free(c->in);
    free(c);
  }
  dead = NULL;
}

static void accept_one(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
  if (fd < 0)
    return;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  struct connection *c = must(calloc(1, sizeof(*c)));
  c->fd = fd;
  accepted++;
  watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

/* False: the connection is gone. */
static bool send_out(struct connection *c) {
  while (c->sent < c->out->len) {
    ssize_t n = send(c->fd, c->out->bytes + c->sent, c->out->len - c->sent,
                     MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) {
      watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      return true;
    }
    if (n <= 0) {
      drop(c);
      return false;
    }
    c->sent += (size_t)n;
  }
  watch(c, EPOLL_CTL_MOD, EPOLLIN);
  c->out = NULL;
  return true;
}

static void arm(void) {
  struct itimerspec at = {0};
  double due = delayed != NULL ? delayed->due : 0;
  at.it_value.tv_sec = (time_t)due;
  at.it_value.tv_nsec = (long)((due - (double)(time_t)due) * 1e9);
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void answer(struct connection *c, const struct response *response) {
  c->out = response;
  c->sent = 0;
  if (delay <= 0) {
    send_out(c);
    return;
  }
  c->due = now() + delay;
  c->later = NULL;
  *delayed_end = c;
  delayed_end = &c->later;
  if (delayed == c)
    arm();
}

static void note_time(void) {
  if (times_len == times_size) {
    times_size = times_size == 0 ? 1024 : 2 * times_size;
    times = must(realloc(times, times_size * sizeof(*times)));
  }
  times[times_len++] = now();
}

/* Statistics are asked for seldom, and never delayed. */
static void answer_get(struct connection *c) {
  static struct response statistics;
  char *content = NULL;
  size_t len = 0;
  FILE *to = must(open_memstream(&content, &len));
  fprintf(to, "{\"connections\":%zu,\"times\":[", accepted);
  for (size_t i = 0; i < times_len; i++)
    fprintf(to, "%s%.6f", i == 0 ? "" : ",", times[i]);
  fprintf(to, "]}");
  fclose(to);
  free(statistics.bytes);
  statistics.bytes = with_head(200, content, len, &statistics.len);
  free(content);
  c->out = &statistics;
  c->sent = 0;
  send_out(c);
}

/* One request at a time, as HTTP/1.1 without pipelining has it. */
static void take_request(struct connection *c) {
  const char *end = strstr(c->in, "\r\n\r\n");
  if (end == NULL)
    return;
  const char *length = strcasestr(c->in, "\r\ncontent-length:");
  size_t body_len =
      length == NULL || length > end
          ? 0
          : strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
  size_t head_len = (size_t)(end + 4 - c->in);
  if (c->in_len < head_len + body_len)
    return;
  c->in_len = 0;
  if (strncmp(c->in, "GET ", 4) == 0) {
    answer_get(c);
    return;
  }
  note_time();
  answer(c, response_to(c->in + head_len, body_len));
}

static void receive(struct connection *c) {
  if (c->in_len + HEAD_MAX > c->in_size) {
    c->in_size = c->in_len + 2 * HEAD_MAX;
    c->in = must(realloc(c->in, c->in_size));
  }
  ssize_t n = recv(c->fd, c->in + c->in_len, c->in_size - c->in_len - 1, 0);
  if (n <= 0) {
    drop(c);
    return;
  }
  c->in_len += (size_t)n;
  c->in[c->in_len] = '\0';
  take_request(c);
}

/* The loop */

static void send_due(void) {
  uint64_t expirations;
  if (read(timer, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
    abort();
  while (delayed != NULL && delayed->due <= now()) {
    struct connection *c = delayed;
    if ((delayed = c->later) == NULL)
      delayed_end = &delayed;
    send_out(c);
  }
  if (delayed != NULL)
    arm();
}

static int listen_on_loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof(address);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
      listen(fd, 4096) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &len) != 0)
    abort();
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void add(int fd, void *pointer) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = pointer};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    abort();
}

static void read_options(int argc, char **argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    double value = strtod(argv[i + 1], NULL);
    if (strcmp(argv[i], "--delay") == 0)
      delay = value / 1000;
    else if (strcmp(argv[i], "--status") == 0)
      status = (int)value;
    else if (strcmp(argv[i], "--items") == 0)
      items_kind = (enum items)value;
  }
}

int main(int argc, char **argv) {
  struct epoll_event events[EVENTS];
  read_options(argc, argv);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  int listener = listen_on_loopback();
  add(listener, &listener);
  add(timer, &timer);
  for (;;) {
    int n = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (events[i].data.ptr == &listener)
        accept_one(listener);
      else if (events[i].data.ptr == &timer)
        send_due();
      else if (c->fd >= 0 && events[i].events & EPOLLOUT && c->out != NULL)
        send_out(c);
      else if (c->fd >= 0)
        receive(c);
    }
    free_dead();
  }
}
