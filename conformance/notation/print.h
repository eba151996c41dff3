/* print.h: prints the notation. */
#ifndef CHECK_PRINT_H
#define CHECK_PRINT_H

#include "notation/print_term.h"

/* Prints in the canonical form. indent: blanks before the step (2 in a case, 4 in a block; its own lines get 2 more);
 * a step is printed with its newline, an expectation without. */
UNDR_MUST_USE undr_error check_print(undr_buffer *buffer, const check_case *one);
UNDR_MUST_USE undr_error check_print_step(undr_buffer *buffer, const check_step *step, int indent);
UNDR_MUST_USE undr_error check_print_expectation(undr_buffer *buffer, const check_expectation *expectation);

/* A frame as it crossed, for transcripts and replays: "A <- t b'soon'", without a newline. The payload is printed as
 * the value that it unpickles to when that says the same: for "<-", when it parses back to an equal value (a
 * WorkerException is named, with its text); for any other arrow, when it would be sent as the very same bytes. Else as
 * a bytes literal. shorten: at most about 200 characters, cut ones end in `... (N bytes)` and are for reading only. */
UNDR_MUST_USE undr_error check_print_frame(
    undr_buffer *buffer, const char *channel, const char *arrow, uint8_t type, undr_slice payload, bool shorten);
/* Its two parts: "t", "0x81"; and the payload alone ("" when it is empty). exact: as for "->". */
UNDR_MUST_USE undr_error check_print_type(undr_buffer *buffer, uint8_t type);
UNDR_MUST_USE undr_error check_print_payload(undr_buffer *buffer, undr_slice payload, bool exact, bool shorten);

#endif
