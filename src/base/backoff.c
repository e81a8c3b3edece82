/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Pauses that the service requests, and pauses that grow. */

#include "base/backoff.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Early at boot the kernel may have no random numbers yet. */
static uint64_t random_number(void) {
  uint64_t number;
  struct timespec now;
  if (getrandom(&number, sizeof(number), GRND_NONBLOCK) == sizeof(number))
    return number;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_nsec * 2654435761U + (uint64_t)getpid();
}

msec_t backoff_jitter(msec_t max) {
  return (msec_t)(random_number() % ((uint64_t)max + 1));
}

void backoff_obey(struct backoff *b, msec_t wait, msec_t now) {
  if (now + wait > b->until)
    b->until = now + wait;
}

static void grow_pause(struct backoff *b, msec_t min, msec_t max) {
  b->last = b->last == 0 ? min : msec_min(2 * b->last, max);
}

void backoff_grow(struct backoff *b, msec_t min, msec_t max, msec_t now) {
  grow_pause(b, min, max);
  backoff_obey(b, b->last / 2 + backoff_jitter(b->last - b->last / 2), now);
}

void backoff_grow_exactly(struct backoff *b, msec_t min, msec_t max,
                          msec_t now) {
  grow_pause(b, min, max);
  backoff_obey(b, b->last, now);
}
