/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Numbers and letters as in the locale "C". Another plugin may set the
 * process's locale: in that of Germany strtod expects "99,5" and printf writes
 * it, and in that of Turkey "I" is not a capital "i". Only the calling thread
 * has the other locale, and only within these functions. */

#ifndef DRS_BASE_C_LOCALE_H
#define DRS_BASE_C_LOCALE_H

#include <stdarg.h>
#include <stddef.h>

/* As strtod, vsnprintf and strncasecmp; PTRDIFF_MAX compares whole texts. */
double c_locale_strtod(const char *text, char **end);
int c_locale_vsnprintf(char *to, size_t size, const char *format, va_list ap)
    __attribute__((format(printf, 3, 0)));
int c_locale_strncasecmp(const char *a, const char *b, size_t len);

#endif
