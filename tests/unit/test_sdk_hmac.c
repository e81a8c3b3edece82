/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The signature, step by step. A folder of tests/cases/sign has a `request`
 * and what becomes of it: `canonical`, `to-sign`, `authorization`. Those named
 * published-* are the vendors' own; the others were computed quarantined from
 * this program. A request is
 *
 *     ACCESS-KEY SECRET-KEY DATE
 *     METHOD TARGET
 *     Name: value              any number of them
 *                              an empty line
 *     body                     to the end of the file */

#include "alloc.h"
#include "cases.h"

#include "auth/sdk_hmac.h"

#include <dirent.h>
#include <nettle/hmac.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* No test of this kind may pass because its cases are gone. */
#define CASES_MIN 16
#define PUBLISHED 4

struct signed_request {
  struct case_file file; /* what the rest points into */
  char *access_key, *secret_key;
  struct sdk_hmac_header headers[SDK_HMAC_HEADERS_MAX];
  struct sdk_hmac_request req;
};

/* Takes quarantined a request file, in place. */

static char *next_line(char **rest) {
  char *line = *rest, *end = strchr(line, '\n');
  assert_non_null(end);
  *end = '\0';
  *rest = end + 1;
  return line;
}

static char *next_word(char **rest) {
  char *word = strsep(rest, " ");
  assert_non_null(word);
  return word;
}

static void read_headers(struct signed_request *s, char **rest) {
  char *line;
  while (*(line = next_line(rest)) != '\0') {
    assert_between(s->req.headers_len, 0, SDK_HMAC_HEADERS_MAX - 1);
    struct sdk_hmac_header *h = &s->headers[s->req.headers_len++];
    h->name = strsep(&line, ":");
    h->value = line;
    assert_non_null(line);
  }
}

static void read_request(struct signed_request *s, const char *name) {
  *s = (struct signed_request){.file = case_read("sign/%s/request", name)};
  char *rest = s->file.bytes, *line = next_line(&rest);
  s->access_key = next_word(&line);
  s->secret_key = next_word(&line);
  s->req.date = next_word(&line);
  line = next_line(&rest);
  s->req.method = next_word(&line);
  s->req.path = strsep(&line, "?");
  s->req.query = line;
  s->req.headers = s->headers;
  read_headers(s, &rest);
  s->req.body = rest;
  s->req.body_len = (size_t)(s->file.bytes + s->file.len - rest);
}

static void assert_step(const char *name, const char *step, struct buf *b) {
  struct case_file expected = case_read("sign/%s/%s", name, step);
  if (b->len != expected.len || memcmp(b->data, expected.bytes, b->len) != 0)
    fail_msg("%s, %s:\n%s\n-- expected:\n%s", name, step, b->data,
             expected.bytes);
  free(expected.bytes);
  buf_reset(b);
}

static void replay(const char *name) {
  struct signed_request s;
  struct buf b;
  buf_init(&b, 100000);
  read_request(&s, name);
  assert_true(sdk_hmac_canonical_request(&b, &s.req, NULL));
  assert_step(name, "canonical", &b);
  assert_true(sdk_hmac_string_to_sign(&b, &s.req, NULL));
  assert_step(name, "to-sign", &b);
  assert_true(
      sdk_hmac_authorization(&b, &s.req, s.access_key, s.secret_key, NULL));
  assert_step(name, "authorization", &b);
  buf_free(&b);
  free(s.file.bytes);
}

static void each_step_is_as_expected(void **state) {
  (void)state;
  char path[CASE_PATH_MAX];
  case_path(path, "sign");
  DIR *folder = opendir(path);
  if (folder == NULL)
    fail_msg("cannot open %s", path);
  size_t cases = 0, published = 0;
  for (struct dirent *d; (d = readdir(folder)) != NULL;) {
    if (d->d_name[0] == '.')
      continue;
    replay(d->d_name);
    cases++;
    if (strncmp(d->d_name, "published-", 10) == 0)
      published++;
  }
  closedir(folder);
  assert_between(cases, CASES_MIN, INTMAX_MAX);
  assert_int_equal(published, PUBLISHED);
}

/* A request with a token and a key that are looked for in memory. */

#define TOKEN "a-security-token-5f2c91"
#define KEY "a-secret-key-0123456789"

static const struct sdk_hmac_header token_headers[] = {
    {"Host", "drs.example.com"}, {"X-Security-Token", TOKEN}};

static const struct sdk_hmac_request with_token = {
    .method = "POST",
    .path = "/v3/p/jobs/batch-progress",
    .query = "a=1&b=2",
    .headers = token_headers,
    .headers_len = COUNT(token_headers),
    .body = "{}",
    .body_len = 2,
    .date = "20200608T023900Z",
};

static void no_body_is_an_empty_body(void **state) {
  (void)state;
  struct sdk_hmac_request req = with_token;
  struct buf none, empty;
  buf_init(&none, 1000);
  buf_init(&empty, 1000);
  req.body = NULL;
  req.body_len = 0;
  assert_true(sdk_hmac_canonical_request(&none, &req, NULL));
  req.body = "";
  assert_true(sdk_hmac_canonical_request(&empty, &req, NULL));
  assert_string_equal(none.data, empty.data);
  buf_free(&none);
  buf_free(&empty);
}

static bool sign_once(void) {
  struct buf b;
  buf_init(&b, 1000);
  bool ok = sdk_hmac_authorization(&b, &with_token, "AK", KEY, NULL);
  buf_free(&b);
  return ok;
}

static void no_failure_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(sign_once);
}

static void no_secret_is_freed(void **state) {
  (void)state;
  static const char *const secrets[] = {KEY, TOKEN};
  for (size_t i = 0; i < COUNT(secrets); i++) {
    alloc_reset();
    alloc.secret = secrets[i];
    assert_true(sign_once());
    assert_int_equal(alloc.spilled, 0);
    assert_int_equal(alloc.live, 0);
  }
}

#define STACK_SIZE (1024 * 1024)

static ucontext_t back, there;

static struct buf signed_there;

static void sign_there(void) {
  sdk_hmac_authorization(&signed_there, &with_token, "AK", KEY, NULL);
}

static void sign_on_a_stack(void *stack) {
  assert_int_equal(getcontext(&there), 0);
  there.uc_stack.ss_sp = stack;
  there.uc_stack.ss_size = STACK_SIZE;
  there.uc_link = &back;
  makecontext(&there, sign_there, 0);
  assert_int_equal(swapcontext(&back, &there), 0);
}

static void *map(int fd) {
  void *p = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  assert_true(p != MAP_FAILED);
  return p;
}

/* Neither the key, nor the two hash states that can sign in its place. The
 * test looks at the dead stack by a mapping of its own. */
static void no_key_is_left_on_the_stack(void **state) {
  (void)state;
  int fd = memfd_create("stack", MFD_CLOEXEC);
  assert_int_equal(ftruncate(fd, STACK_SIZE), 0);
  void *stack = map(fd), *view = map(fd);
  close(fd);
  buf_init(&signed_there, 1000);
  sign_on_a_stack(stack);
  assert_int_not_equal(signed_there.len, 0);
  buf_free(&signed_there);
  struct hmac_sha256_ctx ctx;
  hmac_sha256_set_key(&ctx, strlen(KEY), (const uint8_t *)KEY);
  const struct {
    const void *bytes;
    size_t len;
  } secrets[] = {{KEY, strlen(KEY)},
                 {ctx.inner.state, sizeof(ctx.inner.state)},
                 {ctx.outer.state, sizeof(ctx.outer.state)}};
  for (size_t i = 0; i < COUNT(secrets); i++)
    if (memmem(view, STACK_SIZE, secrets[i].bytes, secrets[i].len) != NULL)
      fail_msg("secret %zu is on the stack", i);
  munmap(stack, STACK_SIZE);
  munmap(view, STACK_SIZE);
}

/* Bounds */

static void too_many_headers_are_an_error(void **state) {
  (void)state;
  struct sdk_hmac_header headers[SDK_HMAC_HEADERS_MAX];
  struct sdk_hmac_request req = with_token;
  struct err e = ERR_INIT;
  struct buf b;
  buf_init(&b, 100000);
  for (size_t i = 0; i < SDK_HMAC_HEADERS_MAX; i++)
    headers[i] = (struct sdk_hmac_header){"x-same", "1"};
  req.headers = headers;
  req.headers_len = SDK_HMAC_HEADERS_MAX - 1;
  assert_true(sdk_hmac_authorization(&b, &req, "AK", KEY, &e));
  req.headers_len = SDK_HMAC_HEADERS_MAX;
  assert_false(sdk_hmac_authorization(&b, &req, "AK", KEY, &e));
  assert_int_equal(e.kind, ERR_LOCAL);
  buf_free(&b);
}

static void too_many_parameters_are_an_error(void **state) {
  (void)state;
  char query[2 * SDK_HMAC_PARAMS_MAX + 2] = "";
  struct sdk_hmac_request req = with_token;
  struct err e = ERR_INIT;
  struct buf b;
  buf_init(&b, 100000);
  for (int i = 0; i < SDK_HMAC_PARAMS_MAX; i++)
    strcat(query, "a&");
  req.query = query;
  assert_true(sdk_hmac_canonical_request(&b, &req, &e));
  strcat(query, "a");
  assert_false(sdk_hmac_canonical_request(&b, &req, &e));
  assert_int_equal(e.kind, ERR_LOCAL);
  buf_free(&b);
}

static void a_full_buffer_is_an_error(void **state) {
  (void)state;
  struct buf b;
  for (size_t max = 0; max < 140; max++) {
    struct err e = ERR_INIT;
    buf_init(&b, max);
    assert_false(sdk_hmac_authorization(&b, &with_token, "AK", KEY, &e));
    assert_int_equal(e.kind, ERR_RESPONSE);
    buf_free(&b);
  }
}

/* The date */

static void a_date_is_utc(void **state) {
  (void)state;
  char date[SDK_HMAC_DATE_SIZE];
  static const struct {
    time_t time;
    const char *date;
  } dates[] = {{0, "19700101T000000Z"},
               {1573789015, "20191115T033655Z"},
               {1709251199, "20240229T235959Z"},
               {INT32_MAX, "20380119T031407Z"}};
  setenv("TZ", "America/New_York", 1);
  tzset();
  for (size_t i = 0; i < COUNT(dates); i++) {
    sdk_hmac_date(date, dates[i].time);
    assert_string_equal(date, dates[i].date);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_step_is_as_expected),
      cmocka_unit_test(no_body_is_an_empty_body),
      cmocka_unit_test(no_failure_is_overlooked),
      cmocka_unit_test(no_secret_is_freed),
      cmocka_unit_test(no_key_is_left_on_the_stack),
      cmocka_unit_test(too_many_headers_are_an_error),
      cmocka_unit_test(too_many_parameters_are_an_error),
      cmocka_unit_test(a_full_buffer_is_an_error),
      cmocka_unit_test(a_date_is_utc),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
