/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Credentials that projects share, and memory that is short. */

#include "alloc.h"
#include "auth_fixture.h"

static void projects_share_a_login(void **state) {
  (void)state;
  struct auth *a = open_login("p");
  for (int i = 1; i < 10; i++)
    assert_ptr_equal(open_login("p"), a);
  for (int i = 0; i < 10; i++)
    prepare(a);
  assert_int_equal(fake_started, 1);
}

/* ("ab", "c") is not ("a", "bc"), and neither has a NULL. */
static void keys_of_shared_credentials_do_not_collide(void **state) {
  (void)state;
  static const char *const parts[][2] = {
      {"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"abc", NULL}, {NULL, "abc"},
      {"-", NULL}, {NULL, "-"}, {"+", ""},   {"", "+"}};
  struct buf keys[COUNT(parts)];
  for (size_t i = 0; i < COUNT(parts); i++) {
    buf_init(&keys[i], REGISTRY_KEY_MAX);
    assert_true(registry_key_add(&keys[i], parts[i][0], NULL));
    assert_true(registry_key_add(&keys[i], parts[i][1], NULL));
    for (size_t j = 0; j < i; j++)
      assert_false(keys[i].len == keys[j].len &&
                   memcmp(keys[i].data, keys[j].data, keys[i].len) == 0);
  }
  for (size_t i = 0; i < COUNT(parts); i++)
    buf_free(&keys[i]);
}

static struct credential_config credential;

static bool open_and_close(void) {
  static const struct auth_options o = {.credential = &credential,
                                        .project_id = "p"};
  struct auth *a = auth_open(&auths, &o, NULL);
  if (a == NULL) {
    assert_true(LIST_EMPTY(&auths.all));
    assert_true(LIST_EMPTY(&auths.accounts));
    return false;
  }
  auth_close(a);
  return true;
}

static void nothing_is_kept_where_memory_is_short(void **state) {
  (void)state;
  const struct credential_config all[] = {
      {.type = CREDENTIAL_TOKEN, .token.value = literal("token")},
      {.type = CREDENTIAL_TOKEN, .token.path = literal("/token")},
      login((struct secret_config){.value = literal("password")}),
      {.type = CREDENTIAL_ACCESS_KEY,
       .access_key = literal("AK"),
       .secret_key.value = literal("SK"),
       .security_token.value = literal("T")},
      {.type = CREDENTIAL_AGENCY, .metadata_endpoint = literal("http://m")}};
  for (size_t i = 0; i < COUNT(all); i++) {
    credential = all[i];
    alloc_fail_each(open_and_close);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      AUTH_TEST(projects_share_a_login),
      AUTH_TEST(keys_of_shared_credentials_do_not_collide),
      AUTH_TEST(nothing_is_kept_where_memory_is_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
