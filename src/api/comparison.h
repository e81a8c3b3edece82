/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The API call "Querying Comparison Results":
 * POST /v3/{project_id}/jobs/query-compare-result, for one job. Without ids of
 * comparisons it is asked for the list of them, page by page; with ids for
 * their results. Which members a response has is not published: all that it
 * has are taken. Of the details, which name tables and quote the user's data,
 * nothing is decoded. */

#ifndef DRS_API_COMPARISON_H
#define DRS_API_COMPARISON_H

#include "base/json_decoder.h"

enum comparison_type {
  COMPARISON_OBJECTS,
  COMPARISON_LINES,
  COMPARISON_CONTENTS,
  COMPARISON_TYPES
};

/* A page of the list, from 1, or the results of the comparisons whose ids are
 * not "". */
struct comparison_query {
  const char *job_id;
  long page;
  const char *ids[COMPARISON_TYPES];
};

/* Entries of a page of the list. */
#define COMPARISON_PAGE 100

/* Bits of `has`. */
enum comparison_bit {
  COMPARISON_ENDED = 1 << 0,
  COMPARISON_CREATED = 1 << 1,
  COMPARISON_COUNT = 1 << 2,
  COMPARISON_DIFFERENT = 1 << 3
};

/* The newest finished comparison of a type in the list. */
struct comparison_found {
  double ended; /* milliseconds since the epoch; 0: none was found */
  struct json_text id;
};

/* The result of a comparison. */
struct comparison_result {
  size_t entries; /* of its overview with a result; 0: there is none */
  double inconsistent, uncompared; /* objects */
};

/* The target of the response's table: the caller sets it zero, and `found` as
 * it was after the page before. */
struct comparison_response {
  unsigned has;
  double total;  /* comparisons in the list */
  size_t listed; /* on this page */
  struct comparison_found found[COMPARISON_TYPES];
  struct comparison_result results[COMPARISON_TYPES];

  /* Of the element that is being decoded. */
  struct comparison_entry {
    unsigned has;
    double ended, created, different;
    struct json_text id, type, status, results[COMPARISON_TYPES];
  } entry;
};

extern const struct api_call_type comparison_call;

#endif
