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

/* Lines that are bad and jobs that are left out harm no other. A failure may
 * succeed later: a name that is taken may be free. */
static void apply(struct jobs_file *f, struct jobs *jobs,
                  const struct buf *text, struct err *err) {
  struct job_list list;
  job_list_init(&list);
  bool ok = job_list_parse(&list, text->data, text->len, err);
  f->known = f->known || ok;
  f->again = !ok || !jobs_replace(jobs, JOBS_FILE, &list, err);
  job_list_free(&list);
}

/* False: it may still be being written, so the jobs stay as they are. */
static bool read_file(struct jobs_file *f, struct jobs *jobs, struct err *err) {
  struct buf text;
  buf_init(&text, JOBS_FILE_MAX + 1);
  bool ok = file_read(&f->file, &text, ERR_LOCAL, err);
  bool wait = ok && f->known && file_is_fresh(&f->file);
  if (ok && text.len > JOBS_FILE_MAX)
    err_set(err, ERR_LOCAL, "is longer than %d bytes", JOBS_FILE_MAX);
  else if (ok && !wait)
    apply(f, jobs, &text, err);
  buf_free(&text);
  return !wait;
}

void jobs_file_refresh(struct jobs_file *f, struct jobs *jobs) {
  struct err err = ERR_INIT, cause = ERR_INIT;
  if (f->file.path == NULL || (!f->again && !file_has_changed(&f->file)) ||
      !read_file(f, jobs, &cause))
    return;
  if (err_is_set(&cause))
    err_set(&err, cause.kind, "the file of jobs %s: %s", f->file.path,
            cause.text);
  f->changed = f->changed || strcmp(err.text, f->err.text) != 0;
  f->err = err;
}

const struct err *jobs_file_change(struct jobs_file *f) {
  bool changed = f->changed;
  f->changed = false;
  return changed ? &f->err : NULL;
}
