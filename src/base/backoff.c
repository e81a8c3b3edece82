/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Pauses that are told, and pauses that grow. */

#include "base/backoff.h"

#include <stdlib.h>

void backoff_obey(struct backoff *b, msec_t wait, msec_t now) {
  if (now + wait > b->until)
    b->until = now + wait;
}

void backoff_grow(struct backoff *b, msec_t least, msec_t most, msec_t now) {
  b->last = b->last == 0 ? least : msec_min(2 * b->last, most);
  backoff_obey(b, b->last / 2 + random() % (b->last / 2 + 1), now);
}
