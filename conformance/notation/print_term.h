/* print_term.h: prints terms and values in the notation. */
#ifndef CHECK_PRINT_TERM_H
#define CHECK_PRINT_TERM_H

#include "notation/case.h"

UNDR_MUST_USE undr_error check_print_term(undr_buffer *buffer, const check_term *term);
/* A value in the notation: as undr_value_print, but with CloseRequest, Probe(...), object('m.N', state), class('m.N').
 * *readable says if it can be read back; what can't is printed as undr_value_print does. */
UNDR_MUST_USE undr_error check_print_value(undr_buffer *buffer, const undr_value *value, bool *readable);
/* A payload with a blank before it; nothing when it is empty. */
UNDR_MUST_USE undr_error check_print_pattern(undr_buffer *buffer, const check_payload *payload);

/* A value that came: `most` bounds the values that are printed, of a value that shares its parts each time, and `bytes`
 * about what is appended. Not readable: nothing is. */
UNDR_MUST_USE undr_error check_print_value_within(
    undr_buffer *buffer, const undr_value *value, size_t most, size_t bytes, bool *readable);

/* The start of a value: all of it, or more than `size` bytes, of which the caller shows no more than that. */
UNDR_MUST_USE undr_error check_print_value_start(undr_buffer *buffer, const undr_value *value, size_t size);

#endif
