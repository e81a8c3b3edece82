/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * An account is locked by its service after a few rejections: a user of an
 * identity service, or an access key. All credentials that name one account
 * share its pause, whichever file or option their secrets come from. Identity
 * services lock a user after 3 to 10 rejected logins, a service an access key
 * after 5 rejected signatures; so there are at most six tries in any hour:
 * after 1, 2, 4, 8, 16 and then every 30 minutes.
 *
 * A file with a value that was never rejected ends the pause, three times in an
 * hour. Rejected values are remembered by a digest. A value that was accepted
 * last may always be used: rejections of others say nothing about it. */

#ifndef DRS_AUTH_ACCOUNT_H
#define DRS_AUTH_ACCOUNT_H

#include "auth/registry.h"
#include "auth/sdk_hmac.h"
#include "base/backoff.h"
#include "base/secret.h"

#define ACCOUNT_TRIES_MAX 6
#define ACCOUNT_REJECTED_MAX 32

struct account_digest {
  bool is_set;
  uint8_t bytes[SDK_HMAC_DIGEST_SIZE];
};

/* All zero but for the entry: never tried. */
struct account {
  struct registry_entry entry;
  const void *trying; /* the credential that has a try in flight; or NULL */
  struct backoff pause;
  struct err err;                  /* the last rejection */
  msec_t tries[ACCOUNT_TRIES_MAX]; /* times of the last rejections */
  unsigned rejections;             /* so far */
  bool untried_waits;              /* a value never tried awaits the end of
                                      the pause, and goes first then */
  struct account_digest accepted;  /* the value accepted last */
  struct account_digest rejected[ACCOUNT_REJECTED_MAX]; /* the oldest leave */
  unsigned rejected_len;
};

/* The account of this key, of which the caller keeps nothing. NULL: out of
 * memory. */
struct account *account_open(struct registry *all, struct buf *key,
                             struct err *err);
void account_close(struct account *a);

/* Whether this value may be tried now. `replaced`: it has just replaced another
 * one in its file. False: `err` is the last rejection. */
bool account_allows(struct account *a, const struct secret *s, bool replaced,
                    msec_t now, struct err *err);

/* The outcome of a try. A rejection takes its reason from `err`. */
void account_accept(struct account *a, const struct secret *s);
void account_reject(struct account *a, const struct secret *s,
                    const struct err *err, msec_t now);

/* The last rejection says nothing of this value after all: it may be tried at
 * once, unless that is one try too many in the hour. */
void account_excuse(struct account *a, const struct secret *s);

#endif
