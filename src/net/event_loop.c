/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Level-triggered epoll, one event at a time: the kernel then reports
 * the ready descriptors in turn, and no event can be stale. */

#include "net/event_loop.h"

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool event_loop_init(struct event_loop *loop, struct err *err) {
  loop->epoll = epoll_create1(EPOLL_CLOEXEC);
  loop->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (loop->epoll >= 0 && loop->wakeup >= 0) {
    struct event event = {.fd = loop->wakeup, .readable = true};
    event_loop_watch(loop, &event, false);
    return true;
  }
  event_loop_finish(loop);
  return err_set(err, ERR_LOCAL, "no file descriptor for the event loop: %m");
}

void event_loop_finish(struct event_loop *loop) {
  if (loop->epoll >= 0)
    close(loop->epoll);
  if (loop->wakeup >= 0)
    close(loop->wakeup);
  loop->epoll = loop->wakeup = -1;
}

void event_loop_watch(struct event_loop *loop, const struct event *event,
                      bool known) {
  struct epoll_event e = {.data.fd = event->fd,
                          .events = (event->readable ? EPOLLIN : 0U) |
                                    (event->writable ? EPOLLOUT : 0U)};
  /* A failure leaves the transfer to its timeout. */
  epoll_ctl(loop->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, event->fd, &e);
}

/* libcurl may have closed it, and another thread have got its number since:
 * then it is not in this epoll, and nothing is done. */
void event_loop_unwatch(struct event_loop *loop, int fd) {
  struct epoll_event unused = {0};
  epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, &unused);
}

bool event_loop_wait(struct event_loop *loop, int timeout,
                     struct event *ret_event) {
  struct epoll_event e;
  if (epoll_wait(loop->epoll, &e, 1, timeout) != 1)
    return false;
  if (e.data.fd == loop->wakeup) {
    uint64_t count;
    (void)!read(loop->wakeup, &count, sizeof(count));
    return false;
  }
  *ret_event =
      (struct event){.fd = e.data.fd,
                     .readable = (e.events & (EPOLLIN | EPOLLHUP)) != 0,
                     .writable = (e.events & EPOLLOUT) != 0,
                     .error = (e.events & EPOLLERR) != 0};
  return true;
}

void event_loop_wakeup(struct event_loop *loop) {
  uint64_t one = 1;
  /* Fails only where 2^64 wakeups are pending. */
  (void)!write(loop->wakeup, &one, sizeof(one));
}
