/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The times at which an account may be tried. */

#include "auth/account.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MINUTE (60 * 1000)
#define HOUR (60 * MINUTE)
#define PAUSE_MIN MINUTE
#define PAUSE_MAX (30 * MINUTE)
/* Up to so many rejections in an hour a replaced value ends the pause. */
#define REPLACED_TRIES_MAX 3
/* How long an untried value keeps its turn. */
#define UNTRIED_FIRST_MS (10 * MINUTE)

/* Without random numbers the digests are still only in this process. */
static const uint8_t *digest_key(size_t *len) {
  static uint8_t key[32];
  static bool is_set;
  if (!is_set)
    is_set = getrandom(key, sizeof(key), GRND_NONBLOCK) >= 0;
  *len = sizeof(key);
  return key;
}

static struct account_digest digest_of(const struct secret *s) {
  struct account_digest d = {.is_set = true};
  size_t key_len;
  const uint8_t *key = digest_key(&key_len);
  sdk_hmac_digest(d.bytes, key, key_len, s->value.data, s->value.len);
  return d;
}

static bool is_same_digest(const struct account_digest *a,
                           const struct account_digest *b) {
  return a->is_set && b->is_set &&
         memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static struct account_digest *find_rejected(struct account *a,
                                            const struct account_digest *d) {
  for (size_t i = 0; i < ACCOUNT_REJECTED_MAX; i++)
    if (is_same_digest(&a->rejected[i], d))
      return &a->rejected[i];
  return NULL;
}

struct account *account_open(struct registry *all, struct buf *key,
                             struct err *err) {
  struct registry_entry *entry = registry_find(all, key);
  if (entry != NULL)
    return (struct account *)entry;
  struct account *a = calloc(1, sizeof(*a));
  if (a == NULL)
    return err_memory(err), NULL;
  registry_add(all, &a->entry, key);
  return a;
}

void account_close(struct account *a) {
  if (a != NULL && registry_release(&a->entry))
    free(a);
}

static unsigned rejections_in_an_hour(const struct account *a, msec_t now) {
  unsigned count = 0;
  for (unsigned i = 0; i < ACCOUNT_TRIES_MAX && i < a->rejections; i++)
    count += now - a->tries[i] < HOUR;
  return count;
}

static bool is_allowed(struct account *a, const struct account_digest *d,
                       bool replaced, msec_t now) {
  unsigned recent = rejections_in_an_hour(a, now);
  bool was_rejected = find_rejected(a, d) != NULL;
  if (is_same_digest(d, &a->accepted))
    return true;
  if (recent >= ACCOUNT_TRIES_MAX)
    return false;
  if (replaced && !was_rejected && recent <= REPLACED_TRIES_MAX)
    return true;
  if (backoff_is_active(&a->pause, now)) {
    a->untried_waits = a->untried_waits || !was_rejected;
    return false;
  }
  return !was_rejected || !a->untried_waits ||
         now >= a->pause.until + UNTRIED_FIRST_MS;
}

bool account_allows(struct account *a, const struct secret *s, bool replaced,
                    msec_t now, struct err *err) {
  struct account_digest d = digest_of(s);
  return is_allowed(a, &d, replaced, now) ||
         err_set(err, a->err.kind, "%s", a->err.text);
}

void account_accept(struct account *a, const struct secret *s) {
  a->accepted = digest_of(s);
  struct account_digest *rejected = find_rejected(a, &a->accepted);
  if (rejected != NULL)
    *rejected = (struct account_digest){0};
  backoff_reset(&a->pause);
}

void account_reject(struct account *a, const struct secret *s,
                    const struct err *err, msec_t now) {
  struct account_digest d = digest_of(s);
  a->err = *err;
  if (is_same_digest(&d, &a->accepted))
    a->accepted.is_set = false;
  if (find_rejected(a, &d) == NULL) {
    a->untried_waits = false;
    a->rejected[a->rejected_len++ % ACCOUNT_REJECTED_MAX] = d;
  }
  a->tries[a->rejections++ % ACCOUNT_TRIES_MAX] = now;
  backoff_grow_exactly(&a->pause, PAUSE_MIN, PAUSE_MAX, now);
}

void account_excuse(struct account *a, const struct secret *s) {
  struct account_digest d = digest_of(s), *rejected = find_rejected(a, &d);
  if (rejected != NULL)
    rejected->is_set = false;
  a->pause = (struct backoff){0};
}
