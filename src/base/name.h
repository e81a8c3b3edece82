/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Names that are safe as a part of a metric's path in every store: Graphite
 * passes on ';', '=', spaces and non-ASCII, and collectd takes '/' as a
 * separator. */

#ifndef DRS_BASE_NAME_H
#define DRS_BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a name with its NUL: collectd's DATA_MAX_NAME_LEN. */
#define NAME_MAX_SIZE 128

/* The rule of name_is_safe, for errors. */
#define NAME_EXPECTED "expected 1 to 127 ASCII letters, digits, '.', '_' or '-'"

/* Copies `text` to `name`, which has `size` bytes, with everything but ASCII
 * letters, digits, '.', '_' and '-' turned to '_' (a character of several
 * bytes to one), cut where it does not fit. Different texts can become one
 * name. */
void name_make_safe(char *name, size_t size, const char *text, size_t len);

/* Whether it has an ASCII letter or a digit. Made safe, a name without one is
 * dots and underscores. */
bool name_is_readable(const char *text, size_t len);

/* As strcmp(3), for safe names, of what is left of them where write_graphite
 * replaces characters as it does by default: '.' is '_'. 0: one series. */
int name_compare_folded(const char *a, const char *b);

/* Whether `text` can stand in JSON, a URL's path, a log line and a metric as
 * it is: 1 to `max` bytes of ASCII letters, digits, '.', '_', '-', and not
 * "." or "..". */
bool name_is_safe(const char *text, size_t max);

/* Whether `text` has a control character, such as a line break: it could break
 * out of a header, a log line or a file's line. */
bool name_has_control(const char *text, size_t len);

#endif
