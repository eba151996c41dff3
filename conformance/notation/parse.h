/* parse.h: reads the notation. */
#ifndef CHECK_PARSE_H
#define CHECK_PARSE_H

#include "notation/case.h"

/* Parses a whole text (a file, an example). A text without a case is an error, never an empty pass. On failure
 * (UNDR_ARGUMENT, *mistake filled; or UNDR_MEMORY) *cases is empty. check_cases_free afterwards, always safe. */
UNDR_MUST_USE undr_error check_parse(undr_slice text, const char *file, check_cases *cases, check_mistake *mistake);
void check_cases_free(check_cases *cases);

/* One Python literal with the names that `check_term` knows. Reads from *text at *offset. Also used by undr-check
 * decode. */
UNDR_MUST_USE undr_error check_parse_term(
    undr_slice text, size_t *offset, undr_arena *arena, check_term **term, check_mistake *mistake);

#endif
