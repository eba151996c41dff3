/* number.h: numbers as Python writes them in text, both ways, and the bytes of an int; for the library's own use. */
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

/* How many bytes the shortest form of an int has. */
static inline size_t undr_int_size(int64_t integer) {
    const uint64_t without_sign = (uint64_t)(integer < 0 ? ~integer : integer);
    const size_t bits = without_sign == 0 ? 0 : 64 - (size_t)__builtin_clzll(without_sign);
    return integer == 0 ? 0 : bits / 8 + 1;
}

/* Without the high bytes that only repeat the sign; zero is empty. */
static inline undr_slice undr_shortest(undr_slice number) {
    while (number.size > 0) {
        const uint8_t high = number.data[number.size - 1];
        const bool negative_below = number.size > 1 && (number.data[number.size - 2] & 0x80) != 0;
        const bool repeats = high == 0 ? !negative_below : high == 0xff && negative_below;
        if (!repeats) {
            break;
        }
        --number.size;
    }
    return number;
}

#endif
