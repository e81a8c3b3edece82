/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Decodes the response on its standard input, in chunks of libcurl's size or
 * another one: as the plugin does, or with yajl alone and empty callbacks. To
 * be run under callgrind and massif. */

#include "api/call.h"
#include "api/progress.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

/* CURL_MAX_WRITE_SIZE */
#define CHUNK_MAX (16 * 1024)
static size_t chunk = CHUNK_MAX;

/* Not on the stack, whose alignment depends on the size of the environment:
 * with it, the instructions of string functions would change. */
static alignas(max_align_t) char bytes[CHUNK_MAX];
static struct progress progress;

/* The plugin's decoder */

static void count_item(void *arg, const struct job_item *item) {
  (void)item;
  ++*(size_t *)arg;
}

/* Reads a chunk; 0 at the end of the input. */
static size_t next_chunk(void) { return fread(bytes, 1, chunk, stdin); }

static bool decode_progress(size_t *items) {
  bool ok = true;
  struct job_response response = {count_item, items, &progress.base};
  struct json_decoder *d = json_decoder_new(progress_call.response, &response);
  for (size_t len; ok && (len = next_chunk()) > 0;)
    ok = json_decoder_feed(d, bytes, len, NULL);
  ok = ok && json_decoder_finish(d, NULL);
  json_decoder_free(d);
  return ok;
}

/* yajl alone, configured as by the plugin */

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
  yajl_status status = yajl_status_ok;
  yajl_handle yajl = yajl_alloc(&empty, NULL, NULL);
  yajl_config(yajl, yajl_dont_validate_strings, 1);
  for (size_t len; status == yajl_status_ok && (len = next_chunk()) > 0;)
    status = yajl_parse(yajl, (unsigned char *)bytes, len);
  if (status == yajl_status_ok)
    status = yajl_complete_parse(yajl);
  yajl_free(yajl);
  *items = 0; /* unknown */
  return status == yajl_status_ok;
}

static const struct {
  const char *name;
  bool (*decode)(size_t *items);
} decoders[] = {{"progress", decode_progress}, {"yajl", decode_yajl}};

int main(int argc, char **argv) {
  size_t items = 0;
  if (argc == 3)
    chunk = strtoul(argv[2], NULL, 10);
  if (chunk == 0 || chunk > CHUNK_MAX)
    argc = 0;
  for (size_t i = 0; argc > 1 && i < sizeof(decoders) / sizeof(*decoders);
       i++) {
    if (strcmp(argv[1], decoders[i].name) != 0)
      continue;
    if (!decoders[i].decode(&items))
      return 1;
    printf("%zu\n", items);
    return 0;
  }
  fprintf(stderr, "usage: decode progress|yajl [CHUNK] <response\n");
  return 2;
}
