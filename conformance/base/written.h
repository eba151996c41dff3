/* written.h: complaints, and the end of the program: was all output written? Lost output is a failure of the harness,
 * never a pass. */
#ifndef CHECK_WRITTEN_H
#define CHECK_WRITTEN_H

#include "undr/bytes.h"

#include <stdio.h>

/* Exit statuses, beside 128 + a signal. */
enum { CHECK_HELD = 0, CHECK_SHORT = 1, CHECK_USAGE = 2, CHECK_HARNESS = 3 };

/* Prints "undr-check: MESSAGE" to standard error. */
void check_complain(const undr_buffer *message);

/* Appends "WHAT can't be written: No space left on device; make room ...": the reason (an errno; 0: unknown) and what
 * to do about it. */
UNDR_MUST_USE undr_error check_put_unwritten(undr_buffer *message, const char *what, int reason);

/* Is this a pipe without a reader? */
bool check_is_abandoned(FILE *out);

/* The end of a program that would exit with `status`: flushes and closes standard output and standard error. Lost
 * output makes it CHECK_HARNESS, with the reason on standard error; a closed pipe 128 + SIGPIPE, in silence, as for
 * any other program in front of `| head`. */
int check_finish_output(int status);

#endif
