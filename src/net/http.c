/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One multi handle; an easy handle for each request.
 *
 * Replies that are there at the same time take turns, one in each http_poll.
 * Else all of them would be dealt with before any of the requests that follow
 * them is sent, and the server would wait for us as long as we for it. */

#include "net/http.h"

#include <curl/curl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* Seconds. Idle connections are used for less time than servers and load
 * balancers keep them, of which 60 seconds is the most common default; and no
 * connection outlives a moved endpoint for long. */
#define IDLE_MAX 50L
#define LIFETIME_MAX 300L

struct http {
  CURLM *multi;
  CURLSH *share; /* TLS sessions outlive the easy handles */
  const char *user_agent;
  struct http_transfer *calls; /* the newest first */
  struct http_transfer *turn;  /* whose body is dealt with in this http_poll */
};

struct http_transfer {
  struct http *http;
  struct http_transfer *next, **link; /* in http->calls */
  CURL *easy;
  struct curl_slist *headers;
  struct http_handler handler;
  void *arg;
  struct http_response reply;
  size_t header_len, body_len;
  bool waits;     /* its body has come, for another turn */
  bool once;      /* never sent again */
  msec_t deadline;
  struct err err; /* ours; curl's own comes in `text` */
  char text[CURL_ERROR_SIZE];
};

/* Memory for curl. It holds requests and replies with secrets in them, and
 * does not wipe what it frees. The functions are used only if no other plugin
 * of the daemon has initialized curl before. */

static void wipe_free(void *p) {
  if (p != NULL)
    explicit_bzero(p, malloc_usable_size(p));
  free(p);
}

static void *wipe_realloc(void *p, size_t size) {
  void *fresh = malloc(size);
  if (fresh == NULL || p == NULL)
    return fresh;
  size_t old = malloc_usable_size(p);
  memcpy(fresh, p, old < size ? old : size);
  wipe_free(p);
  return fresh;
}

/* Setting up */

const char *http_library_version(void) {
  return curl_version_info(CURLVERSION_NOW)->version;
}

struct http *http_new(const char *user_agent, struct err *err) {
  struct http *http = calloc(1, sizeof(*http));
  if (http == NULL ||
      curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_free, wipe_realloc,
                           strdup, calloc) != CURLE_OK) {
    free(http);
    err_set(err, ERR_LOCAL, "libcurl cannot be initialized");
    return NULL;
  }
  http->user_agent = user_agent;
  http->multi = curl_multi_init();
  http->share = curl_share_init();
  if (http->multi != NULL && http->share != NULL &&
      curl_share_setopt(http->share, CURLSHOPT_SHARE,
                        CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
    return http;
  http_free(http);
  err_memory(err);
  return NULL;
}

void http_free(struct http *http) {
  if (http == NULL)
    return;
  while (http->calls != NULL)
    http_cancel(http->calls);
  curl_multi_cleanup(http->multi);
  curl_share_cleanup(http->share);
  free(http);
  curl_global_cleanup();
}

void http_keep(struct http *http, long connections) {
  curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, connections);
}

/* What curl calls during a transfer */

static size_t on_header(char *bytes, size_t size, size_t n, void *arg) {
  struct http_transfer *call = arg;
  (void)bytes;
  call->header_len += size * n;
  if (call->header_len <= HTTP_HEADER_MAX)
    return size * n;
  err_set(&call->err, ERR_RESPONSE, "the answer's header is larger than %d KiB",
          HTTP_HEADER_MAX / 1024);
  return 0;
}

/* HTTP/2 brings all replies on one connection, which must not be held up. */
static bool must_wait(struct http_transfer *call) {
  struct http *http = call->http;
  long version = 0;
  if (http->turn == NULL)
    http->turn = call;
  if (http->turn == call)
    return false;
  curl_easy_getinfo(call->easy, CURLINFO_HTTP_VERSION, &version);
  return version < CURL_HTTP_VERSION_2_0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
  struct http_transfer *call = arg;
  size_t len = size * n;
  call->waits = must_wait(call);
  if (call->waits)
    return CURL_WRITEFUNC_PAUSE;
  if (call->body_len == 0)
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->reply.status);
  call->body_len += len;
  if (call->body_len > HTTP_BODY_MAX) {
    err_set(&call->err, ERR_RESPONSE, "the answer is larger than %d MiB",
            HTTP_BODY_MAX / 1024 / 1024);
    return 0;
  }
  if (call->handler.body == NULL ||
      call->handler.body(call->arg, &call->reply, bytes, len))
    return len;
  return 0;
}

/* Starting a request */

static void free_headers(struct curl_slist *headers) {
  for (struct curl_slist *h = headers; h != NULL; h = h->next)
    explicit_bzero(h->data, strlen(h->data));
  curl_slist_free_all(headers);
}

static bool add_header(struct http_transfer *call, const char *header) {
  struct curl_slist *all = curl_slist_append(call->headers, header);
  if (all != NULL)
    call->headers = all;
  return all != NULL;
}

static bool add_headers(struct http_transfer *call,
                        const struct http_request *req) {
  struct buf line;
  bool ok = true;
  buf_init(&line, HTTP_HEADER_MAX);
  for (size_t i = 0; ok && i < req->headers_len; i++) {
    const struct http_header *h = &req->headers[i];
    buf_reset(&line);
    ok = buf_addf(&line, NULL, "%s: %s", h->name, h->value.data) &&
         add_header(call, line.data);
  }
  buf_free(&line);
  return ok && add_header(call, "Expect:"); /* no round trip before the body */
}

static bool set_connect_options(CURL *easy,
                                const struct http_connect_options *connect) {
  CURLcode e = CURLE_OK;
  e |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER,
                        (long)connect->verify_peer);
  e |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST,
                        connect->verify_host ? 2L : 0L);
  e |=
      curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (connect->ca_cert != NULL) { /* instead of the system's, not with them */
    e |= curl_easy_setopt(easy, CURLOPT_CAINFO, connect->ca_cert);
    e |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  }
  e |= curl_easy_setopt(easy, CURLOPT_SSLCERT, connect->client_cert);
  e |= curl_easy_setopt(easy, CURLOPT_SSLKEY, connect->client_key);
  e |= curl_easy_setopt(easy, CURLOPT_PROXY, connect->proxy);
  e |= curl_easy_setopt(easy, CURLOPT_NOPROXY, connect->no_proxy ? "*" : NULL);
  return e == CURLE_OK;
}

static bool set_url(CURL *easy, const struct http_request *req) {
  struct buf url;
  buf_init(&url, HTTP_HEADER_MAX);
  bool ok = http_request_url(req, &url, NULL) &&
            curl_easy_setopt(easy, CURLOPT_URL, url.data) == CURLE_OK;
  buf_free(&url);
  return ok;
}

/* A request that is counted where it arrives must not be repeated by libcurl,
 * which does so on a reused connection that turns out to be closed. */
static bool set_connection_use(CURL *easy, const struct http_request *req) {
  CURLcode e = CURLE_OK;
  e |= curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_MAX);
#if LIBCURL_VERSION_NUM >= 0x075000
  e |= curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, LIFETIME_MAX);
#endif
  e |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, req->once ? 1L : 0L);
  e |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, req->once ? 1L : 0L);
  return e == CURLE_OK;
}

static bool set_request(CURL *easy, const struct http_request *req) {
  CURLcode e = CURLE_OK;
  e |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  e |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)req->timeout);
  if (req->body != NULL) {
    e |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                          (curl_off_t)req->body_len);
    e |= curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, req->body);
  }
  e |= curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, req->method);
  /* Over TLS the server may offer HTTP/2: then one connection serves all. */
  e |= curl_easy_setopt(easy, CURLOPT_PIPEWAIT,
                        strncmp(req->endpoint->origin, "https:", 6) == 0 ? 1L
                                                                         : 0L);
  return e == CURLE_OK;
}

static bool set_common_options(struct http_transfer *call) {
  CURL *easy = call->easy;
  CURLcode e = CURLE_OK;
  e |= curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
  e |= curl_easy_setopt(easy, CURLOPT_SHARE, call->http->share);
  e |= curl_easy_setopt(easy, CURLOPT_USERAGENT, call->http->user_agent);
  e |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
  e |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->text);
  e |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  e |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
  e |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  e |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
  e |= curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  e |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  e |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  e |= curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  e |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  e |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  /* A resolver that hangs must not hold the thread when its time is over:
   * without this, curl waits for the thread that call_pool the resolver. */
  e |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  return e == CURLE_OK;
}

static void link_call(struct http_transfer *call) {
  struct http *http = call->http;
  call->next = http->calls;
  call->link = &http->calls;
  if (call->next != NULL)
    call->next->link = &call->next;
  http->calls = call;
}

static void free_call(struct http_transfer *call) {
  if (call->http->turn == call)
    call->http->turn = NULL;
  if (call->link != NULL) {
    *call->link = call->next;
    if (call->next != NULL)
      call->next->link = call->link;
  }
  curl_easy_cleanup(call->easy);
  free_headers(call->headers);
  free(call);
}

struct http_transfer *http_start(struct http *http,
                                 const struct http_request *req,
                                 const struct http_handler *handler, void *arg,
                                 struct err *err) {
  struct http_transfer *call = calloc(1, sizeof(*call));
  if (call == NULL) {
    err_memory(err);
    return NULL;
  }
  call->http = http;
  call->handler = *handler;
  call->arg = arg;
  call->once = req->once;
  call->deadline = clock_now() + req->timeout;
  call->reply = (struct http_response){.retry_after = -1, .date = -1};
  call->easy = curl_easy_init();
  if (call->easy != NULL && add_headers(call, req) &&
      set_url(call->easy, req) && set_request(call->easy, req) &&
      set_connection_use(call->easy, req) &&
      set_connect_options(call->easy, req->connect) &&
      set_common_options(call) &&
      curl_multi_add_handle(http->multi, call->easy) == CURLM_OK) {
    link_call(call);
    return call;
  }
  free_call(call);
  err_set(err, ERR_LOCAL, "a request cannot be set up");
  return NULL;
}

void http_cancel(struct http_transfer *call) {
  curl_multi_remove_handle(call->http->multi, call->easy);
  free_call(call);
}

/* Finishing it */

static const char *header_value(CURL *easy, const char *name) {
  struct curl_header *h;
  return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK
             ? h->value
             : NULL;
}

static void complete_response(struct http_transfer *call) {
  struct http_response *reply = &call->reply;
  curl_off_t seconds = 0;
  curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &reply->status);
  curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds > 0)
    reply->retry_after = msec_min(seconds, HTTP_RETRY_AFTER_MAX) * 1000;
  const char *date = header_value(call->easy, "Date");
  if (date != NULL)
    reply->date = curl_getdate(date, NULL);
  if (call->handler.capture != NULL)
    reply->captured = header_value(call->easy, call->handler.capture);
}

static void explain(struct http_transfer *call, CURLcode code) {
  const char *text =
      *call->text != '\0' ? call->text : curl_easy_strerror(code);
  if (code == CURLE_BAD_CONTENT_ENCODING || code == CURLE_WEIRD_SERVER_REPLY)
    err_set(&call->err, ERR_RESPONSE, "%s", text);
  else if (code != CURLE_OK)
    err_set(&call->err, ERR_HTTP, "%s", text);
}

/* A server may close an idle connection at any time, also while the next
 * request is on its way. Then none of the response has come, and the request is
 * sent again on a new connection, once. libcurl does this by itself until it
 * has met five dead connections in a row. */
static bool send_again(struct http_transfer *call, CURLcode code) {
  long new_connections = 0;
  bool lost = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
              code == CURLE_GOT_NOTHING;
  msec_t left = call->deadline - clock_now();
  curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &new_connections);
  if (!lost || call->once || call->header_len > 0 || new_connections > 0 ||
      left <= 0)
    return false;
  call->once = true;
  *call->text = '\0';
  curl_multi_remove_handle(call->http->multi, call->easy);
  return curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
         curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)left) ==
             CURLE_OK &&
         curl_multi_add_handle(call->http->multi, call->easy) == CURLM_OK;
}

static void finish(struct http_transfer *call, CURLcode code) {
  complete_response(call);
  explain(call, code);
  curl_multi_remove_handle(call->http->multi, call->easy);
  call->handler.done(call->arg, &call->reply, &call->err);
  free_call(call);
}

/* The reply that has waited the longest for its turn, or NULL. */
static struct http_transfer *longest_waiting(const struct http *http) {
  struct http_transfer *oldest = NULL;
  for (struct http_transfer *call = http->calls; call != NULL;
       call = call->next)
    if (call->waits)
      oldest = call;
  return oldest;
}

void http_poll(struct http *http, int timeout) {
  int running, left;
  struct http_transfer *turn = http->turn = longest_waiting(http);
  curl_multi_poll(http->multi, NULL, 0, turn == NULL ? timeout : 0, NULL);
  curl_multi_perform(http->multi, &running); /* sends what has been started */
  if (turn != NULL) {
    curl_easy_pause(turn->easy, CURLPAUSE_CONT);
    curl_multi_perform(http->multi, &running);
  }
  for (CURLMsg *m; (m = curl_multi_info_read(http->multi, &left)) != NULL;) {
    struct http_transfer *call;
    CURLcode code = m->data.result;
    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call);
    if (!send_again(call, code))
      finish(call, code);
  }
}

void http_wakeup(struct http *http) { curl_multi_wakeup(http->multi); }
