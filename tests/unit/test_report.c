/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The records for drs-check, whose module this program stands for. */

#include "unit.h"

#include "api/call.h"
#include "plugin/log.h"
#include "plugin/report.h"

#include <stdlib.h>
#include <string.h>

static char lines[64 * 1024];

/* Exported, as by drs-check's module. */
__attribute__((visibility("default"))) void drs_check_line(const char *line);
__attribute__((visibility("default"))) extern bool drs_check_bodies;
bool drs_check_bodies = true;

void drs_check_line(const char *line) {
  assert_null(strchr(line, '\n'));
  strcat(lines, line);
  strcat(lines, "\n");
}

void plugin_log(int level, const char *format, ...) {
  (void)level;
  strcat(lines, "log ");
  strcat(lines, format);
}

static int clear(void **state) {
  (void)state;
  *lines = '\0';
  return 0;
}

static void the_module_says_its_version(void **state) {
  (void)state;
  report_open();
  assert_string_equal(lines, "{\"kind\":\"module\",\"version\":\"" DRS_VERSION
                             "\"}\n");
}

static void an_error_is_reported_and_not_logged(void **state) {
  (void)state;
  log_error("prod", ERR_AUTH, "%s", "a \"name\"\n\xE2\x80\xA8");
  log_warning(NULL, ERR_CONFIG, "odd");
  const struct log_subject subject = {"prod", "JobsFile", ERR_LOCAL};
  log_line(LOG_ERR, &subject, "JobsFile: gone");
  assert_string_equal(
      lines,
      "{\"kind\":\"error\",\"project\":\"prod\",\"severity\":\"error\","
      "\"error\":\"auth\",\"text\":\"a \\\"name\\\"????\"}\n"
      "{\"kind\":\"error\",\"severity\":\"warning\",\"error\":\"config\","
      "\"text\":\"odd\"}\n"
      "{\"kind\":\"error\",\"project\":\"prod\",\"severity\":\"error\","
      "\"option\":\"JobsFile\",\"error\":\"local\",\"text\":\"JobsFile: "
      "gone\"}\n");
}

static void an_information_is_logged(void **state) {
  (void)state;
  log_info("prod", ERR_NONE, "recovered");
  assert_string_equal(lines, "log drs plugin: %s%s%s%s%s%s");
}

static void a_job_is_reported_or_missing(void **state) {
  (void)state;
  const struct job job = {.id = "id-1", .name = "orders"};
  report_job("prod", &job);
  report_change("prod", &(struct change){.kind = CHANGE_JOB_MISSING,
                                         .job = &job,
                                         .message = "no such\xFF job"});
  report_change("prod", &(struct change){.kind = CHANGE_STATUS,
                                         .job = &job,
                                         .message = "it failed",
                                         .reason = "disk full"});
  report_change("prod", &(struct change){.kind = CHANGE_STATUS, .job = &job});
  assert_string_equal(
      lines, "{\"kind\":\"job\",\"project\":\"prod\",\"id\":\"id-1\",\"name\":"
             "\"orders\"}\n"
             "{\"kind\":\"job\",\"project\":\"prod\",\"id\":\"id-1\",\"name\":"
             "\"orders\",\"missing\":\"no such? job\"}\n"
             "{\"kind\":\"job\",\"project\":\"prod\",\"id\":\"id-1\",\"name\":"
             "\"orders\",\"failed_reason\":\"disk full\"}\n");
}

static void a_project_ends_its_cycle(void **state) {
  (void)state;
  char name[] = "prod", endpoint[] = "https://h";
  const struct project_config config = {.name = name, .endpoint = endpoint};
  const struct project_result result = {
      .jobs = 3, .answered = 2, .jobs_known = true};
  const struct project_counts counts = {.token_requests = 1};
  report_project(&config, &result, &counts);
  assert_string_equal(lines,
                      "{\"kind\":\"project\",\"project\":\"prod\",\"endpoint\":"
                      "\"https://h\",\"up\":0,\"jobs\":3,\"answered\":2,"
                      "\"token_requests\":1}\n");
}

/* Every byte comes through as the code point of its number, in parts. */
static void a_body_is_text(void **state) {
  (void)state;
  const struct api_service service = {.name = "prod"};
  const struct api_call_type type = {.path = "/batch-progress"};
  const struct api_call call = {.service = &service,
                                .type = &type,
                                .error = API_ERROR_CREDENTIAL,
                                .err.kind = ERR_AUTH};
  const char body[] = {'{', '"', '\0', '\xFF', '\n'};
  api_call_observer->body(&call, 401, body, sizeof(body));
  assert_non_null(strstr(lines, "\"kind\":\"body\",\"project\":\"prod\""));
  assert_non_null(strstr(lines, "\"path\":\"/batch-progress\",\"status\":401,"
                                "\"bytes\":\"{\\\"\xC4\x80\xC3\xBF\\n\"}"));
  clear(NULL);
  api_call_observer->response(&call, 401);
  assert_non_null(strstr(lines, "\"kind\":\"response\",\"project\":\"prod\""));
  assert_non_null(strstr(lines, "\"status\":401,\"class\":\"credential\","
                                "\"error\":\"auth\"}"));
}

static void a_long_body_comes_in_parts(void **state) {
  (void)state;
  const struct api_service service = {.name = "prod"};
  const struct api_call_type type = {.path = "/list"};
  const struct api_call call = {.service = &service, .type = &type};
  char body[10000];
  memset(body, 'x', sizeof(body));
  api_call_observer->body(&call, 200, body, sizeof(body));
  size_t parts = 0, bytes = 0;
  for (const char *c = lines; *c != '\0'; c++) {
    parts += *c == '\n';
    bytes += *c == 'x';
  }
  assert_int_equal(parts, 3);
  assert_int_equal(bytes, sizeof(body));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(the_module_says_its_version, clear),
      cmocka_unit_test_setup(an_error_is_reported_and_not_logged, clear),
      cmocka_unit_test_setup(an_information_is_logged, clear),
      cmocka_unit_test_setup(a_job_is_reported_or_missing, clear),
      cmocka_unit_test_setup(a_project_ends_its_cycle, clear),
      cmocka_unit_test_setup(a_body_is_text, clear),
      cmocka_unit_test_setup(a_long_body_comes_in_parts, clear),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
