/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The tables of the response, from the innermost place to the root:
 *     response { results [ item { progress_map { phase {} } } ] } */

#include "api/progress.h"

#include "api/call.h"
#include "api/status.h"
#include "base/name.h"

#include <stdio.h>
#include <string.h>

bool progress_percent_left(const struct progress *p, double *ret_percent) {
  *ret_percent = 100 - p->completed;
  return (p->base.has & PROGRESS_COMPLETED) && p->completed >= 0 &&
         p->completed <= 100;
}

static bool is_still(const struct json_text *status) {
  enum status_family family =
      status_family(status_code(status->text, status->len));
  return family == STATUS_PAUSED || family == STATUS_FAILED;
}

bool progress_sent_delay(const struct progress *p, double *ret_seconds) {
  bool finer = (p->base.has & PROGRESS_DELAY_MS) && p->delay_ms >= 0;
  *ret_seconds = finer ? p->delay_ms / 1000 : p->delay_s;
  return finer || ((p->base.has & PROGRESS_DELAY_S) && p->delay_s >= 0);
}

bool progress_delay(const struct progress *p, double *ret_seconds) {
  return progress_sent_delay(p, ret_seconds) &&
         *ret_seconds <= PROGRESS_DELAY_MAX &&
         (*ret_seconds > 0 || !is_still(&p->transfer_status));
}

bool progress_is_rejection(const struct progress *p) {
  return p->base.error_code.len > 0 && p->transfer_status.len == 0 &&
         !(p->base.has & PROGRESS_COMPLETED);
}

bool progress_is_replayed(const struct progress *p) {
  return p->src_offset.len > 0 && p->src_offset.len == p->dst_offset.len &&
         memcmp(p->src_offset.text, p->dst_offset.text, p->src_offset.len) == 0;
}

/* The number of the log file in NAME.NUMBER:POSITION. Returns NAME's length, 0
 * where a position has another form. */
static size_t parse_position(const struct json_text *t, double *number) {
  static const char digits[] = "0123456789";
  const char *dot = memrchr(t->text, '.', t->len);
  size_t len = dot == NULL ? 0 : strspn(dot + 1, digits);
  if (len == 0 || dot[1 + len] != ':' || dot[2 + len] == '\0' ||
      dot[2 + len + strspn(dot + 2 + len, digits)] != '\0' ||
      !json_number(dot + 1, len, number))
    return 0;
  return (size_t)(dot - t->text);
}

bool progress_files_behind(const struct progress *p, double *ret_files) {
  double source, destination;
  size_t len = parse_position(&p->src_offset, &source);
  if (len == 0 || parse_position(&p->dst_offset, &destination) != len ||
      memcmp(p->src_offset.text, p->dst_offset.text, len) != 0)
    return false;
  *ret_files = source - destination;
  return source >= destination;
}

/* A phase is known by its key; in an array, or where people could not read the
 * key, by its position. Of two with one
 * name the last counts. NULL: there is no room for another one. */
static struct progress_phase *find_phase(struct progress *p, const char *name,
                                         size_t len) {
  struct progress_phase *at = p->phases, *end = at + p->phases_len;
  if (len >= sizeof(at->name))
    len = sizeof(at->name) - 1;
  while (at < end &&
         (at->name[len] != '\0' || memcmp(at->name, name, len) != 0))
    at++;
  if (at == &p->phases[PROGRESS_PHASES_MAX])
    return NULL;
  if (at == end)
    p->phases_len++;
  memcpy(at->name, name, len);
  at->name[len] = '\0';
  at->has = 0;
  return at;
}

static void *begin_phase(void *target, const char *name, size_t len) {
  struct progress *p = target;
  char position[24];
  if (name != NULL && name_is_readable(name, len))
    return find_phase(p, name, len);
  int digits = snprintf(position, sizeof(position), "%zu", p->phases_len);
  return find_phase(p, position, (size_t)digits);
}

static void *begin_phases(void *target) {
  ((struct progress *)target)->phases_len = 0;
  return target;
}

static void *enter_item(void *target) {
  struct progress *p = job_item_enter(target);
  p->phases_len = 0;
  return p;
}

/* Clears the bit of a percentage that is none. */
static void check_percentage(struct progress *p, unsigned *has, double value) {
  if (!(*has & PROGRESS_COMPLETED) || (value >= 0 && value <= 100))
    return;
  *has &= ~(unsigned)PROGRESS_COMPLETED;
  p->base.has |= PROGRESS_ODD_PERCENTAGE;
  p->odd_percentage = value;
}

static void leave_item(struct json_decoder *d, void *target) {
  struct progress *p = (struct progress *)((struct job_response *)target)->item;
  check_percentage(p, &p->base.has, p->completed);
  for (size_t i = 0; i < p->phases_len; i++)
    check_percentage(p, &p->phases[i].has, p->phases[i].completed);
  job_item_leave(d, target);
}

static void store_offset(struct json_decoder *d, const struct json_field *f,
                         void *target, const char *text, size_t len) {
  if (len != 3 || memcmp(text, "N/A", 3) != 0)
    json_store_text(d, f, target, text, len);
}

/* clang-format off */
#define TEXT(name, member) JSON_FIELD_TEXT(name, struct progress, member)
#define NUMBER(name, member, has) JSON_FIELD_NUMBER(name, struct progress, member, has)
#define OFFSET(name) {JSON_FIELD(#name, struct progress, name, store_offset)}
#define PHASE(name, member, has) JSON_FIELD_NUMBER(name, struct progress_phase, member, has)
/* clang-format on */

static const struct json_shape phase = {
    .object = true,
    .fields = (const struct json_field[]){
        PHASE("completed", completed, PROGRESS_COMPLETED),
        PHASE("remaining_time", remaining, PROGRESS_REMAINING),
        {0}}};

static const struct json_shape phases = {.object = true,
                                         .array = true,
                                         .each = &phase,
                                         .name = begin_phase,
                                         .enter = begin_phases};

static const struct json_shape item = {
    .object = true,
    .fields =
        (const struct json_field[]){
            NUMBER("progress", completed, PROGRESS_COMPLETED),
            JOB_ITEM_ID,
            NUMBER("incre_trans_delay", delay_s, PROGRESS_DELAY_S),
            NUMBER("incre_trans_delay_millis", delay_ms, PROGRESS_DELAY_MS),
            TEXT("task_mode", task_mode),
            TEXT("transfer_status", transfer_status),
            NUMBER("process_time", process_time, PROGRESS_PROCESS_TIME),
            NUMBER("remaining_time", remaining, PROGRESS_REMAINING),
            JSON_FIELD_INSIDE("progress_map", &phases),
            NUMBER("apply_rows_rate", rows_rate, PROGRESS_ROWS_RATE),
            NUMBER("apply_bytes_rate", bytes_rate, PROGRESS_BYTES_RATE),
            OFFSET(node_offset),
            OFFSET(dst_offset),
            OFFSET(src_offset),
            JOB_ITEM_ERROR,
            {0}},
    .enter = enter_item,
    .leave = leave_item};

const struct api_call_type progress_call = {
    .path = "/batch-progress",
    JOB_CALL_OF(struct progress, item),
};
