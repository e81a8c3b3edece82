/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Requests signed with an access key: of the configuration, or of an agency. */

#include "auth_fixture.h"

/* The signature */

static void a_signature_has_its_headers(void **state) {
  (void)state;
  struct auth *a = open_key("p");
  assert_applies(a, "Authorization: SDK-HMAC-SHA256 Access=AK, "
                    "SignedHeaders=host;x-project-id;x-sdk-date, Signature=");
  assert_applies(a, "Host: drs\n");
  assert_applies(a, "X-Project-Id: p\n");
}

/* What proxies may rewrite, such as Accept, is not signed. */
static void the_vendors_headers_are_signed(void **state) {
  (void)state;
  static char origin[] = "https://drs", prefix[] = "/prefix";
  static const struct http_endpoint endpoint = {origin, prefix};
  struct http_request req = {
      .method = "GET", .endpoint = &endpoint, .path = "/v3/p"};
  struct auth *a = open_key("p");
  struct auth_report over = {AUTH_INCONCLUSIVE, 0, NULL, -1};
  assert_true(http_request_add_header(&req, "Content-Type", "a/b", NULL));
  assert_true(http_request_add_header(&req, "Accept", "a/b", NULL));
  assert_true(http_request_add_header(&req, "X-Language", "en-us", NULL));
  assert_true(auth_apply(a, "p", &req, &over.serial, NULL));
  char *lines = fake_lines(&req);
  assert_non_null(strstr(lines, "SignedHeaders=content-type;host;x-language;"
                                "x-project-id;x-sdk-date, "));
  free(lines);
  http_request_finish(&req);
  auth_done(a, &over, fake_now);
}

static void a_wrong_clock_is_named(void **state) {
  (void)state;
  static const struct {
    long ahead; /* seconds, of our clock */
    const char *text;
  } rows[] = {{1000, "16 minutes ahead of"},
              {-3600, "60 minutes behind"},
              {890, "access key was rejected"},
              {-890, "access key was rejected"}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct auth *a = open_key("p");
    struct auth_report o = {AUTH_REJECTED, 0, &why, time(NULL) - rows[i].ahead};
    prepare(a);
    free(apply(a, &o.serial));
    auth_done(a, &o, fake_now);
    prepare(a);
    if (strstr(why.text, rows[i].text) == NULL)
      fail_msg("\"%s\" does not have \"%s\"", why.text, rows[i].text);
    tear_down(NULL);
  }
}

/* An agency */

static void respond_session(long status, const char *text) {
  fake_status(fake_calls[0], status, text);
}

static void respond_keys(const char *access, msec_t life) {
  char body[200], end[40];
  time_t ends = wall_now() + (time_t)(life / 1000);
  strftime(end, sizeof(end), "%Y-%m-%dT%H:%M:%S.000000Z", gmtime(&ends));
  snprintf(body, sizeof(body),
           "{\"credential\":{\"access\":\"%s\",\"secret\":\"S\","
           "\"securitytoken\":\"T\",\"expires_at\":\"%s\"}}",
           access, end);
  fake_response(fake_calls[0],
                (struct http_response){200, -1, wall_now(), NULL}, body);
}

static void get_keys(struct auth *a, const char *access, msec_t life) {
  prepare(a);
  respond_session(200, "session");
  prepare(a);
  respond_keys(access, life);
}

static void an_agency_gives_keys(void **state) {
  (void)state;
  struct auth *a = open_agency();
  assert_int_equal(prepare(a), AUTH_BUSY);
  assert_string_equal(fake_calls[0]->url,
                      "http://metadata/meta-data/latest/api/token");
  respond_session(200, "session");
  assert_int_equal(prepare(a), AUTH_BUSY);
  assert_string_equal(fake_calls[0]->url,
                      "http://metadata/openstack/latest/securitykey");
  assert_string_equal(fake_calls[0]->headers, "X-Metadata-Token: session\n");
  respond_keys("AK1", 6 * HOUR);
  assert_int_equal(prepare(a), AUTH_READY);
  assert_applies(a, "Access=AK1, ");
  assert_applies(a, "X-Security-Token: T\n");
}

static void a_session_need_not_be_offered(void **state) {
  (void)state;
  static const long statuses[] = {404, 405, 503};
  for (size_t i = 0; i < COUNT(statuses); i++) {
    struct auth *a = open_agency();
    prepare(a);
    respond_session(statuses[i], "not here");
    assert_int_equal(prepare(a), AUTH_BUSY);
    assert_string_equal(fake_calls[0]->headers, "");
    respond_keys("AK1", HOUR);
    assert_int_equal(prepare(a), AUTH_READY);
    tear_down(NULL);
  }
}

static void its_keys_are_renewed_in_time(void **state) {
  (void)state;
  struct auth *a = open_agency();
  get_keys(a, "AK1", 6 * HOUR);
  for (; fake_started == 2; fake_now += MINUTE)
    assert_int_equal(prepare(a), AUTH_READY);
  msec_t left = born + 6 * HOUR - (fake_now - MINUTE);
  assert_between(left, 9 * MINUTE, 40 * MINUTE);
  respond_session(200, "session");
  assert_int_equal(prepare(a), AUTH_READY);
  assert_applies(a, "Access=AK1, ");
  respond_keys("AK2", 6 * HOUR);
  prepare(a);
  assert_applies(a, "Access=AK2, ");
  assert_int_equal(fake_started, 4);
}

static void a_missing_agency_is_named(void **state) {
  (void)state;
  struct auth *a = open_agency();
  prepare(a);
  respond_session(200, "session");
  prepare(a);
  fake_status(fake_calls[0], 401,
              "Please configure Cloud Service Agency first");
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_non_null(strstr(why.text, "this server has no agency"));
}

static void a_missing_metadata_service_is_named(void **state) {
  (void)state;
  struct auth *a = open_agency();
  prepare(a);
  fake_fail(fake_calls[0], "no route");
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_non_null(strstr(why.text, "metadata service: no route"));
  fake_now += 1000;
  assert_int_equal(prepare(a), AUTH_BUSY);
  respond_session(404, "");
  prepare(a);
  fake_status(fake_calls[0], 200, "{}");
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_non_null(strstr(why.text, "no keys"));
}

static void keys_that_served_are_renewed_at_once(void **state) {
  (void)state;
  struct auth *a = open_agency();
  get_keys(a, "AK1", HOUR);
  prepare(a);
  use(a, AUTH_ACCEPTED);
  use(a, AUTH_REJECTED);
  assert_int_equal(prepare(a), AUTH_BUSY);
  get_keys(a, "AK2", HOUR);
  prepare(a);
  use(a, AUTH_REJECTED);
  assert_int_equal(prepare(a), AUTH_REFUSED);
}

static bool ended_with_session; /* and not with keys */

/* Requests in this time, where each cycle comes right after the last. */
static size_t requests_in(struct auth *a, msec_t time, msec_t ends) {
  size_t before = fake_started;
  for (msec_t end = fake_now + time; fake_now < end; fake_now += 10) {
    if (prepare(a) != AUTH_BUSY && fake_calls_len == 0)
      continue;
    ended_with_session = strstr(fake_calls[0]->url, "securitykey") == NULL;
    if (ended_with_session)
      respond_session(200, "session");
    else
      respond_keys("AK", ends - fake_now);
  }
  return fake_started - before;
}

static void keys_that_have_expired_cost_few_requests(void **state) {
  (void)state;
  struct auth *a = open_agency();
  assert_int_equal(requests_in(a, 400, 0), 2);
  assert_int_equal(prepare(a), AUTH_REFUSED);
  assert_non_null(strstr(why.text, "keys that have expired"));
  assert_between(requests_in(a, HOUR, 0), 20, 60);
}

/* Their successors come two seconds after their end. */
static void
keys_that_end_before_their_successors_cost_few_requests(void **state) {
  (void)state;
  struct auth *a = open_agency();
  assert_between(requests_in(a, 20000, fake_now + 20000), 2, 40);
  assert_between(requests_in(a, 2000, fake_now), 2, 10);
  /* Pauses are random: the session for the next keys may be there. */
  size_t first = ended_with_session;
  assert_between(first + requests_in(a, 10000, fake_now + HOUR), 2, 4);
  assert_int_equal(prepare(a), AUTH_READY);
}

static void a_session_token_cannot_add_a_header(void **state) {
  (void)state;
  static const char *const tokens[] = {"session\r\nX-Evil: 1", "s\n", "\x01"};
  for (size_t i = 0; i < COUNT(tokens); i++) {
    struct auth *a = open_agency();
    prepare(a);
    respond_session(200, tokens[i]);
    assert_int_equal(prepare(a), AUTH_REFUSED);
    assert_non_null(strstr(why.text, "control character"));
    assert_int_equal(fake_calls_len, 0);
    tear_down(NULL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      AUTH_TEST(a_signature_has_its_headers),
      AUTH_TEST(the_vendors_headers_are_signed),
      AUTH_TEST(a_wrong_clock_is_named),
      AUTH_TEST(an_agency_gives_keys),
      AUTH_TEST(a_session_need_not_be_offered),
      AUTH_TEST(its_keys_are_renewed_in_time),
      AUTH_TEST(a_missing_agency_is_named),
      AUTH_TEST(a_missing_metadata_service_is_named),
      AUTH_TEST(keys_that_served_are_renewed_at_once),
      AUTH_TEST(keys_that_have_expired_cost_few_requests),
      AUTH_TEST(keys_that_end_before_their_successors_cost_few_requests),
      AUTH_TEST(a_session_token_cannot_add_a_header),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
