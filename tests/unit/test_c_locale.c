/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Numbers, texts and names where the process has a locale of its own, which is
 * made here: few machines have it. */

#include "unit.h"

#include "base/buf.h"
#include "base/c_locale.h"
#include "base/json.h"
#include "net/response_header.h"

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/test_c_locale.XXXXXX";

static int enter(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL || chdir(folder) != 0 ||
         setenv("LOCPATH", folder, 1) != 0;
}

static int remove_folder(void) {
  char command[64];
  snprintf(command, sizeof(command), "rm -r %s", folder);
  return system(command);
}

static int leave(void **state) {
  (void)state;
  setlocale(LC_ALL, "C");
  return chdir("/") != 0 || remove_folder() != 0;
}

/* Makes it the process's; skips the test where it cannot be made. */
static void set_locale(const char *source, const char *charset) {
  char command[256];
  snprintf(command, sizeof(command),
           "localedef --no-archive -i %s -f %s ./%s >/dev/null 2>&1", source,
           charset, source);
  if (system(command) > 255 || setlocale(LC_ALL, source) == NULL)
    skip();
}

static void a_decimal_comma_is_not_ours(void **state) {
  (void)state;
  double value = 0;
  char theirs[8], *end;
  struct err err = ERR_INIT;
  struct buf b;
  set_locale("de_DE", "UTF-8");
  snprintf(theirs, sizeof(theirs), "%g", 0.5);
  assert_string_equal(theirs, "0,5");
  assert_true(json_number("1500.5", 6, &value) && value == 1500.5);
  assert_false(json_number("1500,5", 6, &value));
  err_set(&err, ERR_CONFIG, "got %g", 0.25);
  assert_string_equal(err.text, "got 0.25");
  buf_init(&b, 16);
  assert_true(buf_addf(&b, NULL, "%g", 0.75));
  assert_string_equal(b.data, "0.75");
  buf_free(&b);
  assert_true(strtod("0,5", &end) == 0.5); /* it is the process's still */
}

static void a_capital_i_is_an_i(void **state) {
  (void)state;
  struct response_header h;
  set_locale("tr_TR", "ISO-8859-9");
  assert_int_not_equal(tolower('I'), 'i');
  assert_int_equal(c_locale_strncasecmp("INTERVAL", "interval", PTRDIFF_MAX),
                   0);
  response_header_init(&h, "X-ID", 100);
  static const char *const lines[] = {"HTTP/1.1 200 OK\r\n", "x-id: 7\r\n"};
  for (size_t i = 0; i < COUNT(lines); i++)
    assert_true(response_header_line(&h, lines[i], strlen(lines[i]), NULL));
  assert_string_equal(h.captured.data, "7");
  response_header_finish(&h);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_decimal_comma_is_not_ours),
      cmocka_unit_test(a_capital_i_is_an_i),
  };
  return cmocka_run_group_tests(tests, enter, leave);
}
