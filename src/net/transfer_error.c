/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A table of result codes, and the few that need a look at the transfer. */

#include "net/transfer_error.h"

#include "net/url.h"

#include <string.h>

struct row {
  int code;
  enum err_kind kind;
  bool detail; /* libcurl's text says more, and is safe */
  const char *text;
};

static const struct row rows[] = {
    {CURLE_URL_MALFORMAT, ERR_CONFIG, false, "the URL is not valid"},
    {CURLE_COULDNT_RESOLVE_HOST, ERR_RESOLVE, false, "could not resolve host"},
    {CURLE_COULDNT_RESOLVE_PROXY, ERR_RESOLVE, false,
     "could not resolve the host of the proxy, or the proxy's URL is not "
     "valid"},
    {97 /* CURLE_PROXY, which 7.73 introduced */, ERR_CONNECT, false,
     "the proxy did not connect to the host"},
    /* Other limits have words of their own. */
    {CURLE_ABORTED_BY_CALLBACK, ERR_CONNECT, false,
     "the proxy's response to CONNECT is too large"},
    {CURLE_GOT_NOTHING, ERR_HTTP, false,
     "the server closed the connection without a response"},
    {CURLE_PARTIAL_FILE, ERR_HTTP, false,
     "the server closed the connection before the response was complete"},
    {CURLE_SEND_ERROR, ERR_HTTP, true, "the transfer failed"},
    {CURLE_RECV_ERROR, ERR_HTTP, true, "the transfer failed"},
    {CURLE_WEIRD_SERVER_REPLY, ERR_RESPONSE, true, "the response is not HTTP"},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_RESPONSE, false,
     "the response is not HTTP"},
    {CURLE_BAD_CONTENT_ENCODING, ERR_RESPONSE, false,
     "the response has an encoding that was not asked for"},
    {CURLE_FAILED_INIT, ERR_LOCAL, false, "libcurl could not set up a request"},
    {CURLE_SSL_CONNECT_ERROR, ERR_TLS, true, "TLS"},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_TLS, true, "TLS"},
    {CURLE_SSL_CERTPROBLEM, ERR_TLS, true, "TLS"},
    {CURLE_SSL_CACERT_BADFILE, ERR_TLS, true,
     "TLS: the CA certificates cannot be read"},
    {CURLE_SSL_CIPHER, ERR_TLS, true, "TLS"},
};

/* While the connection is made. libcurl 7.88 has no time for the part of TCP
 * before that of TLS is over. */
static const char *connecting(const struct http_transfer *t,
                              enum err_kind *ret_kind) {
  *ret_kind = ERR_CONNECT;
  if (!transfer_has_time(t, CURLINFO_CONNECT_TIME_T) && !t->awaits_peer)
    return t->proxy != NULL ? "connecting to the proxy" : "connecting";
  if (t->proxy != NULL)
    return "waiting for the proxy or the TLS handshake";
  if (!url_is_https(t->origin))
    return "connecting";
  *ret_kind = ERR_TLS;
  return "in the TLS handshake";
}

static void on_timeout(struct http_transfer *t) {
  enum err_kind kind = ERR_HTTP;
  const char *phase = "waiting for the response";
  if (transfer_number(t, CURLINFO_RESPONSE_CODE) > 0) {
    phase = "reading the response";
  } else if (transfer_has_time(t, CURLINFO_PRETRANSFER_TIME_T)) {
    /* The request was sent. */
  } else if (!transfer_has_time(t, CURLINFO_NAMELOOKUP_TIME_T)) {
    kind = ERR_RESOLVE;
    phase = "resolving the host";
  } else {
    phase = connecting(t, &kind);
  }
  err_set(&t->err, kind, "timed out after %lld ms, %s", (long long)t->timeout,
          phase);
}

static void on_no_connection(struct http_transfer *t) {
  char text[128];
  int number = (int)transfer_number(t, CURLINFO_OS_ERRNO);
  err_set(&t->err, ERR_CONNECT, "could not connect%s%s%s",
          t->proxy != NULL ? " to the proxy" : "", number == 0 ? "" : ": ",
          number == 0 ? "" : strerror_r(number, text, sizeof(text)));
}

/* A line that outgrows its buffer; before 8.6 libcurl called that an allocation
 * that failed. */
static bool is_long_line(const struct http_transfer *t, CURLcode code) {
  return (code == CURLE_OUT_OF_MEMORY ||
          (int)code == 100 /* CURLE_TOO_LARGE */) &&
         transfer_has_time(t, CURLINFO_PRETRANSFER_TIME_T);
}

static void from_table(struct http_transfer *t, CURLcode code) {
  for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
    const struct row *row = &rows[i];
    bool detail = row->detail && *t->text != '\0';
    if (row->code == (int)code)
      err_set(&t->err, row->kind, "%s%s%s", row->text, detail ? ": " : "",
              detail ? t->text : "");
  }
  err_set(&t->err, ERR_HTTP, "%s", curl_easy_strerror(code));
}

void transfer_error_describe(struct http_transfer *t, CURLcode code) {
  long proxy_status = transfer_number(t, CURLINFO_HTTP_CONNECTCODE);
  if (proxy_status >= 300)
    err_set(&t->err, ERR_CONNECT, "the proxy refused to connect (HTTP %ld)",
            proxy_status);
  else if (code == CURLE_OPERATION_TIMEDOUT)
    on_timeout(t);
  else if (code == CURLE_COULDNT_CONNECT)
    on_no_connection(t);
  else if (is_long_line(t, code))
    err_set(&t->err, ERR_RESPONSE,
            "the response's header has a line that is too long");
  else if (code == CURLE_OUT_OF_MEMORY)
    err_memory(&t->err);
  else
    from_table(t, code);
}
