/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A whole cycle over real sockets, login, lists of jobs and libcurl included,
 * with memory that is short once: at its first allocation, at its second, and
 * so on. */

#include "alloc.h"
#include "config_fixture.h"

#include "poll/project.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS 4
#define BUDGET 120000 /* milliseconds: only a hang takes longer */

/* A service in a process of its own, lest its memory be counted. */

static pid_t service;
static int port;

static void respond(int fd, const char *request) {
  static const char drs[] =
      "{\"results\":[{\"job_id\":\"%s\",\"progress\":\"5\"},"
      "{\"job_id\":\"%s\",\"progress_map\":{\"data\":{\"completed\":\"9%%\"}}}"
      "]}";
  bool login = strstr(request, "/auth/tokens") != NULL;
  bool list = strstr(request, "/jobs HTTP") != NULL;
  bool first = strstr(request, "\"0\"") != NULL;
  char body[512], head[512];
  if (login)
    snprintf(body, sizeof(body),
             "{\"token\":{\"expires_at\":\"2099-01-01T00:00:00.000000Z\"}}");
  else if (list)
    snprintf(body, sizeof(body), "{\"jobs\":[%s]}",
             strstr(request, "\"migration\"") == NULL
                 ? ""
                 : "{\"id\":\"2\",\"name\":\"two\"},{\"id\":\"3\"}");
  else
    snprintf(body, sizeof(body), drs, first ? "0" : "2", first ? "1" : "3");
  snprintf(head, sizeof(head),
           "HTTP/1.1 %s\r\nContent-Length: %zu\r\nX-Subject-Token: t\r\n\r\n",
           login ? "201 Created" : "202 Accepted", strlen(body));
  dprintf(fd, "%s%s", head, body);
}

/* Requests come whole, or in two pieces: head and body. */
static void serve(int fd) {
  char request[8192];
  size_t len = 0;
  for (ssize_t n;
       (n = read(fd, request + len, sizeof(request) - 1 - len)) > 0;) {
    len += (size_t)n;
    request[len] = '\0';
    const char *end = strstr(request, "\r\n\r\n");
    const char *length = strcasestr(request, "Content-Length:");
    if (end == NULL || length == NULL ||
        strlen(end + 4) < strtoul(length + 15, NULL, 10))
      continue;
    respond(fd, request);
    len = 0;
  }
  _exit(0);
}

static int start_service(void **state) {
  (void)state;
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof(at);
  int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(door, (struct sockaddr *)&at, size) != 0 || listen(door, 64) != 0 ||
      getsockname(door, (struct sockaddr *)&at, &size) != 0)
    return -1;
  port = ntohs(at.sin_port);
  service = fork();
  if (service == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    for (int fd; (fd = accept(door, NULL, NULL)) >= 0; close(fd))
      if (fork() == 0)
        serve(fd);
    _exit(1);
  }
  close(door);
  return service > 0 ? 0 : -1;
}

static int stop_service(void **state) {
  (void)state;
  kill(service, SIGKILL);
  return waitpid(service, NULL, 0) == service ? 0 : -1;
}

/* libc's own would take its memory past us, by the one name or by that which
 * _FORTIFY_SOURCE gives it. */
int __wrap_asprintf(char **to, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **to, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int print(char **to, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

static int print(char **to, const char *format, va_list ap) {
  char text[1024];
  int len = vsnprintf(text, sizeof(text), format, ap);
  *to = strdup(text);
  return *to == NULL ? -1 : len;
}

int __wrap_asprintf(char **to, const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  int len = print(to, format, ap);
  va_end(ap);
  return len;
}

int __wrap___asprintf_chk(char **to, int flag, const char *format, ...) {
  va_list ap;
  (void)flag;
  va_start(ap, format);
  int len = print(to, format, ap);
  va_end(ap);
  return len;
}

/* A read */

static struct {
  size_t items[JOB_CALLS];
  bool finished, error;
} seen;

static void on_started(void *arg) { (void)arg; }

static void on_item(void *arg, const struct job *job, enum job_call call,
                    const struct job_item *item) {
  (void)arg, (void)job, (void)item;
  seen.items[call]++;
}

static void on_changed(void *arg, const struct change *change) {
  (void)arg, (void)change;
}

static void on_finished(void *arg, const struct project_result *result) {
  (void)arg;
  seen.finished = true;
  seen.error =
      (result->file_change != NULL && err_is_set(result->file_change)) ||
      (result->discovery_change != NULL &&
       err_is_set(result->discovery_change));
  const struct err *change = result->call_changes[JOB_RPO_AND_RTO];
  seen.error = seen.error || (change != NULL && err_is_set(change));
  for (int kind = ERR_NONE + 1; kind < ERR_KINDS; kind++)
    if (kind != ERR_JOB) /* the service rejects none */
      seen.error = seen.error || err_is_set(&result->errors[kind]);
}

static const struct project_events events = {on_started, on_item, on_changed,
                                             on_finished};

typedef void credentials_fn(struct credential_config *c);

static char url[64], identity_url[64];

static void with_token(struct credential_config *c) {
  static char token[] = "token";
  c->type = CREDENTIAL_TOKEN;
  c->token.value = token;
}

static void with_login(struct credential_config *c) {
  static char domain[] = "d", user[] = "u", password[] = "p";
  c->type = CREDENTIAL_PASSWORD;
  c->identity_endpoint = identity_url;
  c->domain_name = domain;
  c->user = user;
  c->password.value = password;
}

static void with_key(struct credential_config *c) {
  static char access_key[] = "ak", secret_key[] = "sk";
  c->type = CREDENTIAL_ACCESS_KEY;
  c->access_key = access_key;
  c->secret_key.value = secret_key;
}

/* Whether the jobs are configured; else half are in a file, and half in the
 * service's list. */
static bool configured = true;
static bool also_rpo; /* a second call is made */
static char jobs_file[] = "/tmp/test_read_memory.XXXXXX";

static bool set_jobs(struct project_config *c) {
  if (configured)
    return config_fixture_add_jobs(c, JOBS);
  c->discover_jobs = true;
  c->discover_interval = 600;
  c->jobs_file = jobs_file;
  return true;
}

static bool configure(struct project_config *c, credentials_fn *credentials) {
  static char no_proxy[] = "";
  snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
  snprintf(identity_url, sizeof(identity_url), "http://127.0.0.1:%d/v3", port);
  *c = config_fixture();
  c->timeout = BUDGET / 2;
  c->batch_size = 2;
  c->max_parallel = 2;
  c->endpoint = url;
  c->connect.proxy = no_proxy;
  c->calls[JOB_RPO_AND_RTO] = also_rpo;
  c->credential = (struct credential_config){0};
  credentials(&c->credential);
  return set_jobs(c);
}

/* Whether a project could be made, and its cycle reported the result. */
static bool read_once(struct http *http, credentials_fn *credentials) {
  struct auths auths = {0};
  const struct project_env env = {.http = http, .auths = &auths};
  struct project_config c;
  bool is_set = configure(&c, credentials);
  struct project *p =
      is_set ? project_new(&c, &env, &events, NULL, NULL) : NULL;
  if (p == NULL) {
    config_fixture_free(&c);
    return false;
  }
  /* The file of jobs was looked at before, and is at rest now. */
  project_start(p, clock_now() - FILE_REST, BUDGET + FILE_REST);
  for (;;) {
    msec_t again = project_step(p, clock_now());
    if (!project_is_polling(p))
      break;
    http_poll(http, msec_left(again, clock_now(), BUDGET));
  }
  project_free(p);
  config_fixture_free(&c);
  return true;
}

/* One whole life; true: every job was reported. */
static bool live(credentials_fn *credentials) {
  memset(&seen, 0, sizeof(seen));
  struct http *http = http_new("test", 0, NULL);
  bool made = http != NULL && read_once(http, credentials);
  http_free(http);
  bool all = seen.items[JOB_PROGRESS] == JOBS &&
             seen.items[JOB_RPO_AND_RTO] == (also_rpo ? JOBS : 0);
  if (made && !seen.finished)
    fail_msg("a read has no end");
  if (made && !all && !seen.error)
    fail_msg("%zu and %zu of %d jobs were seen, and no error",
             seen.items[JOB_PROGRESS], seen.items[JOB_RPO_AND_RTO], JOBS);
  return made && all;
}

/* libcurl leaves a resolver that is late to itself, and to clear up. */
static void assert_all_is_freed(long n) {
  for (int ms = 0; alloc.live != 0 && ms < BUDGET; ms++)
    usleep(1000);
  if (alloc.live != 0)
    fail_msg("%ld blocks left where allocation %ld fails", (long)alloc.live, n);
}

/* libcurl may do without what it did not get; it may not lose what it got. An
 * early failure ends the life early, so the count of the first life shows how
 * many there are. */
static void fail_each(credentials_fn *credentials) {
  alloc_reset();
  assert_true(live(credentials));
  assert_all_is_freed(0);
  long all = alloc.calls, failures = 0;
  for (long n = 1; n <= all; n++) {
    alloc_reset();
    alloc.fail_at = n;
    failures += !live(credentials);
    assert_all_is_freed(n);
  }
  print_message("%ld allocations, %ld of them vital\n", all, failures);
  assert_true(failures > all / 4);
}

static void a_token_read(void **state) {
  (void)state;
  fail_each(with_token);
}

static void a_login_and_a_read(void **state) {
  (void)state;
  fail_each(with_login);
}

static void a_signed_read(void **state) {
  (void)state;
  fail_each(with_key);
}

static void a_read_with_two_calls(void **state) {
  (void)state;
  also_rpo = true;
  fail_each(with_token);
  also_rpo = false;
}

static void a_read_that_finds_its_jobs(void **state) {
  (void)state;
  static const char lines[] = "0 zero\n1\n";
  int fd = mkstemp(jobs_file);
  assert_int_equal(write(fd, lines, sizeof(lines) - 1), sizeof(lines) - 1);
  close(fd);
  configured = false;
  fail_each(with_token);
  configured = true;
  unlink(jobs_file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token_read),
      cmocka_unit_test(a_read_with_two_calls),
      cmocka_unit_test(a_read_that_finds_its_jobs),
      cmocka_unit_test(a_login_and_a_read),
      cmocka_unit_test(a_signed_read),
  };
  return cmocka_run_group_tests(tests, start_service, stop_service);
}
