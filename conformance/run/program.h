/* program.h: is there what a run needs? */
#ifndef CHECK_PROGRAM_H
#define CHECK_PROGRAM_H

#include "suite/options.h"

/* Told before anything is started. UNDR_ARGUMENT: the adapter's program can't be run; *message says why, and what to
 * do. */
UNDR_MUST_USE undr_error check_find_program(const check_options *options, undr_buffer *message);
/* UNDR_ARGUMENT: --pause, and no terminal at which somebody could press Enter. */
UNDR_MUST_USE undr_error check_find_terminal(const check_options *options, undr_buffer *message);

#endif
