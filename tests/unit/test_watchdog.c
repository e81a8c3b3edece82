/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Which sockets are shut down, and which are not. */

#include "unit.h"

#include "net/watchdog.h"

#include <sys/socket.h>
#include <unistd.h>

static struct watchdog watchdog;
static int pair[2];

static int set_up(void **state) {
  (void)state;
  watchdog_init(&watchdog);
  return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int tear_down(void **state) {
  (void)state;
  watchdog_finish(&watchdog);
  close(pair[0]);
  close(pair[1]);
  return 0;
}

static bool is_shut_down(void) {
  return send(pair[0], "", 1, MSG_NOSIGNAL) < 0;
}

static void check_when_it_is_late(void) {
  watchdog_check(&watchdog, clock_now() + WATCHDOG_MAX);
}

static void a_socket_that_holds_the_thread_is_shut_down(void **state) {
  (void)state;
  watchdog_begin(&watchdog, pair[0]);
  watchdog_check(&watchdog, clock_now());
  assert_false(is_shut_down());
  check_when_it_is_late();
  assert_true(is_shut_down());
  assert_true(watchdog_end(&watchdog));
}

/* Its number may be another thread's by then. */
static void a_closed_socket_is_left_alone(void **state) {
  (void)state;
  watchdog_begin(&watchdog, pair[0]);
  watchdog_forget(&watchdog, pair[0]);
  check_when_it_is_late();
  assert_false(is_shut_down());
  assert_false(watchdog_end(&watchdog));
}

static void another_closed_socket_changes_nothing(void **state) {
  (void)state;
  watchdog_begin(&watchdog, pair[0]);
  watchdog_forget(&watchdog, pair[1]);
  check_when_it_is_late();
  assert_true(is_shut_down());
}

static void nothing_is_shut_down_after_the_call(void **state) {
  (void)state;
  watchdog_begin(&watchdog, pair[0]);
  assert_false(watchdog_end(&watchdog));
  check_when_it_is_late();
  assert_false(is_shut_down());
}

static void the_stop_shuts_down_each(void **state) {
  (void)state;
  watchdog_stop(&watchdog);
  watchdog_begin(&watchdog, pair[0]);
  assert_true(is_shut_down());
  assert_false(watchdog_end(&watchdog)); /* not because it took too long */
}

#define GUARD_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      GUARD_TEST(a_socket_that_holds_the_thread_is_shut_down),
      GUARD_TEST(a_closed_socket_is_left_alone),
      GUARD_TEST(another_closed_socket_changes_nothing),
      GUARD_TEST(nothing_is_shut_down_after_the_call),
      GUARD_TEST(the_stop_shuts_down_each),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
