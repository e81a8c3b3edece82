/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Credentials of each type against an identity, a metadata and a DRS service
 * that respond anything at any time: no account is tried so often that it is
 * locked, nothing is requested again and again at one instant, and what is
 * ready can be applied.
 *
 * The input: what happens, two bytes each (the second selects the credential
 * or request), with what it needs behind it. */

#include "fuzz.h"

#include "auth/auth.h"
#include "fake_http.h"

#include <stdio.h>
#include <time.h>

const char fuzz_name[] = "auth";

#define HOUR (60 * 60 * 1000)
/* Of an account in an hour: six, and one of the value that was accepted last.
 */
#define REJECTIONS_MAX 7
/* Of a credential at one instant: two requests for the keys of an agency. */
#define REQUESTS_MAX 2

enum { LOGIN, OTHER_LOGIN, KEY, OTHER_KEY, AGENCY, TOKEN, CREDENTIALS };
enum { USER, ACCESS_KEY, ACCOUNTS };

static char endpoint[] = "https://iam/v3", metadata[] = "http://metadata",
            name[] = "name", secret_1[] = "secret-1", secret_2[] = "secret-2";

#define USER_WITH(secret)                                                      \
  {                                                                            \
    .type = CREDENTIAL_PASSWORD, .identity_endpoint = endpoint,                \
    .domain_name = name, .user = name, .password.value = (secret)              \
  }
#define KEY_WITH(secret)                                                       \
  {                                                                            \
    .type = CREDENTIAL_ACCESS_KEY, .access_key = name,                         \
    .secret_key.value = (secret)                                               \
  }

static const struct credential_config credentials[CREDENTIALS] = {
    [LOGIN] = USER_WITH(secret_1),
    [OTHER_LOGIN] = USER_WITH(secret_2),
    [KEY] = KEY_WITH(secret_1),
    [OTHER_KEY] = KEY_WITH(secret_2),
    [AGENCY] = {.type = CREDENTIAL_AGENCY, .metadata_endpoint = metadata},
    [TOKEN] = {.type = CREDENTIAL_TOKEN, .token.value = secret_1},
};

struct input {
  const uint8_t *bytes;
  size_t len;
};

static struct {
  struct auth *auth;
  uint64_t requests; /* before this instant */
  unsigned excuses;  /* the service rejected what it was given */
} all[CREDENTIALS];

static struct {
  msec_t times[REJECTIONS_MAX];
  unsigned len;
} rejections[ACCOUNTS];

static uint8_t take(struct input *in) {
  if (in->len == 0)
    return 0;
  in->len--;
  return *in->bytes++;
}

static void count_rejection(int account) {
  unsigned at = rejections[account].len++ % REJECTIONS_MAX;
  MUST(rejections[account].len <= REJECTIONS_MAX ||
       fake_now - rejections[account].times[at] >= HOUR);
  rejections[account].times[at] = fake_now;
}

static void advance(msec_t by) {
  fake_now += by;
  for (int i = 0; i < CREDENTIALS; i++) {
    all[i].requests = all[i].auth->requests;
    all[i].excuses = 0;
  }
}

static enum auth_state prepare(int i) {
  struct err err = ERR_INIT;
  enum auth_state state = auth_prepare(all[i].auth, NULL, fake_now, &err);
  MUST(state != AUTH_BUSY || fake_calls_len > 0 || all[i].auth->in_flight > 0);
  MUST((state == AUTH_REFUSED) == err_is_set(&err));
  MUST(all[i].auth->requests - all[i].requests <=
       REQUESTS_MAX * (1 + all[i].excuses));
  return state;
}

/* A request to DRS, from its start to its end. */
static void use(struct input *in, int i) {
  static char origin[] = "https://drs", no_path[] = "";
  static const struct http_endpoint drs = {origin, no_path};
  struct http_request req = {
      .method = "POST", .endpoint = &drs, .path = "/v3/p/jobs"};
  struct err why = ERR_INIT;
  struct auth_report outcome = {
      .result = take(in) % 3, .err = &why, .server_date = -1};
  if (prepare(i) != AUTH_READY)
    return;
  MUST(auth_apply(all[i].auth, "p", &req, &outcome.serial, NULL));
  http_request_finish(&req);
  if (outcome.result == AUTH_REJECTED) {
    err_set(&why, ERR_AUTH, "HTTP 401");
    all[i].excuses++;
    if (i == KEY || i == OTHER_KEY)
      count_rejection(ACCESS_KEY);
  }
  auth_done(all[i].auth, &outcome, fake_now);
}

/* Responses */

/* The bytes up to a NUL as a string of its own. */
static char *take_text(struct input *in) {
  size_t len = strnlen((const char *)in->bytes, in->len);
  char *text = strndup((const char *)in->bytes, len);
  MUST(text != NULL);
  len += len < in->len;
  in->bytes += len;
  in->len -= len;
  return text;
}

static void respond(struct http_transfer *call, struct http_response response,
                    const char *body) {
  bool is_login = strncmp(call->url, endpoint, strlen(endpoint)) == 0;
  /* 400 is one only with the service's own message. */
  if (is_login && (response.status == 401 || response.status == 403))
    count_rejection(USER);
  fake_response(call, response, body);
}

static void grant(struct input *in, struct http_transfer *call) {
  char body[300], end[40];
  time_t date = 1600000000, ends = date + (1 << take(in) % 20) - 2;
  strftime(end, sizeof(end), "%Y-%m-%dT%H:%M:%SZ", gmtime(&ends));
  bool is_login = strncmp(call->url, endpoint, strlen(endpoint)) == 0;
  snprintf(body, sizeof(body),
           is_login ? "{\"token\":{\"expires_at\":\"%s\"}}"
                    : "{\"credential\":{\"access\":\"a\",\"secret\":\"s\","
                      "\"securitytoken\":\"t\",\"expires_at\":\"%s\"}}",
           end);
  bool is_session = strstr(call->url, "/api/token") != NULL;
  respond(call, (struct http_response){is_login ? 201 : 200, -1, date, "token"},
          is_session ? "session" : body);
}

static void respond_anything(struct input *in, struct http_transfer *call) {
  static const long statuses[] = {200, 201, 400, 401, 403, 404, 405,
                                  408, 421, 429, 500, 503, 0};
  uint8_t head = take(in);
  struct http_response response = {
      .status = statuses[head % (sizeof(statuses) / sizeof(*statuses))],
      .retry_after = head & 0x80 ? 1000 * (1 + take(in)) : -1,
      .date = head & 0x40 ? 1600000000 : -1};
  char *captured = take_text(in), *body = take_text(in);
  if (*captured != '\0')
    response.captured = captured;
  respond(call, response, body);
  free(captured);
  free(body);
}

static void act(struct input *in) {
  uint8_t what = take(in), which = take(in);
  int i = which % CREDENTIALS;
  struct http_transfer *call =
      fake_calls_len > 0 ? fake_calls[which % fake_calls_len] : NULL;
  switch (what % 8) {
  case 0:
    advance(1 << which % 24);
    break;
  case 1:
    auth_begin(all[i].auth);
    break;
  case 2:
    if (call != NULL)
      grant(in, call);
    break;
  case 3:
    if (call != NULL)
      respond_anything(in, call);
    break;
  case 4:
    if (call != NULL)
      fake_fail(call, "nobody is there");
    break;
  case 5:
    use(in, i);
    break;
  default:
    prepare(i);
    break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct input in = {bytes, len};
  struct auths auths = {0};
  fake_now = 1000000;
  memset(rejections, 0, sizeof(rejections));
  for (int i = 0; i < CREDENTIALS; i++) {
    struct auth_options o = {.credential = &credentials[i],
                             .project_id = i == OTHER_LOGIN ? "q" : "p",
                             .timeout = 5000};
    all[i].auth = auth_open(&auths, &o, NULL);
    MUST(all[i].auth != NULL);
  }
  advance(0);
  while (in.len > 0)
    act(&in);
  for (int i = 0; i < CREDENTIALS; i++)
    auth_close(all[i].auth);
  MUST(fake_calls_len == 0);
  MUST(LIST_EMPTY(&auths.all) && LIST_EMPTY(&auths.accounts));
  return 0;
}
