/* run.h: a run from its options to its reports and its exit status. */
#ifndef CHECK_RUN_H
#define CHECK_RUN_H

#include "options.h"

/* Each prints what it has to say and answers the exit status. */
int check_run(const check_options *options);
int check_run_list(const check_options *options);
int check_run_parse(const check_options *options);

/* Exit statuses, beside 128 + a signal. */
enum { CHECK_HELD = 0, CHECK_SHORT = 1, CHECK_USAGE = 2, CHECK_HARNESS = 3 };

/* Prints "undr-check: MESSAGE" to standard error. */
void check_complain(const undr_buffer *message);

#endif
