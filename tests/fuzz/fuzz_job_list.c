/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Files of jobs, one after the other, for the tables of two projects on one
 * host: after each, no id is twice in a table, and no name on the host. An
 * input is a sequence of texts, each with a byte before it that selects whose
 * it is, and a byte 0xFF behind it. */

#include "fuzz.h"

#include "poll/jobs.h"

#include <string.h>

const char fuzz_name[] = "job_list";

#define TABLES 2
#define SOURCES 5

static int compare(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void must_differ(const char **texts, size_t len) {
  qsort(texts, len, sizeof(*texts), compare);
  for (size_t i = 1; i < len; i++)
    MUST(strcmp(texts[i - 1], texts[i]) != 0);
}

static void check_job(const struct jobs *jobs, const struct job *job) {
  size_t len = strlen(job->id), name_len = strlen(job->name);
  MUST(len >= 1 && len <= JOBS_ID_MAX && name_len >= 1 && name_len <= 127);
  MUST(strpbrk(job->id, "\"\\/ \n#") == NULL);
  MUST(strpbrk(job->name, "\"\\/ ;=\n#") == NULL);
  MUST(job->sources != 0 && job->marks == 0);
  MUST(jobs_find(jobs, job->id, NULL) == job);
}

static void check(const struct jobs tables[TABLES]) {
  size_t all = tables[0].len + tables[1].len, n = 0;
  const char **texts = calloc(all + 1, sizeof(*texts));
  MUST(texts != NULL);
  for (int t = 0; t < TABLES; t++) {
    for (size_t i = 0; i < tables[t].len; i++) {
      check_job(&tables[t], tables[t].all[i]);
      texts[i] = tables[t].all[i]->id;
    }
    must_differ(texts, tables[t].len);
  }
  for (int t = 0; t < TABLES; t++)
    for (size_t i = 0; i < tables[t].len; i++)
      texts[n++] = tables[t].all[i]->name;
  must_differ(texts, all);
  free(texts);
}

/* What a source lists is in the table, by whatever name. */
static void replace(struct jobs *jobs, unsigned source, const uint8_t *text,
                    size_t len) {
  struct err err = ERR_INIT;
  struct job_list list;
  struct job_list_faults faults;
  struct job_list_entry entry;
  job_list_init(&list);
  if (job_list_parse(&list, (const char *)text, len, &faults, &err))
    job_list_describe(&faults, 0, "", &err);
  MUST(strpbrk(err.text, "\r\n\x1b") == NULL);
  err_clear(&err);
  MUST(jobs_replace(jobs, source, &list, 0, &err) && !err_is_set(&err));
  for (size_t at = 0; job_list_next(&list, &at, &entry);) {
    const struct job *job = jobs_find(jobs, entry.id, NULL);
    MUST(job != NULL && (job->sources & source));
  }
  job_list_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct name_registry hosts = {0};
  struct jobs tables[TABLES];
  for (int t = 0; t < TABLES; t++)
    tables[t] = (struct jobs){.host = name_registry_get(&hosts, NULL),
                              .number = (size_t)t};
  while (len > 0) {
    const uint8_t *end = memchr(bytes, 0xFF, len);
    size_t text_len = (end == NULL ? len : (size_t)(end - bytes));
    if (text_len > 0)
      replace(&tables[bytes[0] % TABLES], 1U << bytes[0] / TABLES % SOURCES,
              bytes + 1, text_len - 1);
    check(tables);
    bytes += text_len + (end != NULL);
    len -= text_len + (end != NULL);
  }
  for (int t = 0; t < TABLES; t++)
    jobs_free(&tables[t]);
  name_registry_free(&hosts);
  return 0;
}
