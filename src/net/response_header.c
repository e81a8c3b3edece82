/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A table of the headers that matter. */

#include "net/response_header.h"

#include "base/c_locale.h"
#include "base/text.h"

#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An interim response is over, or the first one begins. */
static void begin_header(struct response_header *h) {
  buf_reset(&h->captured);
  h->over = h->chunked = h->folds_captured = false;
  h->date = -1;
  *h->retry_after = '\0';
}

void response_header_init(struct response_header *h, const char *capture,
                          size_t max) {
  *h = (struct response_header){.capture = capture};
  buf_init(&h->captured, max);
  begin_header(h);
}

void response_header_finish(struct response_header *h) {
  buf_free(&h->captured);
}

static bool on_date(struct response_header *h, const char *value,
                    struct err *err) {
  (void)err;
  h->date = curl_getdate(value, NULL);
  return true;
}

static bool on_retry_after(struct response_header *h, const char *value,
                           struct err *err) {
  (void)err;
  snprintf(h->retry_after, sizeof(h->retry_after), "%s", value);
  return true;
}

static bool on_content_encoding(struct response_header *h, const char *value,
                                struct err *err) {
  (void)h;
  if (*value == '\0' ||
      c_locale_strncasecmp(value, "identity", PTRDIFF_MAX) == 0)
    return true;
  return err_set(err, ERR_RESPONSE,
                 "the response has a Content-Encoding that was not asked for: "
                 "%.40s",
                 value);
}

static bool on_transfer_encoding(struct response_header *h, const char *value,
                                 struct err *err) {
  if (!h->chunked && c_locale_strncasecmp(value, "chunked", PTRDIFF_MAX) == 0) {
    h->chunked = true;
    return true;
  }
  return err_set(err, ERR_RESPONSE,
                 "the response has a Transfer-Encoding other than chunked: "
                 "%.40s",
                 value);
}

static const struct {
  const char *name;
  bool (*read)(struct response_header *h, const char *value, struct err *err);
} headers[] = {
    {"Content-Encoding", on_content_encoding},
    {"Date", on_date},
    {"Retry-After", on_retry_after},
    {"Transfer-Encoding", on_transfer_encoding},
};

/* A line that begins with a blank goes on with the value before it. */
static bool on_folded(struct response_header *h, const char *line, size_t len,
                      struct err *err) {
  if (!h->folds_captured)
    return true;
  line = text_trim(line, &len);
  return buf_adds(&h->captured, " ", err) &&
         buf_add(&h->captured, line, len, err);
}

static bool is_name(const char *line, size_t len, const char *name) {
  return strlen(name) == len && c_locale_strncasecmp(line, name, len) == 0;
}

static bool read_header(struct response_header *h, const char *line,
                        size_t name, size_t len, struct err *err) {
  size_t value_len = len - name - 1;
  const char *value = text_trim(line + name + 1, &value_len);
  char text[RESPONSE_HEADER_VALUE_MAX];
  h->folds_captured = h->capture != NULL && h->captured.len == 0 &&
                      is_name(line, name, h->capture);
  if (h->folds_captured)
    return buf_add(&h->captured, value, value_len, err);
  if (value_len >= sizeof(text))
    value_len = sizeof(text) - 1;
  memcpy(text, value, value_len);
  text[value_len] = '\0';
  for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
    if (is_name(line, name, headers[i].name))
      return headers[i].read(h, text, err);
  return true;
}

bool response_header_line(struct response_header *h, const char *line,
                          size_t len, struct err *err) {
  h->len += len;
  if (h->len > h->captured.max)
    return err_set(err, ERR_RESPONSE,
                   "the response's header is larger than %zu KiB",
                   h->captured.max / 1024);
  if (h->over)
    return true;
  if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
    begin_header(h);
    return true;
  }
  while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
    len--;
  if (text_is_blank(*line))
    return on_folded(h, line, len, err);
  const char *colon = memchr(line, ':', len);
  if (colon == NULL)
    return true;
  return read_header(h, line, (size_t)(colon - line), len, err);
}

msec_t response_header_retry_after(const struct response_header *h, time_t now,
                                   msec_t max) {
  size_t digits = strspn(h->retry_after, "0123456789");
  time_t date = digits == 0 ? curl_getdate(h->retry_after, NULL) : -1;
  msec_t seconds = 0;
  if (digits > 0 && digits < 10 && h->retry_after[digits] == '\0')
    seconds = strtol(h->retry_after, NULL, 10);
  else if (date != -1)
    seconds = (msec_t)date - (h->date != -1 ? h->date : now);
  return seconds > 0 ? msec_min(seconds, max / 1000) * 1000 : -1;
}
