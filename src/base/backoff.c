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

msec_t backoff_jitter(msec_t most) {
  return (msec_t)(random_number() % ((uint64_t)most + 1));
}

void backoff_obey(struct backoff *b, msec_t wait, msec_t now) {
  if (now + wait > b->until)
    b->until = now + wait;
}

static void grow(struct backoff *b, msec_t least, msec_t most) {
  b->last = b->last == 0 ? least : msec_min(2 * b->last, most);
}

void backoff_grow(struct backoff *b, msec_t least, msec_t most, msec_t now) {
  grow(b, least, most);
  backoff_obey(b, b->last / 2 + backoff_jitter(b->last - b->last / 2), now);
}

void backoff_grow_exactly(struct backoff *b, msec_t least, msec_t most,
                          msec_t now) {
  grow(b, least, most);
  backoff_obey(b, b->last, now);
}
