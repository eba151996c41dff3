/* match_differ.h: says in one clause how a value or bytes differ from what was expected. Private to match.c. */
#ifndef CHECK_MATCH_DIFFER_H
#define CHECK_MATCH_DIFFER_H

#include "base/writer.h"
#include "notation/case.h"

/* In the notation, at most about 100 characters. */
void check_write_short_value(check_writer *out, const undr_value *value);
void check_write_short_term(check_writer *out, const check_term *term);
void check_write_short_pattern(check_writer *out, const check_payload *pattern);

/* "[KEY]", and "at PATH: " unless the path is empty. */
void check_write_key(check_writer *path, const undr_value *key);
void check_write_place(check_writer *why, const check_writer *path);

/* "at [1]['a']: expected 1, received True" for the first place where two values that are not equal differ. path: where
 * they are; it is as before afterwards. The error is that of the comparison; the writers keep their own. */
UNDR_MUST_USE undr_error check_write_difference(
    check_writer *why, check_writer *path, const undr_value *expected, const undr_value *received);
/* "expected b'abc', received b'abd', which differ from byte 2 on" */
void check_write_bytes_difference(check_writer *why, undr_slice expected, undr_slice received);

#endif
