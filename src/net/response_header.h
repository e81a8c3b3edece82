/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A response's header, line by line as it arrives: keeps the few values that
 * matter, and rejects encodings of the body that were not requested, before a
 * byte of the body is decoded.
 *
 * All lines are counted. Values of interim responses (1xx) are forgotten at the
 * next status line, and trailers are not read.
 *
 * From 7.83 on libcurl has curl_easy_header(): once no older one is supported,
 * only the limit and the check of the encoding have to stay. */

#ifndef DRS_NET_RESPONSE_HEADER_H
#define DRS_NET_RESPONSE_HEADER_H

#include "base/buf.h"
#include "base/clock.h"

#include <time.h>

/* The longest value of a header that is read; captured ones may be longer. */
#define RESPONSE_HEADER_VALUE_MAX 128

struct response_header {
  const char *capture; /* name of the header to keep, or NULL */
  struct buf captured; /* its value: it may be a secret; empty: not sent */
  size_t len;          /* bytes so far, of all header lines */
  bool over;           /* the body has begun: trailers follow */
  bool chunked;
  bool folds_captured; /* the last line was the captured header */
  time_t date;         /* the server's clock; -1: not sent */
  char retry_after[RESPONSE_HEADER_VALUE_MAX]; /* "": not sent */
};

/* `max`: the most bytes that a header may have. */
void response_header_init(struct response_header *h, const char *capture,
                          size_t max);
void response_header_finish(struct response_header *h);

/* One line, with its line end. False and an error: the response is rejected. */
bool response_header_line(struct response_header *h, const char *line,
                          size_t len, struct err *err);

/* Milliseconds to wait, at most `max`; -1: not said, or no pause at all. A
 * date is compared with the server's own clock, `now` (ours) is used where the
 * server sent none. */
msec_t response_header_retry_after(const struct response_header *h, time_t now,
                                   msec_t max);

#endif
