/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A table of result codes, and the few that need a look at the transfer. */

#include "net/transfer_error.h"

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
    {CURLE_NO_CONNECTION_AVAILABLE, ERR_LOCAL, false,
     "no connection is available"},
    {CURLE_SSL_CONNECT_ERROR, ERR_TLS, true, "TLS"},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_TLS, true, "TLS"},
    {CURLE_SSL_CERTPROBLEM, ERR_TLS, true, "TLS"},
    {CURLE_SSL_CACERT_BADFILE, ERR_TLS, true,
     "TLS: the CA certificates cannot be read"},
    {CURLE_SSL_CIPHER, ERR_TLS, true, "TLS"},
    {CURLE_SSL_CRL_BADFILE, ERR_TLS, true, "TLS"},
    {CURLE_SSL_ISSUER_ERROR, ERR_TLS, true, "TLS"},
    {CURLE_SSL_ENGINE_INITFAILED, ERR_TLS, true, "TLS"},
    {CURLE_SSL_INVALIDCERTSTATUS, ERR_TLS, true, "TLS"},
    {CURLE_USE_SSL_FAILED, ERR_TLS, true, "TLS"},
};

static bool has_time(CURL *easy, CURLINFO info) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy, info, &microseconds);
  return microseconds > 0;
}

/* The response's status has come: the body was under way. */
static bool has_status(CURL *easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status > 0;
}

/* While the connection is made. libcurl 7.88 has no time for the part of TCP
 * before that of TLS is over. */
static const char *connecting(const struct transfer_error *e,
                              enum err_kind *ret_kind) {
  bool stands = has_time(e->easy, CURLINFO_CONNECT_TIME_T) || e->awaits_peer;
  *ret_kind = ERR_CONNECT;
  if (!stands)
    return e->proxy ? "connecting to the proxy" : "connecting";
  if (e->proxy)
    return "waiting for the proxy or the TLS handshake";
  if (!e->https)
    return "connecting";
  *ret_kind = ERR_TLS;
  return "in the TLS handshake";
}

static void on_timeout(const struct transfer_error *e, struct err *err) {
  enum err_kind kind = ERR_HTTP;
  const char *phase = "waiting for the response";
  if (has_status(e->easy)) {
    phase = "reading the response";
  } else if (has_time(e->easy, CURLINFO_PRETRANSFER_TIME_T)) {
    /* The request was sent. */
  } else if (!has_time(e->easy, CURLINFO_NAMELOOKUP_TIME_T)) {
    kind = ERR_RESOLVE;
    phase = "resolving the host";
  } else {
    phase = connecting(e, &kind);
  }
  err_set(err, kind, "timed out after %lld ms, %s", (long long)e->timeout,
          phase);
}

static void on_no_connection(const struct transfer_error *e, struct err *err) {
  long number = 0;
  char text[128];
  curl_easy_getinfo(e->easy, CURLINFO_OS_ERRNO, &number);
  err_set(err, ERR_CONNECT, "could not connect%s%s%s",
          e->proxy ? " to the proxy" : "", number == 0 ? "" : ": ",
          number == 0 ? "" : strerror_r((int)number, text, sizeof(text)));
}

/* A line that outgrows its buffer; before 8.6 libcurl called that an allocation
 * that failed. */
static bool is_long_line(const struct transfer_error *e) {
  return (e->code == CURLE_OUT_OF_MEMORY ||
          (int)e->code == 100 /* CURLE_TOO_LARGE */) &&
         has_time(e->easy, CURLINFO_PRETRANSFER_TIME_T);
}

/* The status of a proxy that rejected a tunnel. */
static long tunnel_refusal(CURL *easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
  return status >= 300 ? status : 0;
}

static void from_table(const struct transfer_error *e, struct err *err) {
  for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
    const struct row *row = &rows[i];
    bool detail = row->detail && *e->text != '\0';
    if (row->code == (int)e->code)
      err_set(err, row->kind, "%s%s%s", row->text, detail ? ": " : "",
              detail ? e->text : "");
  }
  err_set(err, ERR_HTTP, "%s", curl_easy_strerror(e->code));
}

void transfer_error_describe(const struct transfer_error *e, struct err *err) {
  long refusal = tunnel_refusal(e->easy);
  if (refusal > 0)
    err_set(err, ERR_CONNECT, "the proxy refused to connect (HTTP %ld)",
            refusal);
  else if (e->code == CURLE_OPERATION_TIMEDOUT)
    on_timeout(e, err);
  else if (e->code == CURLE_COULDNT_CONNECT)
    on_no_connection(e, err);
  else if (is_long_line(e))
    err_set(err, ERR_RESPONSE,
            "the response's header has a line that is too long");
  else if (e->code == CURLE_OUT_OF_MEMORY)
    err_memory(err);
  else
    from_table(e, err);
}
