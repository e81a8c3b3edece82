/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One API call for all jobs of a project, batch by batch: the effect of each
 * response on its batch, its jobs, and the rest of the round. A cycle has
 * a round for each call that it makes, and calls in this order:
 *
 *     round_begin(&round, number, now);
 *     while (round_next(&round, slot, now))        for each free slot
 *       ... starts the call, or round_requeue(&round, slot);
 *
 *     with each item of a response:
 *       job = round_find_job(&round, slot, &item->id);
 *       round_accept_item(&round, job);            or round_reject(...)
 *     when the call of a slot is over:
 *       round_evaluate(&round, slot, now);         then round_next again
 *
 *     round_close(&round, &err);                   the cycle's time is over
 *     round_end(&round);
 *     round_change(&round);                        to be reported of the call
 *
 * `missing` is called from round_reject and round_evaluate. */

#ifndef DRS_POLL_ROUND_H
#define DRS_POLL_ROUND_H

#include "api/call.h"
#include "api/job_call.h"
#include "base/backoff.h"
#include "poll/batches.h"
#include "poll/project_events.h"

/* An optional call that the service refuses is tried again after this; if it
 * was accepted before, after a pause that grows to it. Where it is rejected
 * without a code of the service, that may pass: it is tried again in the next
 * cycle, or, if it never was accepted, after a pause that grows. */
#define ROUND_RETRY_MS (24 * 3600 * 1000)
#define ROUND_RETRY_MIN_MS (60 * 1000)

/* A place for a call under way, for one batch of jobs. */
struct slot {
  struct api_call call;
  struct round *round; /* of the batch */
  struct batch batch;
  uint32_t request; /* its number in its round */
  size_t at;        /* where in the batch the next item is expected */
  msec_t started;
  struct job_response response; /* with memory for an item */
};

struct round {
  enum job_call call;
  const struct api_call_type *type; /* of it */
  struct batches batches;
  struct backoff pause; /* that the service requested */
  size_t parallel;      /* slots of the cycle */

  uint64_t *counts; /* of errors by kind; NULL: they are not counted */

  /* Of a mandatory call: the service rejects a job, or leaves it out (both
   * texts may be "" then); one that it reported before, in two cycles. */
  void (*missing)(void *arg, struct job *job, const char *code,
                  const char *message);
  void *arg;

  uint32_t requests; /* since the start */
  bool offered;      /* an optional call was accepted once */
  bool supported;    /* and this is not in doubt: else one request at a time */
  unsigned
      credential_errors; /* cycles in a row that an optional call had one */
  bool failing;          /* and this was reported */

  /* of the cycle under way */
  uint32_t number;
  bool closed;                        /* no further request is started */
  size_t in_flight, accepted, failed; /* requests */
  bool blames_jobs;     /* each rejection was certainly for a job's sake */
  struct err rejection; /* the first of a job alone */
  struct err errors[ERR_KINDS]; /* the first of each kind */
};

void round_begin(struct round *r, uint32_t number, msec_t now);

/* The next batch to request; false: none now. */
bool round_next(struct round *r, struct slot *slot, msec_t now);

/* The batch of the slot goes back: its request could not be started. */
void round_requeue(struct round *r, const struct slot *slot);

/* The call of a slot is over; its outcome is in the slot. */
void round_evaluate(struct round *r, struct slot *slot, msec_t now);

/* The job of an item; NULL: this request was not for it, or the response had it
 * before, which is an error, or another response had it. */
struct job *round_find_job(struct round *r, struct slot *slot,
                           const struct json_text *id);

/* The item reports its job. */
void round_accept_item(struct round *r, struct job *job);

/* The service has an error in place of a job's report. */
void round_reject(struct round *r, struct job *job, const char *code,
                  const char *message);

/* Counts an error and starts no further request: the rest would fail alike. */
void round_close(struct round *r, const struct err *err);

/* Ends the round; its calls are over or cancelled. */
void round_end(struct round *r);

/* The first error but those of single jobs, or NULL. */
const struct err *round_error(const struct round *r);

/* After the end: the round started failing, or recovered where the error is not
 * set. NULL: no change. */
const struct err *round_change(struct round *r);

/* Whether it has requests to send, now or after a pause. */
static inline bool round_has_more(const struct round *r) {
  return !r->closed && batches_are_left(&r->batches);
}

/* Whether it has requests in flight, or to send. */
static inline bool round_is_outstanding(const struct round *r) {
  return r->in_flight > 0 || round_has_more(r);
}

#endif
