/* program.h: is there such a program? */
#ifndef CHECK_PROGRAM_H
#define CHECK_PROGRAM_H

#include "options.h"

/* Told before anything is started. UNDR_ARGUMENT: the adapter's program can't be run; *message says why, and what to
 * do. */
UNDR_MUST_USE undr_error check_find_program(const check_options *options, undr_buffer *message);

#endif
