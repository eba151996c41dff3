/* match.h: compares what was received with what a case expects, and says in one clause where they differ. */
#ifndef CHECK_MATCH_H
#define CHECK_MATCH_H

#include "notation/names.h"

/* Does the payload match the pattern? A pattern of bytes is compared with the bytes; any other with the value that the
 * payload unpickles to, by type and content. On a match the ?names of the pattern that were not bound yet are (the
 * values live in names->arena). Without one, names stay as they were and a clause is appended to why (may be NULL):
 *
 *     at [1]['a']: expected 1, received True
 *     expected an empty payload, received 4 bytes
 *
 * The result is an error only for memory, or when a name in the pattern can't be known (UNDR_ARGUMENT, why says it). */
UNDR_MUST_USE undr_error check_match(
    const check_payload *pattern, undr_slice payload, check_names *names, bool *matches, undr_buffer *why);

/* The same for a frame and one alternative of a receive: sight FRAME, or the M channel's MESSAGE (type is ignored
 * then). Any other sight does not match a frame: "expected the end of the connection, received t None". */
UNDR_MUST_USE undr_error check_match_expectation(const check_expectation *expectation, uint8_t type, undr_slice payload,
    check_names *names, bool *matches, undr_buffer *why);

#endif
