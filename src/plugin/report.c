/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A function for each kind of record. */

#include "plugin/report.h"

#include "api/call.h"
#include "base/json.h"
#include "base/secret.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

#define LINE_MAX_SIZE (128 * 1024)
/* Bytes of a response in one record: each may become six in JSON. */
#define BODY_PART 4096

/* Of drs-check's module: takes a line without its end. */
static void (*write_line)(const char *line);

struct record {
  struct buf line;
  struct json_writer json;
};

static void begin_record(struct record *r, const char *kind,
                         const char *project) {
  buf_init(&r->line, LINE_MAX_SIZE);
  json_writer_begin(&r->json, &r->line, NULL);
  json_open(&r->json);
  json_add_string(&r->json, "kind", kind);
  if (project != NULL)
    json_add_string(&r->json, "project", project);
}

/* A record that memory does not suffice for is left out. */
static void end_record(struct record *r) {
  json_close(&r->json);
  if (json_writer_end(&r->json))
    write_line(r->line.data);
  buf_free(&r->line);
}

/* Responses */

static const char *const classes[] = {
    [API_ERROR_NONE] = "none",
    [API_ERROR_CREDENTIAL] = "credential",
    [API_ERROR_PERMISSION] = "permission",
    [API_ERROR_THROTTLED] = "throttled",
    [API_ERROR_SIZE] = "size",
    [API_ERROR_HEADER] = "header",
    [API_ERROR_RESPONSE] = "response",
    [API_ERROR_JOB] = "job",
    [API_ERROR_EMPTY] = "empty",
    [API_ERROR_TIMEOUT] = "timeout",
    [API_ERROR_SERVICE] = "service",
    [API_ERROR_OTHER] = "other",
};

static void begin_response(struct record *r, const char *kind,
                           const struct api_call *call, long status) {
  begin_record(r, kind, call->service->name);
  /* Unique while it is under way. */
  json_add_whole(&r->json, "call", (intptr_t)call);
  json_add_string(&r->json, "path", call->type->path);
  json_add_whole(&r->json, "status", status);
}

/* Each byte becomes the code point of its number, and NUL U+0100, so that any
 * body is text. */
static bool add_as_text(struct buf *to, const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    unsigned c = bytes[i] == '\0' ? 0x100 : (unsigned char)bytes[i];
    const char utf8[] = {(char)(0xC0 | c >> 6), (char)(0x80 | (c & 0x3F))};
    bool is_ascii = c < 0x80;
    if (!buf_add(to, is_ascii ? bytes + i : utf8, is_ascii ? 1 : 2, NULL))
      return false;
  }
  return true;
}

static void report_part(const struct api_call *call, long status,
                        const char *bytes, size_t len) {
  struct record r;
  struct buf body;
  buf_init(&body, 2 * BODY_PART);
  if (add_as_text(&body, bytes, len)) {
    begin_response(&r, "body", call, status);
    json_add_string(&r.json, "bytes", body.data);
    end_record(&r);
  }
  buf_free(&body);
}

static void report_body(const struct api_call *call, long status,
                        const char *bytes, size_t len) {
  for (size_t at = 0; at < len; at += BODY_PART)
    report_part(call, status, bytes + at,
                len - at < BODY_PART ? len - at : BODY_PART);
}

static void report_response(const struct api_call *call, long status) {
  struct record r;
  begin_response(&r, "response", call, status);
  json_add_string(&r.json, "class", classes[call->error]);
  json_add_string(&r.json, "error", err_kind_name(call->err.kind));
  end_record(&r);
}

void report_open(void) {
  static struct api_call_observer observer = {.response = report_response};
  *(void **)&write_line = dlsym(RTLD_DEFAULT, "drs_check_line");
  if (write_line == NULL)
    return;
  const bool *bodies = dlsym(RTLD_DEFAULT, "drs_check_bodies");
  if (bodies != NULL && *bodies)
    observer.body = report_body;
  api_call_observer = &observer;
  struct record r;
  begin_record(&r, "module", NULL);
  json_add_string(&r.json, "version", DRS_VERSION);
  end_record(&r);
}

bool report_is_on(void) { return write_line != NULL; }

/* Errors, jobs, projects */

void report_error(const struct log_subject *subject, bool is_warning,
                  const char *text) {
  struct record r;
  if (!report_is_on())
    return;
  begin_record(&r, "error", subject->project);
  json_add_string(&r.json, "severity", is_warning ? "warning" : "error");
  if (subject->option != NULL)
    json_add_string(&r.json, "option", subject->option);
  json_add_string(&r.json, "error", err_kind_name(subject->kind));
  json_add_string(&r.json, "text", text);
  end_record(&r);
}

static void begin_job_record(struct record *r, const char *project,
                             const struct job *job) {
  begin_record(r, "job", project);
  json_add_string(&r->json, "id", job->id);
  json_add_string(&r->json, "name", job->name);
}

void report_job(const char *project, const struct job *job) {
  struct record r;
  if (!report_is_on())
    return;
  begin_job_record(&r, project, job);
  end_record(&r);
}

/* The service's words. */
static void words(struct record *r, const char *key, const char *value) {
  char shown[ERR_TEXT_MAX];
  snprintf(shown, sizeof(shown), "%s", value);
  secret_redact(shown);
  err_make_printable(shown);
  json_add_string(&r->json, key, shown);
}

void report_change(const char *project, const struct change *change) {
  struct record r;
  bool is_missing = change->kind == CHANGE_JOB_MISSING;
  bool has_reason = change->reason != NULL && *change->reason != '\0';
  if (!report_is_on() || (!is_missing && !has_reason))
    return;
  begin_job_record(&r, project, change->job);
  words(&r, is_missing ? "missing" : "failed_reason",
        is_missing ? change->message : change->reason);
  end_record(&r);
}

void report_project(const struct project_config *config,
                    const struct project_result *result,
                    const struct project_counts *counts) {
  struct record r;
  if (!report_is_on())
    return;
  begin_record(&r, "project", config->name);
  json_add_string(&r.json, "endpoint", config->endpoint);
  json_add_whole(&r.json, "up", project_is_up(result));
  json_add_whole(&r.json, "jobs", (long long)result->jobs);
  json_add_whole(&r.json, "answered", (long long)result->answered);
  json_add_whole(&r.json, "token_requests", (long long)counts->token_requests);
  end_record(&r);
}
