/* condition.h: when an entry of the expected failures holds: `python >= 3.13`, `version < 2 and python < 3.14`.
 *
 * The word in front is `version`, the implementation's own, or the name of its language: what the adapter declares by
 * the lines `version VERSION` and `language NAME VERSION` of its capabilities. Versions are compared number by number,
 * as far as the condition's one goes: 3.13.1 is == 3.13. */
#ifndef CHECK_CONDITION_H
#define CHECK_CONDITION_H

#include "undr/bytes.h"

#include <stdbool.h>

/* Takes comparisons joined by `and` off the front of *rest; *condition is what was taken, a part of *rest.
 * UNDR_ARGUMENT: *what says in a clause what was expected instead. */
UNDR_MUST_USE undr_error check_condition_take(undr_slice *rest, undr_slice *condition, const char **what);

/* Does a condition that check_condition_take took hold for these lines of `capabilities`? UNDR_ARGUMENT: they declare
 * no version of a word in it; *word is that word, a part of `condition`. */
UNDR_MUST_USE undr_error check_condition_holds(
    undr_slice condition, undr_slice capabilities, bool *holds, undr_slice *word);

#endif
