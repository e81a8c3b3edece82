/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors */

#include "unit.h"

#include "net/event_loop.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct event_loop loop;
static int ours, peer;

static int set_up(void **state) {
  int pair[2];
  (void)state;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
    return 1;
  ours = pair[0];
  peer = pair[1];
  return !event_loop_init(&loop, NULL);
}

static int tear_down(void **state) {
  (void)state;
  close(ours);
  close(peer);
  event_loop_finish(&loop);
  return 0;
}

static void watch(bool readable, bool writable) {
  event_loop_watch(
      &loop,
      &(struct event){.fd = ours, .readable = readable, .writable = writable});
}

static bool is_reported(void) {
  struct event event = {.fd = -1};
  return event_loop_wait(&loop, 0, &event) && event.fd == ours;
}

/* In the kernel's set, whatever the loop believes. */
static bool is_in_epoll(void) {
  struct epoll_event e = {.events = EPOLLIN, .data.fd = ours};
  bool added = epoll_ctl(loop.epoll, EPOLL_CTL_ADD, ours, &e) == 0;
  if (added)
    epoll_ctl(loop.epoll, EPOLL_CTL_DEL, ours, &e);
  return !added;
}

static void events_are_replaced(void **state) {
  (void)state;
  watch(true, false);
  assert_false(is_reported());
  watch(false, true);
  assert_true(is_reported());
  event_loop_unwatch(&loop, ours);
  assert_false(is_in_epoll());
  assert_false(is_reported());
}

static void an_owned_one_rests_between_two_uses(void **state) {
  (void)state;
  event_loop_own(&loop, ours);
  watch(true, false);
  event_loop_unwatch(&loop, ours);
  assert_true(is_in_epoll());
  watch(true, false);
  assert_int_equal(write(peer, "x", 1), 1);
  assert_true(is_reported());
  event_loop_unwatch(&loop, ours);
  assert_false(is_reported()); /* it is ready, but nothing waits for it */
  assert_false(is_in_epoll()); /* so it would be ready for ever */
  watch(true, false);
  assert_true(is_reported());
}

/* The next use must not take them for its own. */
static void bytes_that_come_between_two_uses_end_the_connection(void **state) {
  (void)state;
  char byte;
  event_loop_own(&loop, ours);
  watch(true, false);
  event_loop_unwatch(&loop, ours);
  assert_int_equal(write(peer, "x", 1), 1);
  assert_false(is_reported());
  assert_int_equal(read(ours, &byte, 1), 0);
  assert_int_equal(read(peer, &byte, 1), 0);
}

static void a_closed_socket_is_not_removed(void **state) {
  (void)state;
  event_loop_own(&loop, ours);
  watch(true, false);
  event_loop_close(&loop, ours);
  assert_int_equal(dup2(peer, ours), ours); /* another has its number */
  struct epoll_event e = {.events = EPOLLIN, .data.fd = ours};
  assert_int_equal(epoll_ctl(loop.epoll, EPOLL_CTL_ADD, ours, &e), 0);
  event_loop_unwatch(&loop, ours);
  assert_true(is_in_epoll());
}

/* libcurl closes some without a word. */
static void a_number_that_was_closed_unseen_is_watched_again(void **state) {
  (void)state;
  watch(false, true);
  close(ours);
  assert_int_equal(dup2(peer, ours), ours);
  watch(false, true);
  assert_true(is_reported());
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(events_are_replaced, set_up, tear_down),
      cmocka_unit_test_setup_teardown(an_owned_one_rests_between_two_uses,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(
          bytes_that_come_between_two_uses_end_the_connection, set_up,
          tear_down),
      cmocka_unit_test_setup_teardown(a_closed_socket_is_not_removed, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(
          a_number_that_was_closed_unseen_is_watched_again, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
