/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The thread over projects and a network that the test plays: each event steps
 * the projects that it concerns, however many others there are. */

#include "unit.h"

#include "poll/poller.h"

#include <stdlib.h>

#define PROJECTS 1000
#define INTERVAL_S 60

/* Projects, in place of poll/project.c. */

struct project {
  struct project_config config;
  void (*wake_owner)(void *arg);
  void *arg;
  int started, skipped, stepped, stopped;
  msec_t again;
  bool polling, awaits_credentials;
};

static struct project projects[PROJECTS];
static msec_t now = 1000000;
static size_t stepped, started; /* of all */
static msec_t last_start;
static size_t start_times; /* at which any project started */

const struct project_config *project_config(const struct project *p) {
  return &p->config;
}

void project_free(struct project *p) { (void)p; }

void project_start(struct project *p, msec_t at, msec_t budget) {
  assert_true(at == now && budget > 0 && budget < INTERVAL_S * 1000);
  p->started++;
  started++;
  start_times += at != last_start;
  last_start = at;
  p->polling = true;
}

void project_skip(struct project *p) { p->skipped++; }

bool project_is_polling(const struct project *p) { return p->polling; }

msec_t project_step(struct project *p, msec_t at) {
  assert_true(at == now);
  p->stepped++;
  stepped++;
  return p->again;
}

void project_watch(struct project *p, void (*wake_owner)(void *arg),
                   void *arg) {
  p->wake_owner = wake_owner;
  p->arg = arg;
}

bool project_awaits_credentials(const struct project *p) {
  return p->awaits_credentials;
}

void project_stop(struct project *p) { p->stopped++; }

/* The network and the clock: each http_poll is the next turn of a test. */

static struct poller *poller;
static bool (*turn)(int timeout); /* false: stop */

msec_t clock_now(void) { return now; }

void http_poll(struct http *http, int timeout) {
  (void)http;
  if (!turn(timeout))
    poller_stop(poller);
}

void http_wakeup(struct http *http) { (void)http; }
void http_interrupt(struct http *http) { (void)http; }

void http_free(struct http *http) { (void)http; }

static msec_t next_turn = CLOCK_NEVER;

static msec_t take_turn(msec_t at) {
  assert_true(at == now);
  return next_turn;
}

static void run(bool (*next)(int timeout)) {
  poller = poller_new(NULL, take_turn, PROJECTS, NULL);
  stepped = started = start_times = 0;
  for (int i = 0; i < PROJECTS; i++) {
    projects[i] =
        (struct project){.config.interval = INTERVAL_S, .again = CLOCK_NEVER};
    assert_int_equal(poller_add(poller, &projects[i]), i);
  }
  turn = next;
  poller_run(poller);
  for (int i = 0; i < PROJECTS; i++)
    assert_int_equal(projects[i].stopped, 1);
  poller_free(poller);
}

/* Each turn a response for one of them. */
static bool respond(int timeout) {
  static size_t turns;
  (void)timeout;
  assert_int_equal(stepped, turns);
  struct project *p = &projects[turns * 7 % PROJECTS];
  p->wake_owner(p->arg);
  p->wake_owner(p->arg);
  return ++turns < 5000;
}

static void a_response_steps_its_project_alone(void **state) {
  (void)state;
  run(respond);
}

/* All become due together: each starts at its own time, once. */
static bool start_all(int timeout) {
  static int turns;
  if (turns == 0)
    for (int i = 0; i < PROJECTS; i++) {
      poller_due(poller, i);
      poller_due(poller, i);
    }
  else
    now += timeout;
  assert_true(timeout <= 3600 * 1000);
  return ++turns < 3 * PROJECTS && started < PROJECTS;
}

static void projects_start_apart(void **state) {
  (void)state;
  run(start_all);
  for (int i = 0; i < PROJECTS; i++)
    assert_true(projects[i].started == 1 && projects[i].skipped == 0);
  assert_between(stepped, PROJECTS, 3 * PROJECTS);
  /* Every 20 ms of the first quarter of the interval. */
  assert_int_equal(start_times, INTERVAL_S * 1000 / 4 / 20 + 1);
}

/* As `collectd -T` polls them. */
static bool start_together(int timeout) {
  static int turns;
  (void)timeout;
  if (turns == 0)
    poller_due_all(poller);
  return ++turns < 3;
}

static void a_test_starts_all_at_once(void **state) {
  (void)state;
  run(start_together);
  for (int i = 0; i < PROJECTS; i++)
    assert_true(projects[i].started == 1 && projects[i].skipped == 0);
  assert_int_equal(start_times, 1);
}

static bool be_busy(int timeout) {
  static int turns;
  (void)timeout;
  projects[3].polling = true;
  poller_due(poller, 3);
  return ++turns < 4;
}

static void a_project_that_is_polling_skips(void **state) {
  (void)state;
  run(be_busy);
  assert_int_equal(projects[3].skipped, 4);
  assert_int_equal(projects[3].started, 0);
}

/* A time that has come, and one that has passed. */
static bool wait_for_times(int timeout) {
  static int turns;
  if (turns == 0) {
    projects[5].again = now + 500;
    projects[5].wake_owner(projects[5].arg);
  } else if (turns == 1) {
    assert_int_equal(timeout, 500);
    now += 500;
    projects[5].again = now - 1;
  } else {
    assert_int_equal(timeout, 1);
    assert_int_equal(stepped, turns);
    now += 1;
  }
  return ++turns < 5;
}

static void a_project_is_stepped_at_its_time(void **state) {
  (void)state;
  run(wait_for_times);
}

/* Values that were gathered wait for it, and no project does. */
static bool wait_in_line(int timeout) {
  assert_int_equal(timeout, 50);
  return false;
}

static void a_turn_comes_at_its_time(void **state) {
  (void)state;
  next_turn = now + 50;
  run(wait_in_line);
  next_turn = CLOCK_NEVER;
}

/* Another project's login. */
static bool log_in(int timeout) {
  static int turns;
  (void)timeout;
  if (turns == 0) {
    projects[2].awaits_credentials = projects[9].awaits_credentials = true;
    projects[2].wake_owner(projects[2].arg);
    projects[9].wake_owner(projects[9].arg);
  }
  if (turns == 3)
    projects[2].awaits_credentials = false;
  return ++turns < 10;
}

static void a_project_that_awaits_credentials_looks_again(void **state) {
  (void)state;
  run(log_in);
  assert_int_equal(projects[2].stepped, 4);
  assert_int_equal(projects[9].stepped, 9);
  assert_int_equal(stepped, 13);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_response_steps_its_project_alone),
      cmocka_unit_test(projects_start_apart),
      cmocka_unit_test(a_test_starts_all_at_once),
      cmocka_unit_test(a_project_that_is_polling_skips),
      cmocka_unit_test(a_project_is_stepped_at_its_time),
      cmocka_unit_test(a_turn_comes_at_its_time),
      cmocka_unit_test(a_project_that_awaits_credentials_looks_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
