/* number.h: numbers as Python writes them in text, both ways; for the library's own use. */
#ifndef UNDR_NUMBER_H
#define UNDR_NUMBER_H

#include "undr/bytes.h"

/* CPython's own bound on the digits of an int in text, which also keeps the quadratic conversions cheap. */
enum { UNDR_MAXIMUM_DIGITS = 4300 };

/* Appends an int (two's complement, little-endian): decimal up to 4,300 digits, else hexadecimal. */
UNDR_MUST_USE undr_error undr_print_int(undr_buffer *buffer, undr_slice twos_complement);
/* Appends what repr() prints for a float: the shortest text that reads back as the same number. */
UNDR_MUST_USE undr_error undr_print_float(undr_buffer *buffer, double real);

/* Which of Python's ways of reading an int is meant. */
typedef enum undr_int_syntax {
    UNDR_INT_DECIMAL, /* int(text, 10) */
    UNDR_INT_LITERAL, /* int(text, 0): prefixes 0x 0o 0b */
    UNDR_INT_C        /* strtol(text, NULL, 0), which takes 010 for 8, then as a literal */
} undr_int_syntax;

/* An int of up to 18 digits without a zero in front, which all three ways read alike. False: another one. */
bool undr_parse_short_int(undr_slice text, int64_t *integer);
/* Appends the two's complement (not the shortest) of the int in text. UNDR_OK, UNDR_PICKLE_NUMBER, UNDR_MEMORY. */
UNDR_MUST_USE undr_error undr_parse_int(undr_slice text, undr_int_syntax syntax, undr_buffer *twos_complement);
/* Reads what float() reads, without blanks and underscores. UNDR_OK, UNDR_PICKLE_NUMBER, UNDR_MEMORY. */
UNDR_MUST_USE undr_error undr_parse_float(undr_slice text, double *real);

#endif
