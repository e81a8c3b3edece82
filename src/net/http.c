/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One multi handle, driven by its sockets' events; an easy handle for each
 * request.
 *
 * The work of one http_poll is bounded, for the thread has more to do than to
 * read responses: it starts one request (libcurl with GnuTLS parses all of the
 * system's certificates for each new connection), and it returns once a handler
 * was called. So the requests that follow a response are sent before the next
 * response is read; that waits in the kernel's buffers. */

#include "net/http.h"

#include "base/memory.h"
#include "net/easy_options.h"
#include "net/event_loop.h"
#include "net/hidden_pair.h"
#include "net/lookups.h"
#include "net/response_header.h"
#include "net/start_queue.h"
#include "net/transfer_error.h"
#include "net/trust.h"
#include "net/turn_guard.h"
#include "net/url.h"

#include <curl/curl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* Of the descriptors that the process may have, a quarter are for requests in
 * flight, within these bounds. More than the upper one would take too long to
 * close when the daemon stops. */
#define IN_FLIGHT_SHARE 4
#define IN_FLIGHT_MIN 4
#define IN_FLIGHT_MAX 2000
#define LOOKUP_SHARE 16
#define LOOKUP_MIN 2

/* Milliseconds that one http_poll serves events for, when no handler is called.
 */
#define TURN_MS 1

/* Bytes of a response on the wire, with chunk extensions and TLS besides header
 * and body. They are looked at after so many calls of on_progress,
 * of which a short response has a dozen. */
#define WIRE_MAX (2 * (HTTP_BODY_MAX + HTTP_HEADER_MAX))
#define WIRE_CHECK_CALLS 16

/* Bytes of a proxy's response to CONNECT: libcurl reads them one by one, until
 * there are none, and whatever the time. */
#define CONNECT_RESPONSE_MAX (16 * 1024)

LIST_HEAD(transfers, http_transfer);

struct http {
  struct event_loop loop;
  struct turn_guard guard;
  CURLM *multi;
  struct trusts trusts;
  const char *bundle; /* the system's certificates in one file; or NULL */
  const char *user_agent;
  struct transfers transfers;
  struct start_queue queue;
  struct start_items failed; /* ended while they waited to be started */
  struct lookups lookups;
  long keep;       /* idle connections at most; 0: libcurl's own limit */
  msec_t timer;    /* when libcurl wants to be called; CLOCK_NEVER: not */
  msec_t deadline; /* of those that wait, none ends before this */
  struct hidden_pair lookup_pair; /* of the lookup that began last */
  bool turn_over;                 /* a handler was called in this http_poll */
};

struct http_transfer {
  struct start_item item;
  LIST_ENTRY(http_transfer) link;
  struct http *http;
  CURL *easy;
  struct curl_slist *headers;
  struct http_handler handler;
  void *arg;
  struct buf origin;   /* "https://host:port" */
  const char *host;    /* in libcurl's lookup: the proxy's, or in origin */
  const char *ca_cert; /* NULL: libcurl's defaults */
  struct trust *trust; /* in flight, over TLS */
  msec_t timeout, deadline;
  enum { WAITING, IN_FLIGHT, FAILED } state;
  bool once;  /* never sent again */
  bool proxy; /* one of its own */

  struct lookup_name *looks_up, *needs; /* in flight; not started for now */
  struct http_response response;
  struct response_header header;
  size_t body_len;
  int fd;              /* the connection's, while one is watched */
  unsigned calls;      /* of on_progress */
  uint64_t wire_start; /* bytes of earlier responses on this connection */
  struct err err;      /* ours; libcurl's comes in `text` */
  char text[CURL_ERROR_SIZE];
};

static struct http_transfer *from_item(const struct start_item *item) {
  return item == NULL
             ? NULL
             : (struct http_transfer *)((uintptr_t)item -
                                        offsetof(struct http_transfer, item));
}

static CURLM *new_multi(void) {
  struct hidden_pair pair;
  hidden_pair_guess(&pair);
  CURLM *multi = curl_multi_init();
  hidden_pair_close_on_exec(&pair);
  return multi;
}

/* Callbacks of libcurl: events */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *unused) {
  struct http *http = arg;
  struct http_transfer *t = NULL; /* of an internal handle: libcurl 8 */
  (void)unused;
  if (what == CURL_POLL_REMOVE) {
    event_loop_unwatch(&http->loop, fd);
    return 0;
  }
  struct event event = {.fd = fd,
                        .readable = (what & CURL_POLL_IN) != 0,
                        .writable = (what & CURL_POLL_OUT) != 0};
  event_loop_watch(&http->loop, &event);
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
  if (t != NULL)
    t->fd = fd;
  if (fd == http->lookup_pair.fds[0]) /* a lookup's */
    hidden_pair_close_on_exec(&http->lookup_pair);
  return 0;
}

static int on_timer(CURLM *multi, long timeout, void *arg) {
  struct http *http = arg;
  (void)multi;
  http->timer = timeout < 0 ? CLOCK_NEVER : clock_now() + timeout;
  return 0;
}

/* Callbacks of libcurl: names and connections */

/* A lookup is about to begin. If it must not, the request waits for its turn.
 * libcurl does not tell the name: it may be that of a proxy of the environment,
 * or after the connection to a SOCKS proxy that of the host. */
static int on_lookup(void *state, void *reserved, void *arg) {
  struct http_transfer *t = arg;
  struct lookups *lookups = &t->http->lookups;
  size_t len = *t->host == '[' ? strcspn(t->host, "]") : strcspn(t->host, ":/");
  (void)state, (void)reserved;
  if (t->looks_up != NULL)
    return 0;
  struct lookup_name *name = lookups_name(lookups, t->host, len);
  if (name == NULL) {
    err_memory(&t->err);
    return 1;
  }
  if (!lookups_may_start(lookups, name, clock_now())) {
    t->needs = name;
    return 1;
  }
  lookups_begin(lookups, name);
  t->looks_up = name;
  hidden_pair_guess(&t->http->lookup_pair);
  return 0;
}

static void end_lookup(struct http_transfer *t, enum lookup_result result) {
  if (t->looks_up == NULL)
    return;
  lookups_end(&t->http->lookups, t->looks_up, result, clock_now());
  t->looks_up = NULL;
  t->http->turn_over = true; /* those that need the name can be started */
}

/* The name is known now, and the socket that told so is closed. */
static curl_socket_t on_open(void *arg, curlsocktype purpose,
                             struct curl_sockaddr *address) {
  struct http_transfer *t = arg;
  (void)purpose;
  end_lookup(t, LOOKUP_DONE);
  turn_guard_begin(&t->http->guard, -1);
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
  event_loop_own(&t->http->loop, fd);
  return fd;
}

static int on_close(void *arg, curl_socket_t fd) {
  struct http *http = arg;
  turn_guard_forget(&http->guard, fd);
  event_loop_close(&http->loop, fd);
  return 0;
}

/* Callbacks of libcurl: the response */

static size_t on_header(char *bytes, size_t size, size_t n, void *arg) {
  struct http_transfer *t = arg;
  return response_header_line(&t->header, bytes, size * n, &t->err) ? size * n
                                                                    : 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
  struct http_transfer *t = arg;
  size_t len = size * n;
  t->header.over = true;
  if (t->body_len == 0)
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->response.status);
  t->body_len += len;
  if (t->body_len > HTTP_BODY_MAX) {
    t->response.limit = HTTP_LIMIT_SIZE;
    err_set(&t->err, ERR_RESPONSE, "the response is larger than %d MiB",
            HTTP_BODY_MAX / 1024 / 1024);
    return 0;
  }
  t->http->turn_over = true;
  return t->handler.body == NULL ||
                 t->handler.body(t->arg, &t->response, bytes, len)
             ? len
             : 0;
}

/* Bytes that came on the connection so far; 0: not known. */
static uint64_t received(int fd) {
  struct tcp_info info = {0};
  socklen_t len = sizeof(info);
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0
             ? info.tcpi_bytes_received
             : 0;
}

/* Whether there is a connection to the host, through its proxy and with TLS. */
static bool is_connected(const struct http_transfer *t) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &microseconds);
  return microseconds > 0;
}

/* Called while the response arrives: neither header nor body has all bytes in
 * it. */
static int on_progress(void *arg, curl_off_t unused1, curl_off_t unused2,
                       curl_off_t unused3, curl_off_t unused4) {
  struct http_transfer *t = arg;
  (void)unused1, (void)unused2, (void)unused3, (void)unused4;
  if (t->looks_up != NULL && is_connected(t)) /* through a SOCKS proxy */
    end_lookup(t, LOOKUP_DONE);
  if (++t->calls % WIRE_CHECK_CALLS != 0)
    return 0;
  if (t->calls > CONNECT_RESPONSE_MAX && !is_connected(t))
    return 1;
  uint64_t bytes = received(t->fd);
  if (t->wire_start == 0)
    t->wire_start = bytes;
  if (bytes <= t->wire_start + WIRE_MAX)
    return 0;
  t->response.limit = HTTP_LIMIT_SIZE;
  err_set(&t->err, ERR_RESPONSE,
          "the response is larger than %d MiB with its encoding",
          WIRE_MAX / 1024 / 1024);
  return 1;
}

/* Setting up */

const char *http_library_version(void) {
  return curl_version_info(CURLVERSION_NOW)->version;
}

static int in_flight_max(void) {
  struct rlimit files = {.rlim_cur = IN_FLIGHT_MIN};
  getrlimit(RLIMIT_NOFILE, &files);
  rlim_t share = files.rlim_cur / IN_FLIGHT_SHARE;
  return share < IN_FLIGHT_MIN   ? IN_FLIGHT_MIN
         : share > IN_FLIGHT_MAX ? IN_FLIGHT_MAX
                                 : (int)share;
}

static bool init_multi(struct http *http) {
  int most = http->queue.max;
  http->multi = new_multi();
  if (http->multi == NULL)
    return false;
  CURLMcode e = CURLM_OK;
  e |= curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  e |= curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
  e |= curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  e |= curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
  e |= curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                         (long)most);
  e |= curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, http->keep);
  return e == CURLM_OK;
}

struct http *http_new(const char *user_agent, struct err *err) {
  struct http *http = calloc(1, sizeof(*http));
  /* libcurl's memory holds requests and responses, and libcurl does not wipe
   * it. If another plugin has initialized libcurl before, this has no effect.
   */
  if (http == NULL ||
      curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_new, memory_free,
                           memory_resized, memory_copy,
                           memory_zeroed) != CURLE_OK) {
    free(http);
    err_set(err, ERR_LOCAL, "libcurl cannot be initialized");
    return NULL;
  }
  int most = in_flight_max();
  int lookups = most * IN_FLIGHT_SHARE / LOOKUP_SHARE;
  http->user_agent = user_agent;
  http->timer = http->deadline = CLOCK_NEVER;
  http->lookup_pair = HIDDEN_PAIR_NONE;
  LIST_INIT(&http->transfers);
  LIST_INIT(&http->trusts);
  TAILQ_INIT(&http->failed);
  turn_guard_init(&http->guard);
  start_queue_init(&http->queue, most);
  lookups_init(&http->lookups, lookups < LOOKUP_MIN ? LOOKUP_MIN : lookups);
  http->bundle = easy_options_system_ca_cert();
  bool loop = event_loop_init(&http->loop, err);
  if (loop && init_multi(http))
    return http;
  http_free(http);
  err_memory(err);
  return NULL;
}

void http_free(struct http *http) {
  if (http == NULL)
    return;
  while (!LIST_EMPTY(&http->transfers))
    http_cancel(LIST_FIRST(&http->transfers));
  curl_multi_cleanup(http->multi);
  trusts_finish(&http->trusts);
  event_loop_finish(&http->loop);
  turn_guard_finish(&http->guard);
  start_queue_finish(&http->queue);
  lookups_finish(&http->lookups);
  free(http);
  curl_global_cleanup();
}

void http_keep(struct http *http, long connections) {
  http->keep = connections < http->queue.max ? connections : http->queue.max;
  curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, http->keep);
}

/* Preparing a request */

static bool set_callbacks(struct http_transfer *t) {
  CURL *easy = t->easy;
  CURLcode e = CURLE_OK;
  e |= curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
  e |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->text);
  e |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  e |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
  e |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  e |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
  e |= curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  e |= curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
  e |= curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  e |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
  e |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
  e |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
  e |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, t->http);
  e |= curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, on_lookup);
  e |= curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, t);
  return e == CURLE_OK;
}

/* For error texts. */
static bool set_names(struct http_transfer *t, const struct http_request *req) {
  buf_init(&t->origin, HTTP_HEADER_MAX);
  if (!buf_adds(&t->origin, req->endpoint->origin, NULL))
    return false;
  t->proxy = req->connect->proxy != NULL && !req->connect->no_proxy;
  t->host = url_after_user(t->proxy ? req->connect->proxy : t->origin.data);
  return true;
}

static bool prepare(struct http_transfer *t, const struct http_request *req) {
  t->easy = curl_easy_init();
  t->item.group = start_queue_group(&t->http->queue, req->connect);
  t->headers = easy_options_headers(req);
  t->ca_cert =
      req->connect->ca_cert != NULL ? req->connect->ca_cert : t->http->bundle;
  const struct easy_options options = {.request = req,
                                       .headers = t->headers,
                                       .user_agent = t->http->user_agent,
                                       .ca_cert = t->ca_cert};
  return t->easy != NULL && t->item.group != NULL && t->headers != NULL &&
         set_names(t, req) && easy_options_set(t->easy, &options) &&
         set_callbacks(t);
}

static void free_transfer(struct http_transfer *t) {
  curl_easy_cleanup(t->easy);
  easy_options_free_headers(t->headers);
  response_header_finish(&t->header);
  buf_free(&t->origin);
  memory_free(t);
}

/* Waiting, and being in flight */

/* A new attempt: nothing is left of the one before. */
static void reset_response(struct http_transfer *t) {
  response_header_finish(&t->header);
  response_header_init(&t->header, t->handler.capture, HTTP_HEADER_MAX);
  t->response = (struct http_response){.retry_after = -1, .date = -1};
  *t->text = '\0';
  t->fd = -1;
  t->calls = 0;
  t->wire_start = 0;
}

/* Its time counts from now, also while it waits. */
static void enqueue(struct http_transfer *t) {
  struct http *http = t->http;
  t->state = WAITING;
  http->deadline = msec_min(http->deadline, t->deadline);
}

struct http_transfer *http_start(struct http *http,
                                 const struct http_request *req,
                                 const struct http_handler *handler, void *arg,
                                 struct err *err) {
  struct http_transfer *t = memory_zeroed(1, sizeof(*t));
  if (t == NULL) {
    err_memory(err);
    return NULL;
  }
  t->http = http;
  t->handler = *handler;
  t->arg = arg;
  t->once = req->once;
  t->timeout = req->timeout;
  t->deadline = clock_now() + req->timeout;
  reset_response(t);
  if (!prepare(t, req)) {
    free_transfer(t);
    err_set(err, ERR_LOCAL, "a request cannot be set up");
    return NULL;
  }
  LIST_INSERT_HEAD(&http->transfers, t, link);
  enqueue(t);
  start_queue_add(&http->queue, &t->item);
  return t;
}

static void drop_trust(struct http_transfer *t) {
  if (t->trust != NULL)
    curl_easy_setopt(t->easy, CURLOPT_SHARE, NULL);
  trust_release(t->trust);
  t->trust = NULL;
}

/* Takes it out of libcurl. */
static void land(struct http_transfer *t) {
  end_lookup(t, is_connected(t) ? LOOKUP_DONE : LOOKUP_ABANDONED);
  curl_multi_remove_handle(t->http->multi, t->easy);
  drop_trust(t);
  start_queue_done(&t->http->queue, &t->item);
}

void http_cancel(struct http_transfer *t) {
  struct http *http = t->http;
  if (t->state == IN_FLIGHT)
    land(t);
  else if (t->state == WAITING)
    start_queue_remove(&http->queue, &t->item);
  else if (t->state == FAILED)
    TAILQ_REMOVE(&http->failed, &t->item, link);
  LIST_REMOVE(t, link);
  free_transfer(t);
}

/* Ends it, though it is not in flight: its handler is called from http_poll. */
static void fail_waiting(struct http_transfer *t) {
  start_queue_remove(&t->http->queue, &t->item);
  TAILQ_INSERT_TAIL(&t->http->failed, &t->item, link);
  t->state = FAILED;
}

static void fail_expired(struct http *http, msec_t now) {
  struct http_transfer *t;
  if (now < http->deadline)
    return;
  http->deadline = CLOCK_NEVER;
  LIST_FOREACH(t, &http->transfers, link) {
    if (t->state != WAITING)
      continue;
    if (t->deadline > now) {
      http->deadline = msec_min(http->deadline, t->deadline);
      continue;
    }
    if (t->needs != NULL)
      err_set(&t->err, ERR_RESOLVE,
              "timed out after %lld ms, resolving the host",
              (long long)t->timeout);
    else
      err_set(&t->err, ERR_LOCAL,
              "timed out after %lld ms, waiting for one of %d connections",
              (long long)t->timeout, http->queue.max);
    fail_waiting(t);
  }
}

/* The requests that waited for this lookup share its result. */
static void fail_unresolved(struct http *http, const struct lookup_name *name) {
  struct http_transfer *t;
  LIST_FOREACH(t, &http->transfers, link)
  if (t->state == WAITING && t->needs == name) {
    err_set(&t->err, ERR_RESOLVE, "could not resolve host");
    fail_waiting(t);
  }
}

static bool is_ready(void *arg, const struct start_item *item) {
  struct http *http = arg;
  const struct http_transfer *t = from_item(item);
  return t->needs == NULL ||
         lookups_may_start(&http->lookups, t->needs, clock_now());
}

/* Late, so that it is the file as it is now. */
static bool set_trust(struct http_transfer *t, msec_t now) {
  if (!url_is_https(t->origin.data))
    return true;
  t->trust = trust_acquire(&t->http->trusts, t->ca_cert, now);
  if (t->trust == NULL)
    return false;
  CURLcode e = curl_easy_setopt(t->easy, CURLOPT_SHARE, t->trust->share);
  return e == CURLE_OK && easy_options_set_ca_cache_time(
                              t->easy, trust_cache_time(t->trust, now));
}

static bool add_to_multi(struct http_transfer *t, msec_t now) {
  long left = msec_left(t->deadline, now, INT_MAX);
  if (t->http->multi == NULL && !init_multi(t->http))
    return false;
  if (left == 0)
    left = 1; /* 0: no end */
  if (set_trust(t, now) &&
      curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, left) == CURLE_OK &&
      curl_multi_add_handle(t->http->multi, t->easy) == CURLM_OK)
    return true;
  drop_trust(t);
  return false;
}

/* Starts the next request, if one may start. */
static bool start_next(struct http *http, msec_t now) {
  struct http_transfer *t =
      from_item(start_queue_next(&http->queue, is_ready, http));
  if (t == NULL)
    return false;
  t->needs = NULL;
  t->state = IN_FLIGHT;
  if (add_to_multi(t, now))
    return true;
  err_set(&t->err, ERR_LOCAL, "a request cannot be started");
  start_queue_done(&http->queue, &t->item);
  TAILQ_INSERT_TAIL(&http->failed, &t->item, link);
  t->state = FAILED;
  return true;
}

/* Lets it be started again, before the others of its group. */
static void put_back(struct http_transfer *t) {
  land(t);
  reset_response(t);
  enqueue(t);
  start_queue_add_first(&t->http->queue, &t->item);
}

/* Finishing */

static void complete_response(struct http_transfer *t) {
  struct http_response *r = &t->response;
  const struct response_header *h = &t->header;
  curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &r->status);
  r->retry_after = response_header_retry_after(
      h, time(NULL), (msec_t)HTTP_RETRY_AFTER_MAX * 1000);
  r->date = h->date;
  r->captured = h->has_captured ? h->captured.data : NULL;
}

/* Whether a slow response, and not a connection that was not made, took the
 * time. */
static bool was_sent(const struct http_transfer *t) {
  long sent = 0;
  curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
  return sent > 0;
}

static void describe(struct http_transfer *t, CURLcode code) {
  struct transfer_error e = {.easy = t->easy,
                             .code = code,
                             .text = t->text,
                             .timeout = t->timeout,
                             .proxy = t->proxy};
  if (code == CURLE_OPERATION_TIMEDOUT && was_sent(t))
    t->response.limit = HTTP_LIMIT_TIME;
  if (code != CURLE_OK)
    transfer_error_describe(&e, &t->err);
}

/* Calls the handler, with the endpoint in the error's text. */
static void finish(struct http_transfer *t) {
  struct err err = ERR_INIT;
  if (err_is_set(&t->err))
    err_set(&err, t->err.kind, "%s: %s", t->origin.data, t->err.text);
  t->http->turn_over = true;
  LIST_REMOVE(t, link);
  t->handler.done(t->arg, &t->response, &err);
  free_transfer(t);
}

/* A server may close an idle connection at any time, also while the next
 * request is on its way. Then none of the response has come, and the request is
 * sent again on a new connection, once. libcurl does this by itself until it
 * has met five dead connections in a row. */
static bool is_lost(const struct http_transfer *t, CURLcode code) {
  long new_connections = 0;
  curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &new_connections);
  return (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
          code == CURLE_GOT_NOTHING) &&
         !t->once && t->header.len == 0 && new_connections == 0;
}

static bool try_again(struct http_transfer *t, CURLcode code) {
  if (t->deadline <= clock_now())
    return false;
  if (t->needs == NULL) {
    if (!is_lost(t, code) ||
        curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L) != CURLE_OK)
      return false;
    t->once = true;
  }
  put_back(t);
  return true;
}

static void on_over(struct http_transfer *t, CURLcode code) {
  const struct lookup_name *name = t->looks_up;
  bool unresolved =
      code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY;
  if (unresolved)
    end_lookup(t, LOOKUP_FAILED);
  if (unresolved && name != NULL)
    fail_unresolved(t->http, name);
  if (try_again(t, code))
    return;
  complete_response(t);
  describe(t, code);
  t->item.group->hung = t->response.status == 0;
  land(t);
  finish(t);
}

static void finish_all(struct http *http) {
  int left;
  for (CURLMsg *m; (m = curl_multi_info_read(http->multi, &left)) != NULL;) {
    struct http_transfer *t;
    CURLcode code = m->data.result;
    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
    on_over(t, code);
  }
  for (struct start_item *item; (item = TAILQ_FIRST(&http->failed)) != NULL;) {
    TAILQ_REMOVE(&http->failed, item, link);
    finish(from_item(item));
  }
}

/* The loop */

/* Where memory is short, libcurl leaves its table of sockets half changed, and
 * would end the process when it meets that entry again. */
static void start_anew(struct http *http) {
  struct http_transfer *t;
  LIST_FOREACH(t, &http->transfers, link) {
    if (t->state != IN_FLIGHT)
      continue;
    err_memory(&t->err);
    land(t);
    TAILQ_INSERT_TAIL(&http->failed, &t->item, link);
    t->state = FAILED;
  }
  curl_multi_cleanup(http->multi);
  http->timer = CLOCK_NEVER;
  init_multi(http); /* where it fails, the next request tries again */
}

static void explain_cut(const struct http *http, curl_socket_t fd) {
  struct http_transfer *t;
  LIST_FOREACH(t, &http->transfers, link)
  if (t->state == IN_FLIGHT && t->fd == fd)
    err_set(&t->err, ERR_HTTP,
            "the connection was ended: it held up all requests for %d s",
            TURN_GUARD_MAX / 1000);
}

static void act(struct http *http, curl_socket_t fd, int events) {
  int running;
  turn_guard_begin(&http->guard, fd); /* CURL_SOCKET_TIMEOUT: none */
  CURLMcode e = curl_multi_socket_action(http->multi, fd, events, &running);
  if (turn_guard_end(&http->guard))
    explain_cut(http, fd);
  if (e != CURLM_OK)
    start_anew(http);
  finish_all(http);
}

static void act_on_timer(struct http *http, msec_t now) {
  if (http->timer > now)
    return;
  http->timer = CLOCK_NEVER;
  act(http, CURL_SOCKET_TIMEOUT, 0);
}

static int wait_time(const struct http *http, msec_t now, int most) {
  msec_t until = msec_min(http->timer, http->deadline);
  if (!start_queue_is_empty(&http->queue))
    until = msec_min(until, lookups_next(&http->lookups));
  return http->turn_over ? 0 : msec_left(until, now, most);
}

void http_poll(struct http *http, int timeout) {
  struct event event;
  msec_t now = clock_now(), end = now + TURN_MS;
  http->turn_over = false;
  fail_expired(http, now);
  if (start_next(http, now) && !start_queue_is_empty(&http->queue))
    timeout = 0; /* the next one has its turn */
  act_on_timer(http, now);
  finish_all(http);
  timeout = wait_time(http, clock_now(), timeout);
  while (event_loop_wait(&http->loop, timeout, &event)) {
    act(http, event.fd,
        (event.readable ? CURL_CSELECT_IN : 0) |
            (event.writable ? CURL_CSELECT_OUT : 0) |
            (event.error ? CURL_CSELECT_ERR : 0));
    timeout = 0;
    if (http->turn_over || clock_now() >= end)
      break;
  }
  act_on_timer(http, clock_now());
}

void http_wakeup(struct http *http) {
  turn_guard_check(&http->guard, clock_now());
  event_loop_wakeup(&http->loop);
}

void http_interrupt(struct http *http) {
  turn_guard_stop(&http->guard);
  event_loop_wakeup(&http->loop);
}
