/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A file that is rewritten, as that of a secret and as that of jobs: what is
 * kept is a whole value that can stand in a header, and a table without a bad
 * id. The input: texts, each with a byte before it (bit 0: it is written over
 * before it has rested) and a byte 0xFF behind it. */

#include "fuzz.h"

#include "base/name.h"
#include "base/secret.h"
#include "poll/jobs_file.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char fuzz_name[] = "files";

static char path[64];

static int open_file(void) {
  static int file = -1;
  if (file < 0) {
    file = memfd_create("fuzz", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
  }
  return file;
}

static void write_file(const uint8_t *text, size_t len) {
  int file = open_file();
  MUST(ftruncate(file, 0) == 0);
  MUST(pwrite(file, text, len, 0) == (ssize_t)len);
}

static void check_line(const char *text) {
  MUST(!name_has_control(text, strlen(text)));
}

/* Whether the secret is the text, but for a line break at its end. */
static bool is_text(const struct secret *s, const uint8_t *text, size_t len) {
  size_t n = s->value.len;
  return len >= n && len - n <= 2 && memcmp(s->value.data, text, n) == 0;
}

static void check_secret(struct secret *s, const uint8_t *text, size_t len,
                         msec_t now) {
  struct err err = ERR_INIT;
  bool was_known = secret_is_known(s);
  enum file_state state = secret_refresh(s, now, &err);
  MUST(state != FILE_FAILED || !secret_is_known(s));
  MUST((state == FILE_FAILED) == err_is_set(&err));
  MUST(state != FILE_CHANGING || was_known == secret_is_known(s));
  check_line(err.text);
  check_line(s->value.data);
  MUST(s->value.len <= SECRET_MAX && strlen(s->value.data) == s->value.len);
  MUST((state != FILE_SAME && state != FILE_NEW) || is_text(s, text, len));
}

static void check_jobs(struct jobs_file *f, struct jobs *jobs, msec_t now) {
  jobs_file_refresh(f, jobs, now);
  check_line(f->err.text);
  for (size_t i = 0; i < jobs->len; i++) {
    const struct job *job = jobs->all[i];
    MUST(name_is_safe(job->id, JOBS_ID_MAX));
    /* A name may be "..", for it follows "drs-". */
    MUST(*job->name == '.' || name_is_safe(job->name, NAME_MAX_SIZE - 1));
    MUST(jobs_find(jobs, job->id, NULL) == job);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct name_registry hosts = {0};
  struct jobs jobs = {.host = name_registry_get(&hosts, NULL)};
  struct jobs_file file;
  struct secret secret;
  open_file();
  struct secret_config config = {.path = path};
  MUST(jobs_file_init(&file, path, NULL));
  MUST(secret_init(&secret, &config, NULL));
  msec_t now = 0;
  while (len > 0) {
    const uint8_t *end = memchr(bytes, 0xFF, len);
    size_t n = end == NULL ? len : (size_t)(end - bytes);
    if (n > 0) {
      write_file(bytes + 1, n - 1);
      for (int looks = bytes[0] & 1 ? 1 : 2; looks > 0; looks--) {
        check_secret(&secret, bytes + 1, n - 1, now);
        check_jobs(&file, &jobs, now);
        now += FILE_REST;
      }
    }
    bytes += n + (end != NULL);
    len -= n + (end != NULL);
  }
  secret_free(&secret);
  jobs_file_finish(&file);
  jobs_free(&jobs);
  name_registry_free(&hosts);
  return 0;
}
