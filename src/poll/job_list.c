/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Lines to entries. */

#include "poll/job_list.h"

#include "base/name.h"
#include "base/text.h"

#include <string.h>

/* Bytes of the text, not terminated. */
struct span {
  const char *at, *end;
};

static size_t span_len(struct span s) { return (size_t)(s.end - s.at); }

/* Appends "id\0name\0". */
static bool append(struct job_list *list, struct span id, struct span name,
                   struct err *err) {
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
  return append(list, (struct span){id, id + strlen(id)},
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

/* False: it is no job, and `expected` describes one. */
static bool divide(struct span line, struct span *id, struct span *name,
                   struct err *expected) {
  *name = *id = line;
  while (name->at < name->end && !text_is_blank(*name->at))
    name->at++;
  id->end = name->at;
  *name = trim(*name);
  if (!is_id(*id))
    return err_set(
        expected, ERR_LOCAL,
        "expected an id of 1 to %d ASCII letters, digits, '.', '_' or "
        "'-'",
        JOBS_ID_MAX);
  if (name_has_control(name->at, (size_t)(name->end - name->at)))
    return err_set(expected, ERR_LOCAL,
                   "expected a name without control characters");
  return true;
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

static void tell_bad_lines(size_t first, size_t bad, const struct err *expected,
                           struct err *err) {
  if (bad == 1)
    err_set(err, expected->kind, "line %zu: %s", first, expected->text);
  if (bad > 1)
    err_set(err, expected->kind, "line %zu: %s; %zu lines like this in all",
            first, expected->text, bad);
}

bool job_list_parse(struct job_list *list, const char *text, size_t len,
                    struct err *err) {
  struct span rest = {text, text + len}, id, name;
  struct err expected = ERR_INIT;
  size_t number = 0, first = 0, bad = 0;
  while (rest.at < rest.end) {
    struct span line = next_line(&rest);
    number++;
    if (line.at == line.end)
      continue;
    if (!divide(line, &id, &name, &expected)) {
      if (bad++ == 0)
        first = number;
    } else if (!append(list, id, name, err)) {
      return false;
    }
  }
  tell_bad_lines(first, bad, &expected, err);
  return true;
}
