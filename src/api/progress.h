/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The API call "Querying Task Progress in Batches", in both directions:
 * POST /v3/{project_id}/jobs/batch-progress. Names are the API's, from tables
 * 3 to 6 of its page; what the page leaves open is read in every way that
 * other public sources show.
 *
 * Absence is data: what the reply did not have, or had as null, as "", or as
 * something unreadable, is a cleared bit in `has`. */

#ifndef DRS_API_PROGRESS_H
#define DRS_API_PROGRESS_H

#include "base/json.h"

/* What is kept of a string, its NUL included. */
#define PROGRESS_TEXT_MAX 257
#define PROGRESS_ID_MAX 128
#define PROGRESS_WORD_MAX 64
/* The page knows three phases; what is beyond this many is left out. */
#define PROGRESS_PHASES_MAX 16

/* A string of the reply, cut to the size of `text`; empty where absent. */
struct progress_text {
  size_t len;
  char text[PROGRESS_TEXT_MAX];
};

/* Bits of progress.has and progress_phase.has. */
enum progress_bit {
  PROGRESS_COMPLETED = 1 << 0,
  PROGRESS_REMAINING = 1 << 1,
  PROGRESS_DELAY_S = 1 << 2,
  PROGRESS_DELAY_MS = 1 << 3,
  PROGRESS_PROCESS_TIME = 1 << 4
};

/* A phase of a task: an entry of `progress_map` (table 6). */
struct progress_phase {
  char name[PROGRESS_WORD_MAX]; /* "struct"; its position where it has none */
  unsigned has;
  double completed; /* percent */
  double remaining; /* estimated remaining time, as the service has it */
};

/* A task: an item of `results` (table 5). */
struct progress {
  unsigned has;
  double completed;    /* `progress`, percent */
  double remaining;    /* `remaining_time`, as the service has it */
  double delay_s;      /* `incre_trans_delay`, seconds */
  double delay_ms;     /* `incre_trans_delay_millis`, milliseconds */
  double process_time; /* milliseconds since the epoch */
  struct progress_text id;
  struct progress_text task_mode;
  struct progress_text transfer_status;
  struct progress_text error_code;
  struct progress_text error_msg;
  size_t phases_len;
  struct progress_phase phases[PROGRESS_PHASES_MAX];
};

/* What a reply says besides its items: table 4, and a refusal in any of the
 * shapes that were seen, on its own or as an item without a job_id. */
struct progress_response {
  bool has_results;             /* there was an array `results` */
  size_t items;                 /* told so far */
  double count;                 /* `count`; -1 where absent */
  struct progress_text code;    /* of a refusal; empty: none */
  struct progress_text message; /* likewise */
};

/* Is called for each item as soon as it is complete, in the order of the
 * reply. `p` is the reader's own, and gone when the call returns. An item
 * without a job_id is not told; its error becomes the reply's. */
typedef void progress_fn(void *arg, const struct progress *p);

struct progress_reader;

/* NULL: out of memory. */
struct progress_reader *progress_reader_new(progress_fn *fn, void *arg);
void progress_reader_free(struct progress_reader *r);

/* Reads on; to the end. False: as json_feed and json_finish have it. */
bool progress_feed(struct progress_reader *r, const char *bytes, size_t len,
                   struct err *err);
bool progress_finish(struct progress_reader *r, struct err *err);

/* Valid as long as the reader. */
const struct progress_response *
progress_reader_response(const struct progress_reader *r);

/* Appends {"jobs":[...]} to `body`: `next` gives the ids one by one, then
 * NULL. */
bool progress_request(struct buf *body, const char *(*next)(void *arg),
                      void *arg, struct err *err);

#endif
