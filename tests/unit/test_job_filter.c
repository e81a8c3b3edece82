/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Rules over tasks. */

#include "alloc.h"

#include "poll/job_filter.h"

static struct job_filter filter;

static int tear_down(void **state) {
  (void)state;
  job_filter_free(&filter);
  return 0;
}

static void set(struct json_text *to, const char *text) {
  to->len = strlen(text);
  strcpy(to->text, text);
}

static bool accepts(const char *name, const char *engine) {
  struct task task = {0};
  set(&task.name, name);
  set(&task.engine_type, engine);
  return job_filter_accepts(&filter, &task);
}

static bool add(const char *field, const char *expression, bool ignore) {
  return job_filter_add(&filter, field, expression, ignore, NULL);
}

static void without_a_rule_all_are_accepted(void **state) {
  (void)state;
  assert_true(accepts("prod-1", "mysql") && accepts("", ""));
}

static void every_selecting_rule_has_to_match(void **state) {
  (void)state;
  assert_true(add("name", "^prod-", false));
  assert_true(add("engine_type", "mysql|postgres", false));
  assert_true(accepts("prod-1", "mysql-to-rds"));
  assert_true(accepts("prod-1", "postgres"));
  assert_false(accepts("prod-1", "oracle"));
  assert_false(accepts("my-prod-1", "mysql"));
  assert_false(accepts("prod-1", ""));
}

static void no_ignoring_rule_may_match(void **state) {
  (void)state;
  assert_true(add("name", "-test$", true));
  assert_true(add("name", "^old", true));
  assert_true(accepts("orders", "mysql"));
  assert_false(accepts("orders-test", "mysql"));
  assert_false(accepts("old-orders", "mysql"));
  assert_true(add("name", "orders", false));
  assert_true(accepts("orders", ""));
  assert_false(accepts("orders-test", ""));
  assert_false(accepts("users", ""));
}

static void each_field_is_its_own(void **state) {
  (void)state;
  struct task task = {0};
  struct json_text *const texts[] = {&task.name, &task.status,
                                     &task.engine_type, &task.net_type,
                                     &task.task_type};
  static const char *const names[] = {"name", "status", "engine_type",
                                      "net_type", "task_type"};
  for (size_t i = 0; i < COUNT(names); i++) {
    assert_true(add(names[i], "^x$", false));
    assert_false(job_filter_accepts(&filter, &task));
    set(texts[i], "x");
    assert_true(job_filter_accepts(&filter, &task));
  }
}

static void a_rule_that_is_none_is_an_error(void **state) {
  (void)state;
  struct err err = ERR_INIT;
  assert_false(job_filter_add(&filter, "id", "x", false, &err));
  assert_int_equal(err.kind, ERR_CONFIG);
  assert_string_equal(err.text, "expected name, status, engine_type, net_type "
                                "or task_type, got \"id\"");
  err_clear(&err);
  assert_false(job_filter_add(&filter, "name", "(", false, &err));
  assert_non_null(strstr(err.text, "extended regular expression, got \"(\": "));
  assert_int_equal(filter.len, 0);
}

static bool fill(void) {
  bool ok = add("name", "a+", false) && add("name", "b", true);
  job_filter_free(&filter);
  return ok;
}

static void no_failure_is_overlooked(void **state) {
  (void)state;
  alloc_fail_each(fill);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(without_a_rule_all_are_accepted, tear_down),
      cmocka_unit_test_teardown(every_selecting_rule_has_to_match, tear_down),
      cmocka_unit_test_teardown(no_ignoring_rule_may_match, tear_down),
      cmocka_unit_test_teardown(each_field_is_its_own, tear_down),
      cmocka_unit_test_teardown(a_rule_that_is_none_is_an_error, tear_down),
      cmocka_unit_test(no_failure_is_overlooked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
