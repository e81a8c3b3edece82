/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * The heap against a walk over all items. */

#include "unit.h"

#include "poll/due_heap.h"

#include <stdlib.h>

#define ITEMS 100

static void the_first_is_the_earliest(void **state) {
  (void)state;
  struct due_heap heap = {0};
  msec_t times[ITEMS];
  size_t number = 0;
  assert_true(due_heap_first(&heap, &number) == CLOCK_NEVER);
  for (size_t i = 0; i < ITEMS; i++) {
    assert_true(due_heap_add(&heap));
    times[i] = CLOCK_NEVER;
  }
  srandom(1);
  for (int change = 0; change < 100000; change++) {
    size_t i = (size_t)random() % ITEMS;
    times[i] = random() % 10 == 0 ? CLOCK_NEVER : random() % 1000;
    due_heap_set(&heap, i, times[i]);
    msec_t earliest = CLOCK_NEVER;
    for (size_t k = 0; k < ITEMS; k++)
      earliest = msec_min(earliest, times[k]);
    assert_true(due_heap_first(&heap, &number) == earliest);
    assert_true(times[number] == earliest);
  }
  due_heap_free(&heap);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_is_the_earliest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
