/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A table of fields, and libc's regular expressions. */

#include "poll/job_filter.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct job_filter_rule {
  size_t field; /* its offset in struct task */
  bool ignore;
  regex_t expression;
};

static const struct {
  const char *name;
  size_t offset;
} fields[] = {
    {"name", offsetof(struct task, name)},
    {"status", offsetof(struct task, status)},
    {"engine_type", offsetof(struct task, engine_type)},
    {"net_type", offsetof(struct task, net_type)},
    {"task_type", offsetof(struct task, task_type)},
};

static bool find_task_field(const char *name, size_t *ret_offset,
                            struct err *err) {
  for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
    if (strcmp(fields[i].name, name) == 0) {
      *ret_offset = fields[i].offset;
      return true;
    }
  return err_set(err, ERR_CONFIG,
                 "expected name, status, engine_type, net_type or task_type, "
                 "got \"%s\"",
                 name);
}

static bool compile(regex_t *to, const char *expression, struct err *err) {
  char reason[128];
  int code = regcomp(to, expression, REG_EXTENDED | REG_NOSUB);
  if (code == 0)
    return true;
  regerror(code, to, reason, sizeof(reason));
  return err_set(err, ERR_CONFIG,
                 "expected an extended regular expression, got \"%s\": %s",
                 expression, reason);
}

bool job_filter_add(struct job_filter *f, const char *field,
                    const char *expression, bool ignore, struct err *err) {
  struct job_filter_rule rule = {.ignore = ignore};
  if (!find_task_field(field, &rule.field, err) ||
      !compile(&rule.expression, expression, err))
    return false;
  struct job_filter_rule *rules =
      reallocarray(f->rules, f->len + 1, sizeof(*rules));
  if (rules == NULL) {
    regfree(&rule.expression);
    return err_memory(err);
  }
  f->rules = rules;
  f->rules[f->len++] = rule;
  return true;
}

void job_filter_free(struct job_filter *f) {
  for (size_t i = 0; i < f->len; i++)
    regfree(&f->rules[i].expression);
  free(f->rules);
  *f = (struct job_filter){0};
}

static bool matches(const struct job_filter_rule *rule,
                    const struct task *task) {
  const struct json_text *text =
      (const void *)((const char *)task + rule->field);
  return regexec(&rule->expression, text->text, 0, NULL, 0) == 0;
}

bool job_filter_accepts(const struct job_filter *f, const struct task *task) {
  for (size_t i = 0; i < f->len; i++)
    if (matches(&f->rules[i], task) == f->rules[i].ignore)
      return false;
  return true;
}
