/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One request and its response: an easy handle, from its options to the
 * outcome. When a request starts, and what follows from its end, net/http
 * decides. For net/http only.
 *
 *     t = transfer_new(&env, req, &handler, arg);
 *     transfer_attach(t, multi, now);        the request is in flight
 *     ...                                    `body` is called
 *     transfer_complete(t, code);            it is over
 *     transfer_detach(t, multi);
 *     transfer_report(t);                    calls `done`
 *     transfer_free(t);
 */

#ifndef DRS_NET_TRANSFER_H
#define DRS_NET_TRANSFER_H

#include "net/curl_socketpair.h"
#include "net/event_loop.h"
#include "net/http.h"
#include "net/lookups.h"
#include "net/response_header.h"
#include "net/start_queue.h"
#include "net/tls_snapshot.h"
#include "net/watchdog.h"

#include <curl/curl.h>

/* Shared by all transfers. */
struct transfer_env {
  struct event_loop loop;
  struct watchdog guard;
  struct tls_snapshots tls_snapshots;
  struct lookups lookups;
  struct curl_socketpair lookup_pair; /* of the lookup that began last */
  const char *bundle; /* the system's certificates in one file; or NULL */
  const char *user_agent;
  bool iteration_is_over; /* a handler was called in this http_poll */
};

struct http_transfer {
  /* Of net/http. */
  struct start_item item; /* the first member */
  LIST_ENTRY(http_transfer) link;
  struct http *http;
  enum { WAITING, IN_FLIGHT, FAILED } state;
  msec_t timeout, deadline;

  struct transfer_env *env;
  CURL *easy;
  struct curl_slist *headers;
  struct http_handler handler;
  void *arg;
  struct buf body;    /* of the request */
  const char *origin; /* "https://host:port" */
  const char *proxy;  /* one of its own, or NULL */
  const struct http_connect_options *connect;
  struct tls_snapshot *tls_snapshot; /* in flight, over TLS */
  bool no_retry;                     /* never sent again */
  bool thawed;      /* libcurl does not limit its time any more */
  bool awaits_file; /* of its trust, which is being written */
  bool awaits_peer; /* libcurl waits for bytes on the connection */

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

/* NULL: out of memory, or libcurl lacks an option. */
struct http_transfer *transfer_new(struct transfer_env *env,
                                   const struct http_request *req,
                                   const struct http_handler *handler,
                                   void *arg);
void transfer_free(struct http_transfer *t);

/* Looks at the files of TLS, so late that they are used as they are now. False:
 * one is being written, and is looked at again at tls_snapshots_next. Where one
 * cannot be used, the attempt will fail with that error. */
bool transfer_files_are_ready(struct http_transfer *t, msec_t now);

/* Starts an attempt, once its files are ready. */
bool transfer_attach(struct http_transfer *t, CURLM *multi, msec_t now);
void transfer_detach(struct http_transfer *t, CURLM *multi);

/* Nothing is left of the last attempt. */
void transfer_reset(struct http_transfer *t);

/* The lookup of its host, if there is one, is over. */
void transfer_end_lookup(struct http_transfer *t, enum lookup_result result);

/* Whether an idle connection was closed by the server as it was used again, so
 * that the request can be sent once more, on another. */
bool transfer_is_lost(const struct http_transfer *t, CURLcode code);

/* A number that libcurl has of the transfer; whether it has a time. */
long transfer_number(const struct http_transfer *t, CURLINFO info);
bool transfer_has_time(const struct http_transfer *t, CURLINFO info);

/* Its time was over before it was started: sets the error, with the cause of
 * its waiting. */
void transfer_explain_wait(struct http_transfer *t,
                           const struct start_queue *queue);

/* Fills in response and error, before it is detached. */
void transfer_complete(struct http_transfer *t, CURLcode code);

/* Calls the handler, with the endpoint in the error's text. */
void transfer_report(struct http_transfer *t);

#endif
