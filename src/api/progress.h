/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The API call "Querying Task Progress in Batches", in both directions:
 * POST /v3/{project_id}/jobs/batch-progress. Names are the API's, from tables
 * 3 to 6 of its page; where the page leaves a field open, it is read in every
 * way that other public sources show. */

#ifndef DRS_API_PROGRESS_H
#define DRS_API_PROGRESS_H

#include "api/job_call.h"

/* Bytes kept of a text, its NUL included. */
#define PROGRESS_TEXT_MAX JSON_TEXT_MAX
#define PROGRESS_WORD_MAX 64
/* The page knows three phases; those beyond this many are left out. */
#define PROGRESS_PHASES_MAX 16

/* Bits of `has` of an item and of a phase. */
enum progress_bit {
  PROGRESS_COMPLETED = 1 << 0,
  PROGRESS_REMAINING = 1 << 1,
  PROGRESS_DELAY_S = 1 << 2,
  PROGRESS_DELAY_MS = 1 << 3,
  PROGRESS_PROCESS_TIME = 1 << 4,
  PROGRESS_ROWS_RATE = 1 << 5,
  PROGRESS_BYTES_RATE = 1 << 6,
  PROGRESS_ODD_PERCENTAGE = 1 << 7 /* one was not from 0 to 100, and left out */
};

/* A phase of a task: an entry of `progress_map` (table 6). */
struct progress_phase {
  unsigned has;
  char name[PROGRESS_WORD_MAX]; /* "struct"; its position where it has none */
  double completed;             /* percent, 0 to 100 */
  double remaining; /* estimated remaining time, as the service has it */
};

/* A task: an item of `results` (table 5). */
struct progress {
  struct job_item base;
  double completed;      /* `progress`, percent, 0 to 100 */
  double odd_percentage; /* the last one that is left out */
  double remaining;      /* `remaining_time`, as the service has it */
  double delay_s;        /* `incre_trans_delay`, seconds */
  double delay_ms;       /* `incre_trans_delay_millis`, milliseconds */
  double process_time;   /* milliseconds since the epoch */
  double rows_rate;      /* `apply_rows_rate`, rows/s at the destination */
  double bytes_rate;     /* `apply_bytes_rate`, bytes/s; -1: none */
  struct json_text task_mode;
  struct json_text transfer_status;
  /* Positions in the log: read at the source, held by the node, replayed at
   * the destination. "N/A" is none: empty. */
  struct json_text src_offset, node_offset, dst_offset;
  size_t phases_len;
  struct progress_phase phases[PROGRESS_PHASES_MAX];
};

/* A longer delay is no measurement, in seconds. */
#define PROGRESS_DELAY_MAX 1000000

/* The delay in seconds that the service sends, of two fields the finer one, in
 * whatever state the task is. False: none. */
bool progress_sent_delay(const struct progress *p, double *ret_seconds);

/* What is left of the full copy, in percent, and the delay of the incremental
 * phase, in seconds. False: it has none that can be believed. Of a task that is
 * paused or has failed, a delay of 0 only says that nothing flows. */
bool progress_percent_left(const struct progress *p, double *ret_percent);
bool progress_delay(const struct progress *p, double *ret_seconds);

/* Log files between the source and the destination, where both positions have
 * MySQL's form NAME.NUMBER:POSITION, with one NAME. */
bool progress_files_behind(const struct progress *p, double *ret_files);

/* Whether the item has an error in place of a state: it reports nothing. */
bool progress_is_rejection(const struct progress *p);

/* Whether the destination has replayed all that was written at the source. */
bool progress_is_replayed(const struct progress *p);

#endif
