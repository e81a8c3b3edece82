/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Errors, for the one place that reports them. The core never logs: a
 * function that can fail takes a struct err, fills it, and returns false. The
 * first error wins, so the cause is kept and not its consequences.
 *
 *     struct err err = ERR_INIT;
 *     if (!buf_adds(&b, text, &err))
 *       return complain(err.text);
 */

#ifndef DRS_BASE_ERR_H
#define DRS_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a text, its final NUL included. Longer ones are cut. */
#define ERR_TEXT_MAX 384

/* Each kind has a name that log lines carry, and a self-metric that counts it.
 */
enum err_kind {
  ERR_NONE,
  ERR_CONFIG,    /* an option is missing or invalid */
  ERR_AUTH,      /* credentials: rejected, missing, unreadable */
  ERR_THROTTLED, /* the service requests a lower rate */
  ERR_RESOLVE,   /* a host name has no address */
  ERR_CONNECT,   /* no connection to the host or the proxy */
  ERR_TLS,       /* no TLS session, or a certificate that is not trusted */
  ERR_HTTP,      /* no response, or one that reports a service error */
  ERR_RESPONSE,  /* a response that differs from the API's page */
  ERR_JOB,       /* the service rejects a job, or does not know it */
  ERR_LOCAL,     /* this machine: memory, a file */
  ERR_NO_JOBS,   /* every source of jobs was read, and there is none */
  ERR_KINDS      /* how many there are */
};

/* "auth", "tls", ...: the kind as log lines and drs-check name it. */
const char *err_kind_name(enum err_kind kind);

struct err {
  enum err_kind kind;
  char text[ERR_TEXT_MAX]; /* printable UTF-8, one line, without a full stop */
};

#define ERR_INIT                                                               \
  { .kind = ERR_NONE }

/* Fills `e` unless it holds an error already; `e` may be NULL. Always returns
 * false, so that a failing function can end with it. Anything not printable in
 * the result (a server's words may be in it) becomes '?'. */
bool err_set(struct err *e, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The one text for an allocation that failed. Always returns false. */
bool err_memory(struct err *e);

void err_clear(struct err *e);

/* No connection came about, so no request was sent, and the service has not
 * seen the attempt. It works again at any moment: a network that is back, a
 * certificate that is valid once the clock is set. */
static inline bool err_is_of_connection(enum err_kind kind) {
  return kind == ERR_RESOLVE || kind == ERR_CONNECT || kind == ERR_TLS;
}

static inline bool err_is_set(const struct err *e) {
  return e->kind != ERR_NONE;
}

/* Replaces in place whatever could break a line or a terminal: control
 * characters, Unicode's line ends and marks of direction, and bytes that are
 * not UTF-8. */
void err_make_printable(char *text);

#endif
