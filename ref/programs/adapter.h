/* adapter.h: what both reference programs share of the adapter contract (spec/adapter.md): its exit statuses, lines of
 * standard input and output, payloads in hex. Their command lines: options.h. */
#ifndef PROGRAMS_ADAPTER_H
#define PROGRAMS_ADAPTER_H

#include "undr/bytes.h"

#include <stdbool.h>

/* Exit statuses of the contract. */
enum {
    ADAPTER_EXIT_FAILURE = 1,
    ADAPTER_EXIT_USAGE = 2,   /* an option is unknown, missing or out of range */
    ADAPTER_EXIT_NO_VERB = 89 /* no verb, or one that this program does not implement */
};

/* A line on standard error, `PROGRAM: ...`; typed text is printed only as far as it is visible (undr/text.h). */
void adapter_complain(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* First in main: is there as much stack as the deepest values take, here and in the workers that are started? False:
 * standard error says that there is not, and what helps, and the program leaves with ADAPTER_EXIT_FAILURE. */
bool adapter_has_stack(const char *program);

/* Behind what was printed to standard output, for main to return: 0, or, when it could not be written, the reason
 * stands on standard error and ADAPTER_EXIT_FAILURE. */
int adapter_end_output(const char *program);

/* Decimal digits only, within the bounds. */
bool adapter_parse_number(undr_slice text, uint64_t minimum, uint64_t maximum, uint64_t *number);

/* The value of a hexadecimal digit in either case; -1: it is none. */
int adapter_hex_digit(uint8_t digit);

/* Appends. */
UNDR_MUST_USE undr_error adapter_hex_encode(undr_slice bytes, undr_buffer *text);

/* Takes the first word of *line: up to a blank, which is skipped too. Empty when the line is. */
undr_slice adapter_take_word(undr_slice *line);

/* Writes text and '\n' to a descriptor, whole, unbuffered. While nobody reads it, `stop` (a descriptor; -1: none) is
 * waited for as well: UNDR_INTERRUPTED when that is readable. UNDR_RESET: nobody will ever read (ignore SIGPIPE). */
UNDR_MUST_USE undr_error adapter_write_line(int descriptor, int stop, undr_slice text);

#endif
