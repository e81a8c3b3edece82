/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Lines to entries. */

#include "poll/job_list.h"

#include "base/name.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Bytes of the text, not terminated. */
struct span {
  const char *at, *end;
};

static size_t span_len(struct span s) { return (size_t)(s.end - s.at); }

/* Appends "id\0name\0". */
static bool append_entry(struct job_list *list, struct span id,
                         struct span name, struct err *err) {
  struct buf *b = &list->bytes;
  size_t before = b->len;
  if (buf_add(b, id.at, span_len(id), err) && buf_add(b, "", 1, err) &&
      buf_add(b, name.at, span_len(name), err) && buf_add(b, "", 1, err))
    return true;
  b->len = before;
  b->data[before] = '\0';
  return false;
}

bool job_list_add(struct job_list *list, const char *id, const char *name,
                  struct err *err) {
  if (!name_is_safe(id, JOBS_ID_MAX))
    return err_set(err, ERR_RESPONSE, "the id of a task cannot be requested");
  return append_entry(list, (struct span){id, id + strlen(id)},
                      (struct span){name, name + strlen(name)}, err);
}

bool job_list_next(const struct job_list *list, size_t *at,
                   struct job_list_entry *entry) {
  if (*at >= list->bytes.len)
    return false;
  entry->id = list->bytes.data + *at;
  entry->name = entry->id + strlen(entry->id) + 1;
  *at += (size_t)(entry->name - entry->id) + strlen(entry->name) + 1;
  if (*entry->name == '\0')
    entry->name = entry->id;
  return true;
}

/* A file's lines */

static struct span trim(struct span s) {
  size_t len = (size_t)(s.end - s.at);
  const char *at = text_trim(s.at, &len);
  return (struct span){at, at + len};
}

/* Without the comment and the blanks around. */
static struct span content_of(struct span line) {
  if (line.at < line.end && line.end[-1] == '\r')
    line.end--;
  for (const char *c = line.at; c < line.end; c++)
    if (*c == '#' && (c == line.at || text_is_blank(c[-1])))
      line.end = c;
  return trim(line);
}

static bool is_id(struct span s) {
  char id[JOBS_ID_MAX + 1];
  size_t len = (size_t)(s.end - s.at);
  if (len > JOBS_ID_MAX || memchr(s.at, '\0', len) != NULL)
    return false;
  memcpy(id, s.at, len);
  id[len] = '\0';
  return name_is_safe(id, JOBS_ID_MAX);
}

static void divide_line(struct span line, struct span *id, struct span *name) {
  *name = *id = line;
  while (name->at < name->end && !text_is_blank(*name->at))
    name->at++;
  id->end = name->at;
  *name = trim(*name);
}

/* Cuts off the next line. */
static struct span next_line(struct span *text) {
  struct span line = *text;
  const char *end = memchr(line.at, '\n', (size_t)(line.end - line.at));
  if (end != NULL)
    line.end = end;
  text->at = end == NULL ? text->end : end + 1;
  return content_of(line);
}

static void count_bad(struct job_list_bad_lines *lines, size_t number) {
  if (lines->count++ == 0)
    lines->first = number;
}

static bool add_entry_line(struct job_list *list, struct span line,
                           size_t number, struct job_list_faults *faults,
                           struct err *err) {
  struct span id, name;
  if (line.at == line.end)
    return true;
  faults->lines++;
  divide_line(line, &id, &name);
  if (!is_id(id))
    count_bad(&faults->ids, number);
  else if (name_has_control(name.at, span_len(name)))
    count_bad(&faults->names, number);
  else
    return append_entry(list, id, name, err);
  return true;
}

static bool begins_with(struct span text, const char *mark) {
  size_t len = strlen(mark);
  return span_len(text) >= len && memcmp(text.at, mark, len) == 0;
}

bool job_list_parse(struct job_list *list, const char *text, size_t len,
                    struct job_list_faults *faults, struct err *err) {
  struct span rest = {text, text + len};
  *faults = (struct job_list_faults){0};
  if (begins_with(rest, "\xFF\xFE") || begins_with(rest, "\xFE\xFF"))
    return err_set(err, ERR_LOCAL, "expected UTF-8, got UTF-16");
  if (begins_with(rest, "\xEF\xBB\xBF"))
    rest.at += 3;
  for (size_t number = 1; rest.at < rest.end; number++)
    if (!add_entry_line(list, next_line(&rest), number, faults, err))
      return false;
  return true;
}

static void add_sort(struct buf *to, size_t count, const char *sort,
                     const char *first) {
  if (count > 0)
    buf_addf(to, NULL, "%s%zu %s (%s%s)", to->len > 0 ? ", " : "", count, sort,
             count > 1 ? "the first: " : "", first);
}

static void add_bad(struct buf *to, const struct job_list_bad_lines *lines,
                    const char *sort) {
  char first[32];
  snprintf(first, sizeof(first), "line %zu", lines->first);
  add_sort(to, lines->count, sort, first);
}

bool job_list_describe(const struct job_list_faults *faults, size_t repeated,
                       const char *repeated_id, struct err *err) {
  size_t bad = faults->ids.count + faults->names.count;
  struct buf sorts;
  if (bad + repeated == 0)
    return true;
  buf_init(&sorts, ERR_TEXT_MAX);
  add_bad(&sorts, &faults->ids, "without a valid id");
  add_bad(&sorts, &faults->names, "with a control character in the name");
  add_sort(&sorts, repeated, "with the id of another line", repeated_id);
  if (bad == faults->lines)
    err_set(err, ERR_LOCAL,
            "no line is a job, and the jobs stay as they were: %s", sorts.data);
  else
    err_set(err, ERR_LOCAL, "%zu of %zu lines are left out: %s", bad + repeated,
            faults->lines, sorts.data);
  buf_free(&sorts);
  return false;
}
