/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A table of fields, and libc's regular expressions. */

#include "poll/job_filter.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* Copies that libc makes of a repeated part: of X+ one, of X{9} eight. Nested
 * ones multiply, so a few bytes could fill the memory. */
#define COPIES_MAX 256
/* Repetitions of repetitions: (X+)* has two. More can take libc hours. */
#define REPETITIONS_MAX 2
/* Groups within groups, over which libc recurses. */
#define DEPTH_MAX 32

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

static bool find_field(const char *name, size_t *ret_offset, struct err *err) {
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

/* A part of an expression: a character, a group, or the content of one. */
struct part {
  size_t atoms; /* copies included */
  int repetitions;
};

/* The cost of an expression for libc, on the way from its start to its end. */
struct cost {
  struct part open[DEPTH_MAX + 1]; /* each group that is open */
  struct part last;                /* a repetition would repeat it */
  size_t copies;
  int depth;
};

static void pass_part(struct cost *c, struct part part) {
  struct part *outer = &c->open[c->depth];
  c->last = part;
  outer->atoms += part.atoms;
  if (outer->repetitions < part.repetitions)
    outer->repetitions = part.repetitions;
}

static void pass_atom(struct cost *c) { pass_part(c, (struct part){1, 0}); }

static const char *pass_group(struct cost *c, const char *at) {
  if (*at == '(' && c->depth < DEPTH_MAX)
    c->open[++c->depth] = (struct part){1, 0};
  else if (*at == '(')
    return NULL;
  else if (c->depth > 0)
    pass_part(c, c->open[c->depth--]);
  return at + 1;
}

/* The largest number of "2}", "2,}" or "2,9}", which is passed. */
static size_t pass_numbers(const char **at) {
  size_t most = 1, number = 0;
  for (; isdigit((unsigned char)**at) || **at == ','; ++*at) {
    number = **at == ',' ? 0 : number * 10 + (size_t)(**at - '0');
    if (number > COPIES_MAX)
      number = COPIES_MAX + 2;
    most = number > most ? number : most;
  }
  return most;
}

static const char *pass_repetition(struct cost *c, const char *at) {
  char how = *at++;
  size_t times = how == '{' ? pass_numbers(&at) : how == '+' ? 2 : 1;
  size_t copies = c->last.atoms * (times - 1);
  c->copies += copies;
  struct part repeated = {c->last.atoms + copies, c->last.repetitions + 1};
  pass_part(c, (struct part){copies, repeated.repetitions});
  c->last = repeated;
  return c->copies > COPIES_MAX || c->last.repetitions > REPETITIONS_MAX ? NULL
                                                                         : at;
}

/* "[]abc]", "[^]abc]" and "[[:alpha:]]" end in their last bracket. */
static const char *pass_brackets(struct cost *c, const char *at) {
  at += at[1] == '^' ? 2 : 1;
  at += *at == ']';
  for (; *at != ']' && *at != '\0'; at++) {
    const char class_end[] = {at[1], ']', '\0'}, *end = NULL;
    if (at[0] == '[' && at[1] != '\0' && strchr(":.=", at[1]) != NULL)
      end = strstr(at + 2, class_end);
    at = end != NULL ? end + 1 : at;
  }
  pass_atom(c);
  return *at == '\0' ? at : at + 1;
}

/* NULL: the expression costs too much. A back-reference, which POSIX's
 * extended expressions do not have, lets a match take any time. */
static const char *pass(struct cost *c, const char *at) {
  switch (*at) {
  case '(':
  case ')':
    return pass_group(c, at);
  case '*':
  case '+':
  case '?':
  case '{':
    return pass_repetition(c, at);
  case '[':
    return pass_brackets(c, at);
  case '\\':
    pass_atom(c);
    if (isdigit((unsigned char)at[1]))
      return NULL;
    return at[1] == '\0' ? at + 1 : at + 2;
  default:
    pass_atom(c);
    return at + 1;
  }
}

static bool is_cheap(const char *expression) {
  struct cost cost = {0};
  for (const char *at = expression; at != NULL; at = pass(&cost, at))
    if (*at == '\0')
      return true;
  return false;
}

static bool compile(regex_t *to, const char *expression, struct err *err) {
  char why[128];
  if (!is_cheap(expression))
    return err_set(err, ERR_CONFIG,
                   "the expression repeats too much, nests too deep, or has a "
                   "back-reference: \"%s\"",
                   expression);
  int code = regcomp(to, expression, REG_EXTENDED | REG_NOSUB);
  if (code == 0)
    return true;
  regerror(code, to, why, sizeof(why));
  return err_set(err, ERR_CONFIG,
                 "expected an extended regular expression, got \"%s\": %s",
                 expression, why);
}

bool job_filter_add(struct job_filter *f, const char *field,
                    const char *expression, bool ignore, struct err *err) {
  struct job_filter_rule rule = {.ignore = ignore};
  if (!find_field(field, &rule.field, err) ||
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
