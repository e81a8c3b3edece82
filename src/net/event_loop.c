/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Level-triggered epoll, one event at a time: the kernel then reports
 * the ready descriptors in turn, and no event can be stale. */

#include "net/event_loop.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of a buffer each, from a connection that is not used any more. */
#define READS_MAX 64

struct watched {
  uint32_t events; /* in the epoll; 0: it is not there */
  bool owned, idle;
};

static bool is_watched(const struct event_loop *loop, int fd) {
  return (size_t)fd < loop->watched_len && loop->watched[fd].events != 0;
}

static bool make_room(struct event_loop *loop, size_t fd) {
  if (fd < loop->watched_len)
    return true;
  size_t len = 2 * fd + 1;
  struct watched *more = reallocarray(loop->watched, len, sizeof(*more));
  if (more == NULL)
    return false;
  memset(&more[loop->watched_len], 0,
         (len - loop->watched_len) * sizeof(*more));
  loop->watched = more;
  loop->watched_len = len;
  return true;
}

bool event_loop_init(struct event_loop *loop, struct err *err) {
  *loop = (struct event_loop){
      .epoll = epoll_create1(EPOLL_CLOEXEC),
      .wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
  };
  if (loop->epoll < 0 || loop->wakeup < 0)
    return err_set(err, ERR_LOCAL, "no file descriptor for the event loop: %m");
  struct event event = {.fd = loop->wakeup, .readable = true};
  event_loop_watch(loop, &event);
  return is_watched(loop, loop->wakeup) || err_memory(err);
}

void event_loop_finish(struct event_loop *loop) {
  if (loop->epoll >= 0)
    close(loop->epoll);
  if (loop->wakeup >= 0)
    close(loop->wakeup);
  free(loop->watched);
}

/* libcurl closes by itself, and tells nobody, a socket that did not become a
 * connection: the entry of the number is of a descriptor that is gone. */
void event_loop_own(struct event_loop *loop, int fd) {
  if (fd >= 0 && make_room(loop, (size_t)fd))
    loop->watched[fd] = (struct watched){.owned = true};
}

static void forget(struct event_loop *loop, int fd) {
  struct epoll_event unused = {0};
  epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, &unused);
  loop->watched[fd].events = 0;
  loop->watched[fd].idle = false;
}

/* A child of another thread may have a copy of it, which would keep a closed
 * one in the epoll. */
void event_loop_close(struct event_loop *loop, int fd) {
  if (is_watched(loop, fd))
    forget(loop, fd);
  if ((size_t)fd < loop->watched_len)
    loop->watched[fd].owned = false;
  close(fd);
}

void event_loop_watch(struct event_loop *loop, const struct event *event) {
  struct epoll_event e = {.data.fd = event->fd,
                          .events = (event->readable ? EPOLLIN : 0U) |
                                    (event->writable ? EPOLLOUT : 0U)};
  /* A failure leaves the transfer to its timeout. */
  if (!make_room(loop, (size_t)event->fd))
    return;
  struct watched *w = &loop->watched[event->fd];
  bool unchanged = w->idle && w->events == e.events;
  w->idle = false;
  if (unchanged)
    return;
  if (w->events == 0 ||
      epoll_ctl(loop->epoll, EPOLL_CTL_MOD, event->fd, &e) != 0)
    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, event->fd, &e);
  w->events = e.events;
}

void event_loop_unwatch(struct event_loop *loop, int fd) {
  if (!is_watched(loop, fd))
    return;
  if (loop->watched[fd].owned)
    loop->watched[fd].idle = true;
  else
    forget(loop, fd);
}

/* The server closed it, or sent a response that nobody requested, which the
 * next request would take for its own. libcurl notices at the next use. */
static void end_idle(struct event_loop *loop, int fd) {
  char unread[16 * 1024];
  forget(loop, fd);
  shutdown(fd, SHUT_RDWR);
  for (int i = 0; i < READS_MAX; i++)
    if (recv(fd, unread, sizeof(unread), MSG_DONTWAIT) <= 0)
      return;
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
  if (loop->watched[e.data.fd].idle) {
    end_idle(loop, e.data.fd);
    return false;
  }
  *ret_event = (struct event){
      .fd = e.data.fd,
      .readable = (e.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0,
      .writable = (e.events & EPOLLOUT) != 0};
  return true;
}

void event_loop_wakeup(struct event_loop *loop) {
  uint64_t one = 1;
  /* Fails only where 2^64 wakeups are pending. */
  (void)!write(loop->wakeup, &one, sizeof(one));
}
