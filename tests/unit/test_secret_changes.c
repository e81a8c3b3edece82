/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A file with a secret is changed in every way, or cannot be read. */

#include "secret_file.h"

/* How a file changes */

static void nothing_changes(void **state) {
  (void)state;
  assert_new_value(OLD);
  for (int i = 0; i < 10; i++) {
    assert_true(refresh());
    assert_false(changed);
  }
  assert_false(err_is_set(&e));
}

static void it_is_truncated_and_written(void **state) {
  (void)state;
  assert_new_value(OLD);
  write_file("secret", "another");
  assert_new_value("another");
}

/* In one tick of the file system's clock neither size nor times differ. */
static void it_is_overwritten_at_once(void **state) {
  (void)state;
  for (int i = 0; i < 200; i++) {
    const char *value = i % 2 == 0 ? OLD : NEW;
    write_file("secret", value);
    assert_true(refresh());
    assert_true(changed);
    assert_value(value);
  }
}

static void another_is_renamed_over_it(void **state) {
  (void)state;
  assert_new_value(OLD);
  write_file("fresh", NEW "\n");
  assert_int_equal(rename("fresh", "secret"), 0);
  assert_new_value(NEW);
}

/* rsync -t, cp -p and the like: same size, same time, another file. */
static void its_times_are_kept(void **state) {
  (void)state;
  struct stat old;
  assert_new_value(OLD);
  assert_int_equal(stat("secret", &old), 0);
  write_file("fresh", NEW "\n");
  const struct timespec times[] = {old.st_atim, old.st_mtim};
  assert_int_equal(utimensat(AT_FDCWD, "fresh", times, 0), 0);
  assert_int_equal(rename("fresh", "secret"), 0);
  assert_new_value(NEW);
}

static void a_link_to_it_is_swapped(void **state) {
  (void)state;
  write_file("fresh", NEW "\n");
  assert_int_equal(symlink("secret", "link"), 0);
  secret_free(&s);
  assert_true(init_file("link"));
  assert_new_value(OLD);
  assert_int_equal(symlink("fresh", "link.new"), 0);
  assert_int_equal(rename("link.new", "link"), 0);
  assert_new_value(NEW);
  unlink("fresh");
}

/* As Kubernetes does it: secret -> ..data/secret, and ..data is swapped. */
static void a_link_on_its_way_is_swapped(void **state) {
  (void)state;
  assert_int_equal(mkdir("v1", 0700) | mkdir("v2", 0700), 0);
  write_file("v1/secret", OLD);
  write_file("v2/secret", NEW);
  assert_int_equal(symlink("v1", "..data"), 0);
  assert_int_equal(symlink("..data/secret", "link"), 0);
  secret_free(&s);
  assert_true(init_file("link"));
  assert_new_value(OLD);
  assert_int_equal(symlink("v2", "..data.new"), 0);
  assert_int_equal(rename("..data.new", "..data"), 0);
  assert_int_equal(unlink("v1/secret") | rmdir("v1"), 0);
  assert_new_value(NEW);
  unlink("..data");
  unlink("v2/secret");
  rmdir("v2");
}

/* The file was not looked into for a while, as it had not changed. */
static void an_old_file_is_replaced_by_an_old_file(void **state) {
  (void)state;
  write_file("fresh", NEW "\n");
  assert_new_value(OLD);
  now += 3600 * 1000;
  assert_int_equal(look(), FILE_SAME);
  assert_int_equal(rename("fresh", "secret"), 0);
  assert_new_value(NEW);
  now += 3600 * 1000;
  write_file("secret", OLD "\n");
  assert_new_value(OLD);
}

static const struct {
  mode_t mode;
  gid_t group; /* 0: as it is, which is one of ours */
  bool exposed;
} readers[] = {{0640, 0, false}, {0440, 0, false},    {0604, 0, true},
               {0644, 0, true},  {0640, 54321, true}, {0440, 54321, true},
               {0400, 0, false}};

static void a_file_that_others_can_read_is_exposed(void **state) {
  (void)state;
  assert_new_value(OLD);
  for (size_t i = 0; i < COUNT(readers); i++) {
    gid_t group = readers[i].group == 0 ? getegid() : readers[i].group;
    if (chown("secret", (uid_t)-1, group) != 0)
      continue; /* only root may */
    assert_int_equal(chmod("secret", readers[i].mode), 0);
    assert_true(refresh());
    assert_false(changed);
    if (err_is_set(&s.exposure) != readers[i].exposed)
      fail_msg("%o of %u: \"%s\"", readers[i].mode, readers[i].group,
               s.exposure.text);
  }
}

/* While it is being written */

/* A clock that ticks once in a second, or stands still. */
static void keep_times(const char *path) {
  static const struct timespec times[] = {{.tv_sec = 1000000000},
                                          {.tv_sec = 1000000000}};
  assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void a_half_written_value_is_not_used(void **state) {
  (void)state;
  static const char half[] = "new-secret";
  write_file("secret", half);
  keep_times("secret");
  assert_int_equal(look(), FILE_CHANGING);
  now += FILE_REST - 1;
  assert_int_equal(look(), FILE_CHANGING);
  assert_value("");
  write_file("secret", NEW);
  keep_times("secret");
  now += 1;
  assert_int_equal(look(), FILE_CHANGING);
  assert_new_value(NEW);
  write_file("secret", "");
  assert_int_equal(look(), FILE_CHANGING);
  assert_value(NEW);
  write_file("secret", OLD);
  now += FILE_REST;
  assert_int_equal(look(), FILE_CHANGING);
  assert_new_value(OLD);
}

/* Content and size are the same, so only the times tell that somebody writes.
 */
static void a_file_that_is_touched_is_not_at_rest(void **state) {
  (void)state;
  write_file("secret", "x");
  for (int i = 0; i < 10; i++) {
    const struct timespec times[] = {{.tv_sec = i + 1}, {.tv_sec = i + 1}};
    assert_int_equal(utimensat(AT_FDCWD, "secret", times, 0), 0);
    assert_int_equal(look(), FILE_CHANGING);
    now += FILE_REST;
  }
  assert_int_equal(file_next_look(&s.file, now), CLOCK_NEVER);
  assert_int_equal(look(), FILE_NEW);
}

/* An old value that is known to be replaced is not used on. */
static void a_bad_file_ends_the_old_value(void **state) {
  (void)state;
  assert_new_value(OLD);
  write_file("secret", "");
  for (int i = 0; i < 3; i++) {
    assert_rejected("empty");
    assert_value("");
  }
  write_file("secret", NEW);
  assert_new_value(NEW);
}

/* Files that cannot be read */

static void remove_it(void) { assert_int_equal(unlink("secret"), 0); }

static void make_a_directory(void) {
  remove_it();
  assert_int_equal(mkdir("secret", 0700), 0);
}

static void make_a_fifo(void) {
  remove_it();
  assert_int_equal(mkfifo("secret", 0600), 0);
}

static void make_a_dead_link(void) {
  remove_it();
  assert_int_equal(symlink("nowhere", "secret"), 0);
}

static void make_a_loop(void) {
  remove_it();
  assert_int_equal(symlink("secret", "secret"), 0);
}

static void make_a_device(void) {
  remove_it();
  assert_int_equal(symlink("/dev/zero", "secret"), 0);
}

static const struct {
  void (*make)(void);
  const char *why;
} unreadable[] = {
    {remove_it, "No such file"},
    {make_a_directory, "not a regular file"},
    {make_a_fifo, "not a regular file"},
    {make_a_dead_link, "No such file"},
    {make_a_loop, "symbolic links"},
    {make_a_device, "not a regular file"},
};

static void it_was_never_readable(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(unreadable); i++) {
    write_file("secret", OLD);
    unreadable[i].make();
    assert_rejected(unreadable[i].why);
    assert_rejected(unreadable[i].why);
    assert_value("");
    end(NULL);
    begin_with_file(NULL);
  }
}

static void the_old_value_is_kept_meanwhile(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(unreadable); i++) {
    assert_new_value(OLD);
    unreadable[i].make();
    for (int again = 0; again < 2; again++) {
      assert_true(refresh());
      assert_false(changed);
      assert_value(OLD);
    }
    rmdir("secret");
    unlink("secret");
    write_file("secret", NEW);
    assert_new_value(NEW);
    end(NULL);
    begin_with_file(NULL);
  }
}

/* Root reads everything, so root is somebody else for this. */
static void its_mode_forbids_it(void **state) {
  (void)state;
  bool root = geteuid() == 0;
  assert_int_equal(chmod("secret", 0), 0);
  assert_int_equal(chmod(".", 0755), 0);
  assert_true(!root || seteuid(65534) == 0);
  assert_rejected("Permission denied");
  assert_true(!root || seteuid(0) == 0);
  assert_int_equal(chmod("secret", 0600), 0);
  assert_new_value(OLD);
}

static int lowest_free_descriptor(void) {
  int fd = open("/dev/null", O_RDONLY);
  close(fd);
  return fd;
}

static void no_descriptor_is_left_open(void **state) {
  (void)state;
  int before = lowest_free_descriptor();
  refresh();
  write_file("secret", "");
  refresh();
  make_a_fifo();
  refresh();
  remove_it();
  refresh();
  assert_int_equal(lowest_free_descriptor(), before);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FILE_TEST(nothing_changes),
      FILE_TEST(it_is_truncated_and_written),
      FILE_TEST(it_is_overwritten_at_once),
      FILE_TEST(another_is_renamed_over_it),
      FILE_TEST(its_times_are_kept),
      FILE_TEST(a_link_to_it_is_swapped),
      FILE_TEST(a_link_on_its_way_is_swapped),
      FILE_TEST(an_old_file_is_replaced_by_an_old_file),
      FILE_TEST(a_file_that_others_can_read_is_exposed),
      FILE_TEST(a_half_written_value_is_not_used),
      FILE_TEST(a_file_that_is_touched_is_not_at_rest),
      FILE_TEST(a_bad_file_ends_the_old_value),
      FILE_TEST(it_was_never_readable),
      FILE_TEST(the_old_value_is_kept_meanwhile),
      FILE_TEST(its_mode_forbids_it),
      FILE_TEST(no_descriptor_is_left_open),
  };
  return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
