/* match_differ.h: tells how a value or bytes differ from what was expected, in one clause. Private to match.c. */
#ifndef CHECK_MATCH_DIFFER_H
#define CHECK_MATCH_DIFFER_H

#include "notation/case.h"

/* In the notation, at most about 100 characters. */
UNDR_MUST_USE undr_error check_put_short_value(undr_buffer *buffer, const undr_value *value);
UNDR_MUST_USE undr_error check_put_short_term(undr_buffer *buffer, const check_term *term);
UNDR_MUST_USE undr_error check_put_short_pattern(undr_buffer *buffer, const check_payload *pattern);

/* "at [1]['a']: expected 1, received True" for the first place where two values that are not equal differ. path: where
 * they are; it is as before afterwards. */
UNDR_MUST_USE undr_error check_put_difference(
    undr_buffer *why, undr_buffer *path, const undr_value *expected, const undr_value *received);
/* "expected b'abc', received b'abd', which differ from byte 2 on" */
UNDR_MUST_USE undr_error check_put_bytes_difference(undr_buffer *why, undr_slice expected, undr_slice received);

#endif
