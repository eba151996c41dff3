/* print.h: what the printers share. Private to the notation. */
#ifndef CHECK_EXCHANGE_PRINT_H
#define CHECK_EXCHANGE_PRINT_H

#include "notation/case.h"

/* A payload with a blank before it; nothing when it is empty. */
UNDR_MUST_USE undr_error check_print_pattern(undr_buffer *buffer, const check_payload *payload);

/* A value that came: `most` bounds the values that are printed, of a value that shares its parts each time. Not whole:
 * nothing is appended. */
UNDR_MUST_USE undr_error check_print_value_within(
    undr_buffer *buffer, const undr_value *value, size_t most, bool *whole);

/* The start of a value: all of it, or more than `size` bytes, of which the caller shows no more than that. */
UNDR_MUST_USE undr_error check_print_value_start(undr_buffer *buffer, const undr_value *value, size_t size);

#endif
