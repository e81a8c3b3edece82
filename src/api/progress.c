/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A small machine over the reader's events: it knows at which of five places
 * of the reply it stands, and skips all that it does not know.
 *     reply { results [ item { progress_map { phase {} } } ], error {} } */

#include "api/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum place { REPLY, RESULTS, ITEM, MAP, PHASE, ERROR, PLACES };

struct progress_reader {
  struct json_reader *json;
  progress_fn *fn;
  void *arg;
  enum place place;
  int depth;                 /* containers open */
  int skip;                  /* the depth of the container skipped; 0: none */
  bool map_is_array;         /* the progress_map we are in */
  bool map_is_full;          /* its last key has no room any more */
  const struct field *field; /* of the last key; NULL: not known */
  struct progress_phase *phase; /* the one begun last */
  struct progress item;
  struct progress_response reply;
};

/* Where a member is, and what becomes of it: a scalar is kept, a container
 * leads to another place. */
struct field {
  const char *key;
  size_t len;
  void (*keep)(struct progress_reader *r, const struct field *f,
               const char *text, size_t len);
  size_t offset; /* of the value in its struct */
  unsigned bit;
  enum place leads_to; /* REPLY: nowhere */
};

/* Keepers, one for each kind of target */

static void set_text(struct progress_text *t, const char *text, size_t len) {
  t->len = len < PROGRESS_TEXT_MAX ? len : PROGRESS_TEXT_MAX - 1;
  memcpy(t->text, text, t->len);
  t->text[t->len] = '\0';
}

static void set_number(void *base, unsigned *has, const struct field *f,
                       const char *text, size_t len) {
  double *value = (double *)(void *)((char *)base + f->offset);
  if (len > 0 && text[len - 1] == '%')
    len--;
  if (json_number(text, len, value))
    *has |= f->bit;
}

static void keep_text(struct progress_reader *r, const struct field *f,
                      const char *text, size_t len) {
  set_text((void *)((char *)&r->item + f->offset), text, len);
}

static void keep_number(struct progress_reader *r, const struct field *f,
                        const char *text, size_t len) {
  set_number(&r->item, &r->item.has, f, text, len);
}

static void keep_phase_number(struct progress_reader *r, const struct field *f,
                              const char *text, size_t len) {
  set_number(r->phase, &r->phase->has, f, text, len);
}

/* The first one wins: the outermost comes first in no shape that was seen. */
static void keep_refusal(struct progress_reader *r, const struct field *f,
                         const char *text, size_t len) {
  struct progress_text *t = (void *)((char *)&r->reply + f->offset);
  if (t->len == 0)
    set_text(t, text, len);
}

static void keep_count(struct progress_reader *r, const struct field *f,
                       const char *text, size_t len) {
  (void)f;
  json_number(text, len, &r->reply.count);
}

/* clang-format off */
#define KEY(name) .key = name, .len = sizeof(name) - 1
#define TEXT(name, member) {KEY(name), .keep = keep_text, .offset = offsetof(struct progress, member)}
#define NUMBER(name, member, has) \
  {KEY(name), .keep = keep_number, .offset = offsetof(struct progress, member), .bit = has}
#define PHASE_NUMBER(name, member, has) \
  {KEY(name), .keep = keep_phase_number, .offset = offsetof(struct progress_phase, member), .bit = has}
#define REFUSAL(name, member) \
  {KEY(name), .keep = keep_refusal, .offset = offsetof(struct progress_response, member)}
#define LEADS(name, place) {KEY(name), .leads_to = place}
/* clang-format on */

static const struct field reply_fields[] = {
    {KEY("count"), .keep = keep_count},
    LEADS("results", RESULTS),
    LEADS("error", ERROR),
    REFUSAL("error_code", code),
    REFUSAL("error_msg", message),
    REFUSAL("error_message", message),
    REFUSAL("code", code),
    REFUSAL("message", message),
    {0},
};

static const struct field item_fields[] = {
    NUMBER("progress", completed, PROGRESS_COMPLETED),
    TEXT("job_id", id),
    NUMBER("incre_trans_delay", delay_s, PROGRESS_DELAY_S),
    TEXT("task_mode", task_mode),
    TEXT("transfer_status", transfer_status),
    NUMBER("process_time", process_time, PROGRESS_PROCESS_TIME),
    NUMBER("remaining_time", remaining, PROGRESS_REMAINING),
    LEADS("progress_map", MAP),
    TEXT("error_code", error_code),
    TEXT("error_msg", error_msg),
    TEXT("error_message", error_msg),
    NUMBER("incre_trans_delay_millis", delay_ms, PROGRESS_DELAY_MS),
    {0},
};

static const struct field phase_fields[] = {
    PHASE_NUMBER("completed", completed, PROGRESS_COMPLETED),
    PHASE_NUMBER("remaining_time", remaining, PROGRESS_REMAINING),
    {0},
};

static const struct field error_fields[] = {
    REFUSAL("code", code),
    REFUSAL("message", message),
    {0},
};

static const struct field *const fields_at[PLACES] = {
    [REPLY] = reply_fields,
    [ITEM] = item_fields,
    [PHASE] = phase_fields,
    [ERROR] = error_fields,
};

static const enum place place_above[PLACES] = {
    [RESULTS] = REPLY, [ITEM] = RESULTS, [MAP] = ITEM,
    [PHASE] = MAP,     [ERROR] = REPLY,
};

static const struct field *find_from(const struct field *f, const char *key,
                                     size_t len) {
  for (; f != NULL && f->key != NULL; f++)
    if (f->len == len && memcmp(f->key, key, len) == 0)
      return f;
  return NULL;
}

/* As a rule keys come in the order of the table: we go on after the last. */
static const struct field *find_field(const struct progress_reader *r,
                                      const char *key, size_t len) {
  const struct field *next = r->field != NULL ? r->field + 1 : NULL;
  const struct field *f = find_from(next, key, len);
  return f != NULL ? f : find_from(fields_at[r->place], key, len);
}

/* Entering and leaving places */

static void begin_item(struct progress_reader *r) {
  r->item.has = 0;
  r->item.phases_len = 0;
  for (const struct field *f = item_fields; f->key != NULL; f++)
    if (f->keep == keep_text)
      keep_text(r, f, "", 0);
}

static void end_item(struct progress_reader *r) {
  struct progress *p = &r->item;
  if (p->id.len > 0) {
    r->reply.items++;
    r->fn(r->arg, p);
  } else if (r->reply.code.len == 0 &&
             (p->error_code.len > 0 || r->reply.message.len == 0)) {
    r->reply.code = p->error_code;
    r->reply.message = p->error_msg;
  }
}

/* A phase is known by its key; in an array, by its position. Of two with one
 * name the last counts. */
static bool begin_phase(struct progress_reader *r, const char *name,
                        size_t len) {
  struct progress_phase *p = r->item.phases;
  struct progress_phase *end = p + r->item.phases_len;
  if (len >= sizeof(p->name))
    len = sizeof(p->name) - 1;
  while (p < end && (memcmp(p->name, name, len) != 0 || p->name[len] != '\0'))
    p++;
  if (p == &r->item.phases[PROGRESS_PHASES_MAX])
    return false;
  if (p == end)
    r->item.phases_len++;
  memcpy(p->name, name, len);
  p->name[len] = '\0';
  p->has = 0;
  r->phase = p;
  return true;
}

static bool begin_phase_by_position(struct progress_reader *r) {
  char position[16];
  int len = snprintf(position, sizeof(position), "%zu", r->item.phases_len);
  return begin_phase(r, position, (size_t)len);
}

/* Follows a container that starts; false: it is not known, and skipped. */
static bool enter(struct progress_reader *r, bool is_array) {
  enum place to = r->field != NULL ? r->field->leads_to : REPLY;
  switch (r->place) {
  case REPLY:
    if (r->depth == 1)
      return !is_array;
    if (to == REPLY || is_array != (to == RESULTS))
      return false;
    r->reply.has_results = r->reply.has_results || to == RESULTS;
    break;
  case RESULTS:
    if (is_array)
      return false;
    begin_item(r);
    to = ITEM;
    break;
  case ITEM:
    if (to == REPLY)
      return false;
    r->map_is_array = is_array;
    r->item.phases_len = 0;
    break;
  case MAP:
    if (r->map_is_array)
      r->map_is_full = !begin_phase_by_position(r);
    if (is_array || r->map_is_full)
      return false;
    to = PHASE;
    break;
  default:
    return false;
  }
  r->place = to;
  return true;
}

/* The reader's events */

static void on_open(void *arg, bool is_array) {
  struct progress_reader *r = arg;
  r->depth++;
  if (r->skip == 0 && !enter(r, is_array))
    r->skip = r->depth;
  r->field = NULL;
}

static void on_close(void *arg) {
  struct progress_reader *r = arg;
  bool skipped = r->skip != 0;
  if (r->skip == r->depth)
    r->skip = 0;
  r->depth--;
  if (skipped)
    return;
  if (r->place == ITEM)
    end_item(r);
  r->place = place_above[r->place];
  r->field = NULL;
}

static void on_key(void *arg, const char *text, size_t len) {
  struct progress_reader *r = arg;
  if (r->skip != 0)
    return;
  if (r->place == MAP)
    r->map_is_full = !begin_phase(r, text, len);
  else
    r->field = find_field(r, text, len);
}

static void on_scalar(void *arg, enum json_kind kind, const char *text,
                      size_t len) {
  struct progress_reader *r = arg;
  const struct field *f = r->field; /* there is none in what is skipped */
  bool has_text = kind == JSON_STRING || kind == JSON_NUMBER;
  if (has_text && f != NULL && f->keep != NULL)
    f->keep(r, f, text, len);
  else if (r->skip == 0 && r->place == MAP && r->map_is_array)
    begin_phase_by_position(r);
}

static const struct json_events events = {
    .scalar = on_scalar, .key = on_key, .open = on_open, .close = on_close};

/* What others see */

struct progress_reader *progress_reader_new(progress_fn *fn, void *arg) {
  struct progress_reader *r = calloc(1, sizeof(*r));
  if (r == NULL)
    return NULL;
  *r = (struct progress_reader){.fn = fn, .arg = arg, .reply.count = -1};
  r->json = json_reader_new(&events, r);
  if (r->json != NULL)
    return r;
  free(r);
  return NULL;
}

void progress_reader_free(struct progress_reader *r) {
  if (r == NULL)
    return;
  json_reader_free(r->json);
  free(r);
}

bool progress_feed(struct progress_reader *r, const char *bytes, size_t len,
                   struct err *err) {
  return json_feed(r->json, bytes, len, err);
}

bool progress_finish(struct progress_reader *r, struct err *err) {
  return json_finish(r->json, err);
}

const struct progress_response *
progress_reader_response(const struct progress_reader *r) {
  return &r->reply;
}

bool progress_request(struct buf *body, const char *(*next)(void *arg),
                      void *arg, struct err *err) {
  struct json_writer w;
  json_writer_begin(&w, body, err);
  json_open(&w);
  json_key(&w, "jobs");
  json_open_array(&w);
  for (const char *id = next(arg); id != NULL; id = next(arg))
    json_string(&w, id);
  json_close_array(&w);
  json_close(&w);
  return json_writer_end(&w);
}
