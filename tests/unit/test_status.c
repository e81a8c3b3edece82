/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The codes of all states, typed out: once published, none may change. */

#include "unit.h"

#include "api/status.h"

#include <string.h>

static const struct {
  const char *status;
  int code;
  enum status_family family;
} rows[] = {
    {"CREATING", 101, STATUS_STARTING},
    {"CONFIGURATION", 102, STATUS_STARTING},
    {"STARTJOBING", 103, STATUS_STARTING},
    {"WAITING_FOR_START", 104, STATUS_STARTING},
    {"FULL_TRANSFER_STARTED", 201, STATUS_RUNNING},
    {"FULL_TRANSFER_COMPLETE", 202, STATUS_RUNNING},
    {"INCRE_TRANSFER_STARTED", 203, STATUS_RUNNING},
    {"CHILD_TRANSFER_STARTING", 204, STATUS_RUNNING},
    {"CHILD_TRANSFER_STARTED", 205, STATUS_RUNNING},
    {"CHILD_TRANSFER_COMPLETE", 206, STATUS_RUNNING},
    {"PAUSING", 301, STATUS_PAUSED},
    {"PAUSEING", 301, STATUS_PAUSED},
    {"RELEASE_RESOURCE_STARTED", 401, STATUS_CHANGING},
    {"CHANGE_JOB_STARTED", 402, STATUS_CHANGING},
    {"RELEASE_CHILD_TRANSFER_STARTED", 403, STATUS_CHANGING},
    {"REBUILD_NODE_STARTED", 404, STATUS_CHANGING},
    {"NODE_UPGRADE_START", 405, STATUS_CHANGING},
    {"NODE_UPGRADE_COMPLETE", 406, STATUS_CHANGING},
    {"RELEASE_RESOURCE_COMPLETE", 501, STATUS_ENDED},
    {"RELEASE_CHILD_TRANSFER_COMPLETE", 502, STATUS_ENDED},
    {"DELETED", 503, STATUS_ENDED},
    {"CREATE_FAILED", 601, STATUS_FAILED},
    {"START_JOB_FAILED", 602, STATUS_FAILED},
    {"FULL_TRANSFER_FAILED", 603, STATUS_FAILED},
    {"INCRE_TRANSFER_FAILED", 604, STATUS_FAILED},
    {"RELEASE_RESOURCE_FAILED", 605, STATUS_FAILED},
    {"CHANGE_JOB_FAILED", 606, STATUS_FAILED},
    {"CHILD_TRANSFER_FAILED", 607, STATUS_FAILED},
    {"REBUILD_NODE_FAILED", 608, STATUS_FAILED},
    {"NODE_UPGRADE_FAILED", 609, STATUS_FAILED},
    /* not listed */
    {"ROLLBACK_FAILED", 600, STATUS_FAILED},
    {"FULL_TRANSFER_FAILED_FAILED", 600, STATUS_FAILED},
    {"FAILED", 0, STATUS_UNKNOWN},
    {"ROLLBACK_FAILED ", 0, STATUS_UNKNOWN},
    {"rollback_failed", 0, STATUS_UNKNOWN},
    {"ROLLBACK_STARTED", 0, STATUS_UNKNOWN},
    {"creating", 0, STATUS_UNKNOWN},
    {"CREATIN", 0, STATUS_UNKNOWN},
    {"CREATINGS", 0, STATUS_UNKNOWN},
    {" CREATING", 0, STATUS_UNKNOWN},
    {"", 0, STATUS_UNKNOWN},
};

static void a_state_has_its_code(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    int code = status_code(rows[i].status, strlen(rows[i].status));
    if (code != rows[i].code)
      fail_msg("%s is %d, not %d", rows[i].status, code, rows[i].code);
    assert_int_equal(status_family(code), rows[i].family);
  }
}

/* The text need not end where the state does. */
static void its_length_counts(void **state) {
  (void)state;
  assert_int_equal(status_code("CREATING,...", 8), 101);
  assert_int_equal(status_code("CREATING", 7), 0);
  assert_int_equal(status_code("CREATING\0", 9), 0);
}

static void a_code_has_a_family(void **state) {
  (void)state;
  static const struct {
    int code;
    enum status_family family;
  } codes[] = {
      {0, STATUS_UNKNOWN},    {99, STATUS_UNKNOWN},  {100, STATUS_STARTING},
      {199, STATUS_STARTING}, {299, STATUS_RUNNING}, {399, STATUS_PAUSED},
      {499, STATUS_CHANGING}, {599, STATUS_ENDED},   {600, STATUS_FAILED},
      {699, STATUS_FAILED},   {700, STATUS_UNKNOWN}, {-101, STATUS_UNKNOWN}};
  for (size_t i = 0; i < COUNT(codes); i++)
    assert_int_equal(status_family(codes[i].code), codes[i].family);
}

static void a_task_mode_has_its_code(void **state) {
  (void)state;
  assert_int_equal(status_task_mode("FULL_TRANS", 10), 1);
  assert_int_equal(status_task_mode("INCR_TRANS", 10), 2);
  assert_int_equal(status_task_mode("FULL_INCR_TRANS", 15), 3);
  assert_int_equal(status_task_mode("FULL_INCR_TRANS", 10), 0);
  assert_int_equal(status_task_mode("full_trans", 10), 0);
  assert_int_equal(status_task_mode("OTHER", 5), 0);
  assert_int_equal(status_task_mode("", 0), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_state_has_its_code),
      cmocka_unit_test(its_length_counts),
      cmocka_unit_test(a_code_has_a_family),
      cmocka_unit_test(a_task_mode_has_its_code),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
