/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Decodes the reply on its standard input, in the chunks that curl hands on:
 * as the plugin does, or with yajl alone, whose callbacks are empty. For
 * callgrind and massif to look at. */

#include "api/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <yajl/yajl_parse.h>

/* CURL_MAX_WRITE_SIZE */
#define CHUNK (16 * 1024)

/* The plugin's decoder */

static void count_item(void *arg, const struct progress *p) {
  (void)p;
  ++*(size_t *)arg;
}

static bool decode_progress(size_t *items) {
  char bytes[CHUNK];
  bool ok = true;
  struct progress_reader *r = progress_reader_new(count_item, items);
  for (ssize_t len; ok && (len = read(STDIN_FILENO, bytes, CHUNK)) > 0;)
    ok = progress_feed(r, bytes, (size_t)len, NULL);
  ok = ok && progress_finish(r, NULL);
  progress_reader_free(r);
  return ok;
}

/* yajl alone, set as the plugin sets it */

static int nothing(void *ctx) {
  (void)ctx;
  return 1;
}

static int no_boolean(void *ctx, int value) {
  (void)ctx, (void)value;
  return 1;
}

static int no_number(void *ctx, const char *text, size_t len) {
  (void)ctx, (void)text, (void)len;
  return 1;
}

static int no_string(void *ctx, const unsigned char *text, size_t len) {
  (void)ctx, (void)text, (void)len;
  return 1;
}

static const yajl_callbacks empty = {
    .yajl_null = nothing,
    .yajl_boolean = no_boolean,
    .yajl_number = no_number,
    .yajl_string = no_string,
    .yajl_start_map = nothing,
    .yajl_map_key = no_string,
    .yajl_end_map = nothing,
    .yajl_start_array = nothing,
    .yajl_end_array = nothing,
};

static bool decode_yajl(size_t *items) {
  unsigned char bytes[CHUNK];
  yajl_status status = yajl_status_ok;
  yajl_handle yajl = yajl_alloc(&empty, NULL, NULL);
  yajl_config(yajl, yajl_dont_validate_strings, 1);
  for (ssize_t len; status == yajl_status_ok &&
                    (len = read(STDIN_FILENO, bytes, CHUNK)) > 0;)
    status = yajl_parse(yajl, bytes, (size_t)len);
  if (status == yajl_status_ok)
    status = yajl_complete_parse(yajl);
  yajl_free(yajl);
  *items = 0; /* it does not know */
  return status == yajl_status_ok;
}

static const struct {
  const char *name;
  bool (*decode)(size_t *items);
} decoders[] = {{"progress", decode_progress}, {"yajl", decode_yajl}};

int main(int argc, char **argv) {
  size_t items = 0;
  for (size_t i = 0; argc == 2 && i < sizeof(decoders) / sizeof(*decoders);
       i++) {
    if (strcmp(argv[1], decoders[i].name) != 0)
      continue;
    if (!decoders[i].decode(&items))
      return 1;
    printf("%zu\n", items);
    return 0;
  }
  fprintf(stderr, "usage: decode progress|yajl <reply\n");
  return 2;
}
