/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A stack of shapes over the reader's events. Only the outermost object has
 * two tables, the response's and the error body's; below it there is one. */

#include "base/json_decoder.h"

#include "base/memory.h"
#include "base/secret.h"

#include <stdint.h>
#include <string.h>

/* Shapes inside each other; deeper shapes are skipped. */
enum { SHAPES_MAX = 8 };

/* A shape that has been entered. */
struct frame {
  const struct json_shape *shape;
  void *outer, *target;          /* the argument and the result of `enter` */
  const struct json_field *next; /* the search for a key starts here */
  bool is_array;
};

struct json_decoder {
  struct json_reader *json;
  struct frame *top;              /* frames: not in the document yet */
  int skip;                       /* containers open that are skipped */
  const struct json_field *field; /* of the last key; NULL: not in a table */
  void *target;                   /* of the value to come */
  uint64_t members;               /* of the root: containers it had */
  const struct json_shape *root;
  void *root_target;
  struct err err; /* of a hook or the reader */
  struct error_body error;
  struct frame frames[SHAPES_MAX + 1];
};

static const struct json_field none[] = {{0}};

/* No shape of interest: the root of a call that expects only errors. */
static const struct json_shape nothing = {.object = true, .fields = none};

void json_text_redact(struct json_text *t) {
  secret_redact(t->text);
  t->len = strlen(t->text);
}

/* Keepers */

void json_store_text(struct json_decoder *d, const struct json_field *f,
                     void *target, const char *text, size_t len) {
  struct json_text *t = (void *)((char *)target + f->offset);
  (void)d;
  t->len = len < JSON_TEXT_MAX ? len : JSON_TEXT_MAX - 1;
  memcpy(t->text, text, t->len);
  t->text[t->len] = '\0';
  for (char *nul = t->text; (nul += strlen(nul)) < t->text + t->len;)
    *nul = '?';
  if (len >= JSON_TEXT_MAX) /* in a longer text the cut would not show */
    json_text_redact(t);
}

void json_store_number(struct json_decoder *d, const struct json_field *f,
                       void *target, const char *text, size_t len) {
  unsigned *has = target;
  (void)d;
  if (len > 0 && text[len - 1] == '%')
    len--;
  if (json_number(text, len, (void *)((char *)target + f->offset)))
    *has |= f->bit;
}

/* Keys */

/* From `f` on. */
static const struct json_field *find_field(const struct json_field *f,
                                           const char *key, size_t len) {
  for (; f->key != NULL; f++)
    if (f->len == len && memcmp(f->key, key, len) == 0)
      return f;
  return NULL;
}

/* A member that is not in the table from the last match on. Apart, so that the
 * usual member saves few registers. */
__attribute__((noinline)) static int on_other_key(struct json_decoder *d,
                                                  const char *key, size_t len) {
  struct frame *top = d->top;
  if (top->shape->fields == NULL) {
    if (top->shape->name != NULL)
      d->target = top->shape->name(top->target, key, len);
    return 1;
  }
  d->field = find_field(top->shape->fields, key, len);
  if (d->field != NULL) {
    top->next = d->field + 1;
  } else if (top == d->frames + 1) {
    d->field = find_field(error_body_shape.fields, key, len);
    d->target = &d->error;
  }
  return 1;
}

static int on_member(void *arg, const char *key, size_t len) {
  struct json_decoder *d = arg;
  struct frame *top = d->top;
  if (d->skip > 0)
    return 1;
  d->target = top->target;
  d->field = find_field(top->next, key, len);
  if (d->field == NULL)
    return on_other_key(d, key, len);
  top->next = d->field + 1;
  return 1;
}

/* Containers */

/* The shape of a container that starts, from the table around it. */
static const struct json_shape *shape_inside(struct json_decoder *d) {
  struct frame *top = d->top;
  if (top == d->frames) {
    d->target = d->root_target;
    return d->root;
  }
  if (top->is_array) {
    d->target = top->target;
    if (top->shape->name != NULL)
      d->target = top->shape->name(top->target, NULL, 0);
  }
  if (top->shape->fields == NULL)
    return d->target != NULL ? top->shape->each : NULL;
  return d->field != NULL ? d->field->inside : NULL;
}

/* Nothing of an element is taken for the next one's. */
static void clear_element(const struct json_shape *shape, void *target) {
  unsigned *has = target;
  for (const struct json_field *f = shape->fields; f->key != NULL; f++) {
    if (f->is_text)
      json_text_clear((void *)((char *)target + f->offset));
    else if (f->bit != 0)
      *has &= ~f->bit;
    else if (f->inside != NULL && f->inside->fields != NULL &&
             f->inside->enter == NULL)
      clear_element(f->inside, target);
  }
}

/* False: skip it, because no table has it. */
static bool enter_container(struct json_decoder *d, bool is_array) {
  bool is_element = d->top != d->frames && d->top->shape->fields == NULL;
  const struct json_shape *shape = shape_inside(d);
  if (shape == NULL || !(is_array ? shape->array : shape->object) ||
      d->top == d->frames + SHAPES_MAX)
    return false;
  void *target = d->target;
  if (shape->enter != NULL && (target = shape->enter(d->target)) == NULL)
    return false;
  if (is_element && shape->fields != NULL)
    clear_element(shape, target);
  if (d->top == d->frames + 1 && d->target == d->top->target)
    d->members |= UINT64_C(1) << (d->field - d->top->shape->fields);
  *++d->top =
      (struct frame){.shape = shape,
                     .outer = d->target,
                     .target = target,
                     .next = shape->fields != NULL ? shape->fields : none,
                     .is_array = is_array};
  return true;
}

static int on_container_start(void *arg, bool is_array) {
  struct json_decoder *d = arg;
  if (d->skip > 0 || !enter_container(d, is_array))
    d->skip++;
  d->field = NULL;
  return 1;
}

static int on_container_end(void *arg) {
  struct json_decoder *d = arg;
  if (d->skip > 0) {
    d->skip--;
    return 1;
  }
  struct frame *left = d->top--;
  d->field = NULL;
  if (left->shape->leave == NULL)
    return 1;
  left->shape->leave(d, left->outer);
  return !err_is_set(&d->err);
}

static int on_value(void *arg, enum json_kind kind, const char *text,
                    size_t len) {
  struct json_decoder *d = arg;
  const struct json_field *f = d->field; /* NULL in skipped parts */
  if (f == NULL) {
    struct frame *top = d->top;
    if (d->skip == 0 && top->is_array && top->shape->name != NULL)
      top->shape->name(top->target, NULL, 0);
    return 1;
  }
  d->field = NULL;
  if (f->store == NULL || kind < JSON_NUMBER)
    return 1;
  f->store(d, f, d->target, text, len);
  return !err_is_set(&d->err);
}

static const struct json_events events = {.scalar = on_value,
                                          .key = on_member,
                                          .open = on_container_start,
                                          .close = on_container_end};

/* The interface */

struct json_decoder *json_decoder_new(const struct json_shape *response,
                                      void *target) {
  struct json_decoder *d = calloc(1, sizeof(*d));
  if (d == NULL)
    return NULL;
  d->root = response != NULL ? response : &nothing;
  d->root_target = target;
  d->top = d->frames;
  d->json = json_reader_new(&events, d);
  if (d->json != NULL)
    return d;
  memory_wipe(d, sizeof(*d));
  return NULL;
}

void json_decoder_free(struct json_decoder *d) {
  if (d == NULL)
    return;
  json_reader_free(d->json);
  memory_wipe(d, sizeof(*d)); /* an error's text may quote a secret */
}

void json_decoder_expect_error(struct json_decoder *d) { d->root = &nothing; }

/* An error of a hook or of the reader, whichever came first, stays. */
static bool report(const struct json_decoder *d, struct err *err) {
  return !err_is_set(&d->err) || err_set(err, d->err.kind, "%s", d->err.text);
}

bool json_decoder_feed(struct json_decoder *d, const char *bytes, size_t len,
                       struct err *err) {
  json_feed(d->json, bytes, len, &d->err);
  return report(d, err);
}

bool json_decoder_finish(struct json_decoder *d, struct err *err) {
  json_finish(d->json, &d->err);
  return report(d, err);
}

bool json_decoder_has(const struct json_decoder *d, const char *key) {
  const struct json_field *f = find_field(d->root->fields, key, strlen(key));
  return f != NULL && (d->members >> (f - d->root->fields) & 1) != 0;
}

struct error_body *json_decoder_error(struct json_decoder *d) {
  return &d->error;
}

struct err *json_decoder_err(struct json_decoder *d) {
  return &d->err;
}
