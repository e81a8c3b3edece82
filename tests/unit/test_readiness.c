/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * When a job becomes ready for cutover, and when it is so no more: cycle by
 * cycle, each a letter. */

#include "unit.h"

#include "api/status.h"
#include "poll/readiness.h"

#include <stdio.h>
#include <string.h>

static struct readiness r;
static struct readiness_rules rules;
static double interval;
static uint32_t cycle;

static void begin(double seconds) {
  r = (struct readiness){0};
  interval = seconds;
  readiness_rules_init(&rules, seconds);
  cycle = 100 * rules.cycles; /* the first of a slot */
}

/* One cycle: 'g' good, 'b' too large a delay, 'e' an error, '.' no answer, 'p'
 * paused, 'f' full transfer, 'c' no cutover, 'd' good and different data, 'u'
 * good and not compared yet. Its value: '1', '0', '-' none; a
 * '+' or '!' behind it is the turn. */
static void play_cycle(char in, char out[3]) {
  struct readiness_sample s = {.now = (msec_t)(1000 * interval * cycle),
                               .cycle = cycle,
                               .has_cutover = in != 'c',
                               .is_compared = in != 'u',
                               .differs = in == 'd',
                               .status = in == 'p' ? 301
                                         : in == 'f'
                                             ? STATUS_FULL_TRANSFER
                                             : STATUS_INCREMENTAL_TRANSFER,
                               .cause = in == 'b'   ? READINESS_DELAY
                                        : in == 'e' ? READINESS_ERROR
                                                    : READINESS_GOOD};
  memset(out, 0, 3);
  cycle++;
  if (in == '.') {
    *out = '.';
    return;
  }
  if (readiness_update(&r, &rules, &s))
    out[1] = r.ready ? '+' : '!';
  out[0] = !r.known ? '-' : r.ready ? '1' : '0';
}

static void play(const char *cycles, const char *expected) {
  char values[512] = "", one[3];
  for (const char *in = cycles; *in != '\0'; in++) {
    play_cycle(*in, one);
    strcat(values, one);
  }
  assert_string_equal(values, expected);
}

static void test_the_slots_of_an_interval(void **state) {
  static const struct {
    double interval;
    unsigned cycles, slots, bad_max;
  } rows[] = {{0.1, 600, 10, 5}, {1, 60, 10, 5},  {10, 6, 10, 5},
              {30, 2, 10, 5},    {45, 1, 10, 5},  {60, 1, 10, 5},
              {90, 1, 6, 3},     {120, 1, 5, 2},  {150, 1, 4, 2},
              {200, 1, 3, 2},    {300, 1, 3, 2},  {600, 1, 3, 2},
              {3600, 1, 3, 2},   {86400, 1, 3, 2}};
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    begin(rows[i].interval);
    assert_int_equal(rules.cycles, rows[i].cycles);
    assert_int_equal(rules.slots, rows[i].slots);
    assert_int_equal(rules.bad_max, rows[i].bad_max);
  }
  assert_int_equal(rules.silence, 3 * 86400);
}

static void test_ready_after_ten_minutes(void **state) {
  (void)state;
  begin(60);
  play("ffgggggggggg", "00---------1+");
  begin(60);
  play("gggggggggggg", "---------111"); /* the first value of all */
  begin(60);
  play("bbbbbbbbbbgggggggg", "---------000000001+");
}

static void test_four_fifths_of_the_slots_and_the_last(void **state) {
  (void)state;
  begin(60);
  play("fggbgggbggg", "0---------1+");
  begin(60);
  play("fggbggbbgggggg", "0---------0001+");
  begin(60);
  play("fgggggggggbg", "0---------01+");
}

static void test_all_of_three_slots(void **state) {
  (void)state;
  begin(600);
  play("fgggbgbbggbggg", "0--1+1110!000001+");
}

static void test_a_short_spike_does_not_end_it(void **state) {
  (void)state;
  begin(60);
  play("fgggggggggg", "0---------1+");
  play("bbbbgbbbbg", "1111111111");
  play("bbbbb", "11110!");
  assert_int_equal(r.cause, READINESS_DELAY);
  play("e", "0");
  assert_int_equal(r.cause, READINESS_ERROR);
  play("ggggggggg", "00000001+1");
}

static void test_any_other_status_ends_it_at_once(void **state) {
  (void)state;
  begin(60);
  play("fgggggggggg", "0---------1+");
  play("pggggggggggb", "0!---------1+1");
}

static void test_a_slot_of_several_cycles(void **state) {
  (void)state;
  begin(20);
  for (int i = 0; i < 9; i++)
    play("ggb", "---");
  play("ggb", "--1"); /* two of three are most */
  for (int i = 0; i < 4; i++)
    play("gbb", "111");
  play("bbg", "110!");
  begin(30);
  for (int i = 0; i < 12; i++)
    play("gb", i < 9 ? "--" : i == 9 ? "-0" : "00"); /* a half is not */
}

static void test_what_was_not_answered_counts_neither_way(void **state) {
  (void)state;
  begin(60);
  play("fggggg....ggggg", "0-----....----1+");
  play("bb..bb.b", "11..11.0!");
  begin(20);
  for (int i = 0; i < 9; i++)
    play("g..", "-..");
  play("...", "...");
  play("g..", "-.."); /* its slot is over when the next is answered */
  play("g..", "1..");
}

static void test_a_long_silence_begins_anew(void **state) {
  (void)state;
  begin(60);
  play("fgggggggggg", "0---------1+");
  play(".............................", ".............................");
  play("g", "-");                 /* the thirtieth minute */
  play("ggggggggg", "--------1"); /* no turn: as after a start */
  begin(900);
  play("fggg", "0--1+");
  play("..g", "..-"); /* three intervals */
  begin(900);
  play("fggg.g", "0--1+.1");
}

static void test_no_value_where_there_is_no_cutover(void **state) {
  (void)state;
  begin(60);
  play("ccccccccccccc", "-------------");
  play("ggggggggggc", "---------1-");
}

static void test_a_difference_ends_it_at_once(void **state) {
  (void)state;
  begin(60);
  play("fgggggggggg", "0---------1+");
  play("d", "0!");
  assert_int_equal(r.cause, READINESS_DIFFERENCE);
  play("dddg", "0001+");
  begin(60);
  play("dddddddddddg", "---------001+");
}

static void test_no_value_before_the_first_comparison_is_known(void **state) {
  (void)state;
  begin(60);
  play("uuuuuuuuuuuug", "------------1");
  play("u", "1");
}

static void test_a_job_that_was_not_seen_before_has_no_turn(void **state) {
  (void)state;
  begin(60);
  play("p", "0");
  begin(60);
  play("ggggggggggp", "---------10!");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_slots_of_an_interval),
      cmocka_unit_test(test_ready_after_ten_minutes),
      cmocka_unit_test(test_four_fifths_of_the_slots_and_the_last),
      cmocka_unit_test(test_all_of_three_slots),
      cmocka_unit_test(test_a_short_spike_does_not_end_it),
      cmocka_unit_test(test_any_other_status_ends_it_at_once),
      cmocka_unit_test(test_a_slot_of_several_cycles),
      cmocka_unit_test(test_what_was_not_answered_counts_neither_way),
      cmocka_unit_test(test_a_long_silence_begins_anew),
      cmocka_unit_test(test_no_value_where_there_is_no_cutover),
      cmocka_unit_test(test_a_difference_ends_it_at_once),
      cmocka_unit_test(test_no_value_before_the_first_comparison_is_known),
      cmocka_unit_test(test_a_job_that_was_not_seen_before_has_no_turn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
