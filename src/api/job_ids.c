/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * One writer for all batch calls. */

#include "api/job_ids.h"

#include "base/json.h"

bool job_ids_write(struct buf *body, const void *ids, struct err *err) {
  const struct job_ids *all = ids;
  struct json_writer w;
  json_writer_begin(&w, body, err);
  json_open(&w);
  json_key(&w, "jobs");
  json_open_array(&w);
  for (const char *id = all->next(all->arg); id != NULL;
       id = all->next(all->arg))
    json_string(&w, id);
  json_close_array(&w);
  json_close(&w);
  return json_writer_end(&w);
}
