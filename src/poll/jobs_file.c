/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * From a file to the table of jobs. */

#include "poll/jobs_file.h"

#include <string.h>

bool jobs_file_init(struct jobs_file *f, const char *path, struct err *err) {
  *f = (struct jobs_file){0};
  return path == NULL || file_init(&f->file, path, err);
}

void jobs_file_finish(struct jobs_file *f) { file_free(&f->file); }

/* Bad lines harm no other. A failure may succeed later. */
static void apply(struct jobs_file *f, struct jobs *jobs, msec_t now,
                  const struct buf *text, struct err *err) {
  struct job_list list;
  struct job_list_faults faults;
  job_list_init(&list);
  bool ok = job_list_parse(&list, text->data, text->len, &faults, err);
  bool is_usable = ok && (list.bytes.len > 0 || faults.lines == 0);
  f->known = f->known || is_usable;
  f->file.used =
      ok && (!is_usable || jobs_replace(jobs, JOBS_FILE, &list, now, err));
  if (ok)
    job_list_describe(&faults, is_usable ? jobs->repeated.count : 0,
                      jobs->repeated.first, err);
  job_list_free(&list);
}

/* Takes over the present problem. */
static void note_problem(struct jobs_file *f, const struct err *cause) {
  struct err err = ERR_INIT;
  if (err_is_set(cause))
    err_set(&err, cause->kind, "the file of jobs %s: %s", f->file.path,
            cause->text);
  f->changed = f->changed || strcmp(err.text, f->err.text) != 0;
  f->err = err;
}

msec_t jobs_file_refresh(struct jobs_file *f, struct jobs *jobs, msec_t now) {
  struct err cause = ERR_INIT;
  struct buf text;
  msec_t again = CLOCK_NEVER;
  if (f->file.path == NULL)
    return again;
  buf_init(&text, FILE_MAX + 1);
  enum file_state state = file_look(&f->file, now, &text, ERR_LOCAL, &cause);
  if (state == FILE_NEW)
    apply(f, jobs, now, &text, &cause);
  if (state == FILE_CHANGING &&
      (again = file_next_look(&f->file, now)) == CLOCK_NEVER)
    err_set(&cause, ERR_LOCAL, "is being written");
  if (err_is_set(&cause) && state != FILE_NEW)
    f->file.used = false; /* the same bytes are a recovery */
  if (err_is_set(&cause) || state == FILE_NEW)
    note_problem(f, &cause);
  buf_free(&text);
  return again;
}

const struct err *jobs_file_change(struct jobs_file *f) {
  bool changed = f->changed;
  f->changed = false;
  return changed ? &f->err : NULL;
}
