/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The table of states. A new one goes to the end of its family. */

#include "api/status.h"

#include <string.h>

struct row {
  const char *name;
  size_t len;
  int code;
};

#define ROW(code, name)                                                        \
  { name, sizeof(name) - 1, code }

static const struct row states[] = {
    ROW(101, "CREATING"),
    ROW(102, "CONFIGURATION"),
    ROW(103, "STARTJOBING"),
    ROW(104, "WAITING_FOR_START"),

    ROW(STATUS_FULL_TRANSFER, "FULL_TRANSFER_STARTED"),
    ROW(STATUS_FULL_TRANSFER_COMPLETE, "FULL_TRANSFER_COMPLETE"),
    ROW(STATUS_INCREMENTAL_TRANSFER, "INCRE_TRANSFER_STARTED"),
    ROW(204, "CHILD_TRANSFER_STARTING"),
    ROW(205, "CHILD_TRANSFER_STARTED"),
    ROW(206, "CHILD_TRANSFER_COMPLETE"),

    ROW(301, "PAUSING"), /* a steady state, whatever its name says */
    ROW(301, "PAUSEING"),

    ROW(401, "RELEASE_RESOURCE_STARTED"),
    ROW(402, "CHANGE_JOB_STARTED"),
    ROW(403, "RELEASE_CHILD_TRANSFER_STARTED"),
    ROW(404, "REBUILD_NODE_STARTED"),
    ROW(405, "NODE_UPGRADE_START"),
    ROW(406, "NODE_UPGRADE_COMPLETE"),

    ROW(501, "RELEASE_RESOURCE_COMPLETE"),
    ROW(502, "RELEASE_CHILD_TRANSFER_COMPLETE"),
    ROW(503, "DELETED"),

    ROW(601, "CREATE_FAILED"),
    ROW(602, "START_JOB_FAILED"),
    ROW(603, "FULL_TRANSFER_FAILED"),
    ROW(604, "INCRE_TRANSFER_FAILED"),
    ROW(605, "RELEASE_RESOURCE_FAILED"),
    ROW(606, "CHANGE_JOB_FAILED"),
    ROW(607, "CHILD_TRANSFER_FAILED"),
    ROW(608, "REBUILD_NODE_FAILED"),
    ROW(609, "NODE_UPGRADE_FAILED"),
};

static const struct row modes[] = {
    ROW(STATUS_FULL_TRANS, "FULL_TRANS"),
    ROW(2, "INCR_TRANS"),
    ROW(3, "FULL_INCR_TRANS"),
};

#define FAILED_UNLISTED 600

static int find_status(const struct row *rows, size_t count, const char *text,
                       size_t len) {
  for (size_t i = 0; i < count; i++)
    if (rows[i].len == len && memcmp(rows[i].name, text, len) == 0)
      return rows[i].code;
  return 0;
}

int status_code(const char *text, size_t len) {
  static const char failed[] = "_FAILED";
  const size_t suffix = sizeof(failed) - 1;
  int code = find_status(states, sizeof(states) / sizeof(*states), text, len);
  if (code == 0 && len > suffix &&
      memcmp(text + len - suffix, failed, suffix) == 0)
    return FAILED_UNLISTED;
  return code;
}

bool status_is_of_children(int code) {
  return (code >= 204 && code <= 206) || code == 607;
}

int status_task_mode(const char *text, size_t len) {
  return find_status(modes, sizeof(modes) / sizeof(*modes), text, len);
}

enum status_family status_family(int code) {
  int family = code / 100;
  return family >= STATUS_STARTING && family <= STATUS_FAILED
             ? (enum status_family)family
             : STATUS_UNKNOWN;
}
