/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * A collectd for unit tests: loads the built module, keeps the callbacks that
 * it registers, and writes down in one text all that it dispatches and logs:
 *
 *     value HOST/PLUGIN-INSTANCE/TYPE-INSTANCE NUMBER {KEY=TEXT ...}
 *     notification SEVERITY HOST/PLUGIN-INSTANCE/TYPE-INSTANCE MESSAGE
 *     log LEVEL LINE
 */

#ifndef DRS_TESTS_COLLECTD_STUB_H
#define DRS_TESTS_COLLECTD_STUB_H

#include <stdbool.h>

/* Loads a module. False: dlopen's error was printed. */
bool stub_load(const char *path);

/* Hands the module <Plugin drs> with one <Project "NAME">. The lines have the
 * form OPTION VALUE ["VALUE"], where a string is in quotes. */
void stub_configure(const char *project, const char *lines);

/* Calls init, then each read as `collectd -T` does. The reads' worst result. */
int stub_run(void);

/* The option WriteQueueLimitHigh; 0 at first: none. Before stub_run. */
extern long stub_queue_limit;

/* Calls each read as the daemon does, from a thread of its own. */
bool stub_read(void);

/* Waits until a line that begins so was written down; a minute at most. */
bool stub_wait(const char *line);

/* Frees the reads' data, writes down "shutdown", and calls shutdown: what is
 * dispatched after that line, collectd does not write any more. */
void stub_stop(void);

/* What was written down since the last call. */
const char *stub_take(void);

#endif
