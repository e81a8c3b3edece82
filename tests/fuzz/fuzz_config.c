/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A configuration file, from its bytes through collectd's own parser
 * (liboconfig) and plugin/config.c to projects. Each fault is one error in the
 * log, no line of the log has a secret, and an accepted project can start.
 * The input is the file.
 *
 * The parser is in collectd's daemon and in no library, so it is built from
 * collectd's source by tests/fuzz/run, and `make check` has no replay of this
 * target. */

#include "fuzz.h"

#include "collectd_stub.h"
#include "plugin/config.h"
#include "plugin/config_parsers.h"
#include "poll/project.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char fuzz_name[] = "config";

/* What a secret of an input has to contain to be looked for in the log. */
#define MARK "SECRET"

/* liboconfig, which is built with these names in place of libc's. It reports a
 * syntax error on stderr, and keeps what it has allocated until then: collectd
 * exits. */

int yylex_destroy(void);
int parser_printf(const char *format, ...);
int parser_fprintf(FILE *file, const char *format, ...);
void *parser_malloc(size_t size);
void *parser_calloc(size_t n, size_t size);
void *parser_realloc(void *old, size_t size);
char *parser_strdup(const char *text);
void parser_free(void *block);

int parser_printf(const char *format, ...) { return *format; }

int parser_fprintf(FILE *file, const char *format, ...) {
  (void)file;
  return *format;
}

/* Before each block; the first is the ring's own. */
static struct link { struct link *next, *before; } blocks = {&blocks, &blocks};

void *parser_malloc(size_t size) {
  struct link *link = malloc(sizeof(*link) + size);
  MUST(link != NULL);
  *link = (struct link){blocks.next, &blocks};
  blocks.next = link->next->before = link;
  return link + 1;
}

void *parser_calloc(size_t n, size_t size) {
  return memset(parser_malloc(n * size), 0, n * size);
}

void *parser_realloc(void *old, size_t size) {
  if (old == NULL)
    return parser_malloc(size);
  struct link *link = realloc((struct link *)old - 1, sizeof(*link) + size);
  MUST(link != NULL);
  link->next->before = link->before->next = link;
  return link + 1;
}

char *parser_strdup(const char *text) {
  return strcpy(parser_malloc(strlen(text) + 1), text);
}

void parser_free(void *block) {
  if (block == NULL)
    return;
  struct link *link = (struct link *)block - 1;
  link->next->before = link->before;
  link->before->next = link->next;
  free(link);
}

static void free_all(void) {
  while (blocks.next != &blocks)
    parser_free(blocks.next + 1);
}

/* NULL: a syntax error. */
static oconfig_item_t *parse(const uint8_t *bytes, size_t len) {
  static int file = -1;
  static char path[64];
  if (file < 0) {
    file = memfd_create("fuzz", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
  }
  MUST(ftruncate(file, 0) == 0);
  MUST(pwrite(file, bytes, len, 0) == (ssize_t)len);
  oconfig_item_t *root = oconfig_parse_file(path);
  yylex_destroy();
  return root;
}

/* After a syntax error the scanner still has a part of a string that goes on
 * in the next line. It drops that at the end of a file. */
static void forget(void) {
  static const uint8_t nothing[] = "\n";
  oconfig_item_t *root = parse(nothing, 1);
  MUST(root != NULL);
  oconfig_free(root);
  free_all();
}

/* The log */

static size_t count(const char *text, const char *part) {
  size_t n = 0;
  for (; (text = strstr(text, part)) != NULL; text += strlen(part))
    n++;
  return n;
}

static bool is_secret(const char *key) {
  static const char *const keys[] = {"Token", "Password", "SecretKey",
                                     "SecurityToken"};
  for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
    if (strcasecmp(key, keys[i]) == 0)
      return true;
  return false;
}

/* How often the mark stands in the tree, in secrets only or in all. */
static size_t count_marks(const oconfig_item_t *item, bool secrets_only) {
  size_t n = secrets_only ? 0 : count(item->key, MARK);
  for (int i = 0; i < item->values_num; i++)
    if (item->values[i].type == OCONFIG_TYPE_STRING &&
        (!secrets_only || is_secret(item->key)))
      n += count(item->values[i].value.string, MARK);
  for (int i = 0; i < item->children_num; i++)
    n += count_marks(&item->children[i], secrets_only);
  return n;
}

static void check_log(const struct config *c, const oconfig_item_t *plugin) {
  const char *log = stub_take();
  MUST(count(log, "\nlog 3 ") + (strncmp(log, "log 3 ", 6) == 0) == c->faults);
  for (const char *at = log; *at != '\0'; at++)
    MUST(((unsigned char)*at >= 0x20 && *at != 0x7F) || *at == '\n');
  if (count_marks(plugin, true) == count_marks(plugin, false))
    MUST(strstr(log, MARK) == NULL);
}

/* Projects */

static const struct project_events no_events = {0};

static void check_project(const struct project_config *o,
                          const struct project_env *env) {
  struct err err = ERR_INIT;
  MUST(config_is_name(o->name) && config_is_name(o->project_id));
  MUST(strncasecmp(o->endpoint, "http", 4) == 0);
  MUST(o->interval >= 0.1 && o->interval <= 86400);
  MUST(o->timeout >= 1 && o->timeout <= 600000);
  MUST(o->batch_size >= 1 && o->batch_size <= 10000);
  MUST(o->max_parallel >= 1 && o->max_parallel <= 100);
  MUST(o->host == NULL || strlen(o->host) < DATA_MAX_NAME_LEN);
  struct project *project = project_new(o, env, &no_events, NULL, &err);
  MUST(project != NULL || err.kind == ERR_CONFIG);
  if (project != NULL)
    project_free(project);
}

static void check_projects(struct config *c) {
  struct auths auths = {0};
  for (size_t i = 0; i < c->len; i++) {
    if (c->projects[i].is_refused) {
      MUST(config_is_name(c->projects[i].name));
      continue;
    }
    const struct project_env env = {
        .auths = &auths,
        .host = name_registry_get(&c->hosts, c->projects[i].host)};
    check_project(&c->projects[i], &env);
  }
}

static void check_plugin(const oconfig_item_t *plugin) {
  struct config c = {0};
  config_read(&c, plugin, 10);
  check_log(&c, plugin);
  check_projects(&c);
  config_free(&c);
}

/* Whether libc may take any time for an expression: its author is trusted. */
static bool is_costly(const oconfig_item_t *item) {
  bool costly = strncasecmp(item->key, "Discover", strlen("Discover")) == 0 &&
                item->values_num > 1 &&
                item->values[1].type == OCONFIG_TYPE_STRING &&
                strpbrk(item->values[1].value.string, "*+?{\\") != NULL;
  for (int i = 0; i < item->children_num && !costly; i++)
    costly = is_costly(&item->children[i]);
  return costly;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  /* liboconfig looks before a string that begins with a NUL, and what it
   * hands on has none. */
  if (len > 0 && memchr(bytes, '\0', len) != NULL)
    return 0;
  oconfig_item_t *root = parse(bytes, len);
  if (root == NULL) {
    forget();
    return 0;
  }
  for (int i = 0; i < root->children_num; i++)
    if (strcasecmp(root->children[i].key, "Plugin") == 0 &&
        !is_costly(&root->children[i]))
      check_plugin(&root->children[i]);
  oconfig_free(root);
  free_all();
  return 0;
}
