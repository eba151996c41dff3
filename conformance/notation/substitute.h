/* substitute.h: a line of a case with its names replaced by their values, for a person who wants to know why it failed. */
#ifndef CHECK_SUBSTITUTE_H
#define CHECK_SUBSTITUTE_H

#include "notation/names.h"

/* *substituted is the receive `step`, in which the counter `i` and the names that are bound are values, and A[i] is A[3].
 * A name that is not bound yet stays as it is written. It borrows from step and names, and lives in arena. */
UNDR_MUST_USE undr_error check_substitute(
    const check_step *step, const check_names *names, undr_arena *arena, check_step *substituted);

#endif
