/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Callbacks of libcurl, and the limits that it lacks. */

#include "net/transfer.h"

#include "base/memory.h"
#include "net/easy_options.h"
#include "net/transfer_error.h"
#include "net/url.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Bytes of a response on the wire, with chunk extensions and TLS besides header
 * and body. They are looked at after so many calls of on_progress,
 * of which a short response has a dozen. */
#define WIRE_MAX (2 * (HTTP_BODY_MAX + HTTP_HEADER_MAX))
#define WIRE_CHECK_CALLS 16

/* Bytes of a proxy's response to CONNECT: libcurl reads them one by one, until
 * there are none, and whatever the time. */
#define CONNECT_RESPONSE_MAX (16 * 1024)

/* Sizes and times of a transfer */

long transfer_number(const struct http_transfer *t, CURLINFO info) {
  long number = 0;
  curl_easy_getinfo(t->easy, info, &number);
  return number;
}

bool transfer_has_time(const struct http_transfer *t, CURLINFO info) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(t->easy, info, &microseconds);
  return microseconds > 0;
}

/* Whether there is a connection to the host, through its proxy and with TLS. */
static bool is_connected(const struct http_transfer *t) {
  return transfer_has_time(t, CURLINFO_PRETRANSFER_TIME_T);
}

/* Callbacks of libcurl: names and connections */

/* A lookup is about to begin. If it must not, the request waits for its turn.
 * libcurl does not tell the name: it may be that of a proxy of the environment,
 * or after the connection to a SOCKS proxy that of the host. */
static int on_lookup(void *state, void *reserved, void *arg) {
  struct http_transfer *t = arg;
  struct lookups *lookups = &t->env->lookups;
  const char *host = url_after_user(t->proxy != NULL ? t->proxy : t->origin);
  size_t len = strcspn(host, *host == '[' ? "]" : ":/");
  (void)state, (void)reserved;
  if (t->looks_up != NULL)
    return 0;
  struct lookup_name *name = lookups_name(lookups, host, len);
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
  curl_socketpair_guess(&t->env->lookup_pair);
  return 0;
}

void transfer_end_lookup(struct http_transfer *t, enum lookup_result result) {
  if (t->looks_up == NULL)
    return;
  lookups_end(&t->env->lookups, t->looks_up, result, clock_now());
  t->looks_up = NULL;
  t->env->iteration_is_over =
      true; /* those that need the name can be started */
}

/* The name is known now, and the socket that told so is closed. */
static curl_socket_t on_socket_open(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *address) {
  struct http_transfer *t = arg;
  (void)purpose;
  transfer_end_lookup(t, LOOKUP_DONE);
  t->awaits_peer = false;
  watchdog_begin(&t->env->guard, -1);
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
  event_loop_own(&t->env->loop, fd);
  return fd;
}

static int on_socket_close(void *arg, curl_socket_t fd) {
  struct transfer_env *env = arg;
  watchdog_forget(&env->guard, fd);
  event_loop_close(&env->loop, fd);
  return 0;
}

/* Callbacks of libcurl: the response */

static size_t on_header_line(char *bytes, size_t size, size_t n, void *arg) {
  struct http_transfer *t = arg;
  return response_header_line(&t->header, bytes, size * n, &t->err) ? size * n
                                                                    : 0;
}

static size_t on_body_bytes(char *bytes, size_t size, size_t n, void *arg) {
  struct http_transfer *t = arg;
  size_t len = size * n;
  t->header.over = true;
  if (t->body_len == 0)
    t->response.status = transfer_number(t, CURLINFO_RESPONSE_CODE);
  t->body_len += len;
  if (t->body_len > HTTP_BODY_MAX) {
    t->response.limit = HTTP_LIMIT_SIZE;
    err_set(&t->err, ERR_RESPONSE, "the response is larger than %d MiB",
            HTTP_BODY_MAX / 1024 / 1024);
    return 0;
  }
  t->env->iteration_is_over = true;
  return t->handler.body(t->arg, &t->response, bytes, len) ? len : 0;
}

/* Bytes that came on the connection so far; 0: not known. */
static uint64_t received(int fd) {
  struct tcp_info info = {0};
  socklen_t len = sizeof(info);
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0
             ? info.tcpi_bytes_received
             : 0;
}

/* Called while the response arrives: neither header nor body has all bytes in
 * it. */
static int on_transfer_progress(void *arg, curl_off_t unused1,
                                curl_off_t unused2, curl_off_t unused3,
                                curl_off_t unused4) {
  struct http_transfer *t = arg;
  (void)unused1, (void)unused2, (void)unused3, (void)unused4;
  if (t->looks_up != NULL && is_connected(t)) /* through a SOCKS proxy */
    transfer_end_lookup(t, LOOKUP_DONE);
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

/* Preparing a request */

static bool set_callbacks(struct http_transfer *t) {
  CURL *easy = t->easy;
  CURLcode e = CURLE_OK;
  e |= curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
  e |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->text);
  e |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header_line);
  e |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
  e |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body_bytes);
  e |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
  e |= curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_transfer_progress);
  e |= curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
  e |= curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  e |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket_open);
  e |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
  e |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_socket_close);
  e |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, t->env);
  e |= curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, on_lookup);
  e |= curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, t);
  return e == CURLE_OK;
}

/* Without a key of its own, the certificate's file has it. */
static struct tls_snapshot_files files_of(const struct http_transfer *t) {
  const struct http_connect_options *c = t->connect;
  const char *ca = c->ca_cert != NULL ? c->ca_cert : t->env->bundle;
  return (struct tls_snapshot_files){
      .paths = {c->verify_peer ? ca : NULL, c->client_cert,
                c->client_key != NULL ? c->client_key : c->client_cert},
      .is_bundle = c->ca_cert == NULL};
}

/* libcurl's own copy of the body would not be wiped. */
static bool prepare(struct http_transfer *t, const struct http_request *req) {
  if (req->body != NULL && !buf_add(&t->body, req->body, req->body_len, NULL))
    return false;
  t->easy = curl_easy_init();
  t->headers = easy_options_headers(req);
  return t->easy != NULL && t->headers != NULL &&
         easy_options_set(t->easy, req, t->body.data, t->headers) &&
         curl_easy_setopt(t->easy, CURLOPT_USERAGENT, t->env->user_agent) ==
             CURLE_OK &&
         set_callbacks(t);
}

void transfer_reset(struct http_transfer *t) {
  response_header_finish(&t->header);
  response_header_init(&t->header, t->handler.capture, HTTP_HEADER_MAX);
  t->response = (struct http_response){.retry_after = -1, .date = -1};
  *t->text = '\0';
  t->fd = -1;
  t->awaits_peer = false;
  t->calls = 0;
  t->wire_start = 0;
}

struct http_transfer *transfer_new(struct transfer_env *env,
                                   const struct http_request *req,
                                   const struct http_handler *handler,
                                   void *arg) {
  struct http_transfer *t = calloc(1, sizeof(*t));
  if (t == NULL)
    return NULL;
  t->env = env;
  t->handler = *handler;
  t->arg = arg;
  t->origin = req->endpoint->origin;
  t->connect = req->connect;
  t->proxy = req->connect->no_proxy ? NULL : req->connect->proxy;
  t->no_retry = req->no_retry;
  t->timeout = req->timeout;
  buf_init(&t->body, HTTP_BODY_MAX);
  transfer_reset(t);
  if (prepare(t, req))
    return t;
  transfer_free(t);
  return NULL;
}

void transfer_free(struct http_transfer *t) {
  curl_easy_cleanup(t->easy);
  tls_snapshot_release(t->tls_snapshot);
  easy_options_free_headers(t->headers);
  response_header_finish(&t->header);
  buf_free(&t->body);
  memory_wipe(t, sizeof(*t));
}

/* In flight */

static void drop_snapshot(struct http_transfer *t) {
  if (t->tls_snapshot != NULL)
    curl_easy_setopt(t->easy, CURLOPT_SHARE, NULL);
  tls_snapshot_release(t->tls_snapshot);
  t->tls_snapshot = NULL;
}

bool transfer_files_are_ready(struct http_transfer *t, msec_t now) {
  drop_snapshot(t); /* of a look before, when it was not its turn */
  err_clear(&t->err);
  const struct tls_snapshot_files files = files_of(t);
  t->awaits_file = url_is_https(t->origin) &&
                   !tls_snapshot_acquire(&t->env->tls_snapshots, &files, now,
                                         &t->tls_snapshot, &t->err);
  return !t->awaits_file;
}

bool transfer_attach(struct http_transfer *t, CURLM *multi, msec_t now) {
  long left = msec_left(t->deadline, now, INT_MAX);
  if (left == 0)
    left = 1; /* 0: no end */
  if (!err_is_set(&t->err) &&
      (t->tls_snapshot == NULL ||
       tls_snapshot_apply(t->tls_snapshot, t->easy, now)) &&
      curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, left) == CURLE_OK &&
      curl_multi_add_handle(multi, t->easy) == CURLM_OK)
    return true;
  drop_snapshot(t);
  return false;
}

void transfer_detach(struct http_transfer *t, CURLM *multi) {
  transfer_end_lookup(t, is_connected(t) ? LOOKUP_DONE : LOOKUP_ABANDONED);
  curl_multi_remove_handle(multi, t->easy);
  drop_snapshot(t);
}

/* The outcome */

/* A server may close an idle connection at any time, also while the next
 * request is on its way. Then none of the response has come, and the request is
 * sent again on a new connection, once. libcurl does this by itself until it
 * has met five dead connections in a row. */
bool transfer_is_lost(const struct http_transfer *t, CURLcode code) {
  return (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
          code == CURLE_GOT_NOTHING) &&
         !t->no_retry && t->header.len == 0 &&
         transfer_number(t, CURLINFO_NUM_CONNECTS) == 0;
}

void transfer_complete(struct http_transfer *t, CURLcode code) {
  struct http_response *r = &t->response;
  const struct response_header *h = &t->header;
  r->status = transfer_number(t, CURLINFO_RESPONSE_CODE);
  r->retry_after = response_header_retry_after(
      h, time(NULL), (msec_t)HTTP_RETRY_AFTER_MAX * 1000);
  r->date = h->date;
  r->captured = h->captured.len > 0 ? h->captured.data : NULL;
  /* A slow response, and not a connection that was not made, took the time. */
  if (code == CURLE_OPERATION_TIMEDOUT &&
      transfer_number(t, CURLINFO_REQUEST_SIZE) > 0)
    r->limit = HTTP_LIMIT_TIME;
  if (code != CURLE_OK)
    transfer_error_describe(t, code);
}

void transfer_explain_wait(struct http_transfer *t,
                           const struct start_queue *queue) {
  long long ms = t->timeout;
  if (t->needs != NULL)
    err_set(&t->err, ERR_RESOLVE, "timed out after %lld ms, resolving the host",
            ms);
  else if (t->awaits_file)
    err_set(&t->err, ERR_TLS,
            "timed out after %lld ms, waiting for a file that is being written",
            ms);
  else if (2 * queue->in_flight < queue->max)
    err_set(&t->err, ERR_LOCAL,
            "timed out after %lld ms, waiting for the TLS handshakes of "
            "other requests",
            ms);
  else
    err_set(&t->err, ERR_LOCAL,
            "timed out after %lld ms, waiting for one of %d connections", ms,
            queue->max);
}

void transfer_report(struct http_transfer *t) {
  struct err err = ERR_INIT;
  if (err_is_set(&t->err))
    err_set(&err, t->err.kind, "%s: %s", t->origin, t->err.text);
  t->env->iteration_is_over = true;
  t->handler.done(t->arg, &t->response, &err);
}
