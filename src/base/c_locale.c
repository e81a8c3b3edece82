/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The thread's locale is replaced for the time of a call. */

#include "base/c_locale.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static locale_t c_locale;

/* Never freed: C libraries have this one built in. */
static void make_locale(void) {
  c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Returns the thread's own, to be set again. */
static locale_t enter_c_locale(void) {
  static pthread_once_t initialized = PTHREAD_ONCE_INIT;
  pthread_once(&initialized, make_locale);
  return uselocale(c_locale);
}

double c_locale_strtod(const char *text, char **end) {
  locale_t own = enter_c_locale();
  double value = strtod(text, end);
  uselocale(own);
  return value;
}

int c_locale_vsnprintf(char *to, size_t size, const char *format, va_list ap) {
  locale_t own = enter_c_locale();
  int len = vsnprintf(to, size, format, ap);
  uselocale(own);
  return len;
}

int c_locale_strncasecmp(const char *a, const char *b, size_t len) {
  locale_t own = enter_c_locale();
  int order = strncasecmp(a, b, len);
  uselocale(own);
  return order;
}
