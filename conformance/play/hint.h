/* hint.h: classic mistakes that the bytes themselves prove. A report names them beside the failure.
 *
 * Nothing here guesses: if the bytes can be read in another way, the answer is CHECK_HINT_NONE. */
#ifndef CHECK_HINT_H
#define CHECK_HINT_H

#include "undr/bytes.h"

typedef enum check_hint {
    CHECK_HINT_NONE,
    CHECK_HINT_BYTE_ORDER,
    CHECK_HINT_COUNTS_HEADER,
    CHECK_HINT_LENGTH_SIZE,
    CHECK_HINT_PADDED_HEADER,
    CHECK_HINT_LENGTH_OFF,
    CHECK_HINT_TEXT_MODE,
    CHECK_HINT_ONE_RECV,
    CHECK_HINT_ACKNOWLEDGEMENT,
    CHECK_HINT_ANSWERS,
    CHECK_HINT_CLASS,
    CHECK_HINT_MAIN_MODULE,
    CHECK_HINT_STR,
    CHECK_HINT_NO_FLUSH,
    CHECK_HINT_NO_INTERPRETER,
    CHECK_HINT_OUTPUT,
    CHECK_HINT_COUNT
} check_hint;

/* What a person reads. */
typedef struct check_advice {
    const char *name; /* for machines: "byte-order" */
    const char *id;   /* of the requirement that the mistake breaks */
    const char *text; /* the mistake, and the remedy */
} check_advice;
const check_advice *check_hint_advice(check_hint hint); /* NULL for CHECK_HINT_NONE */

/* `unread`: everything that a peer has sent after its last whole frame, or from a frame on that can't be right.
 * `followed`: a whole frame came before it. *seen gets the sentence that proves the hint. */
UNDR_MUST_USE undr_error check_hint_of_stream(undr_slice unread, bool followed, check_hint *hint, undr_buffer *seen);

/* A payload that should match and does not. `expected`: the due pickle; empty: not known. */
UNDR_MUST_USE undr_error check_hint_of_payload(
    undr_slice payload, undr_slice expected, check_hint *hint, undr_buffer *seen);

/* A line on a target's standard output that is not an answer to a command. */
UNDR_MUST_USE undr_error check_hint_of_line(undr_slice line, check_hint *hint, undr_buffer *seen);

/* The beginning of the file of a program that could not be started. True: it is a script without an interpreter
 * line. */
bool check_hint_no_interpreter(undr_slice file);

#endif
