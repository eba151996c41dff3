/* decode.h: prints captured bytes of one direction of a connection in the exchange notation (`undr-check decode`). */
#ifndef CHECK_DECODE_H
#define CHECK_DECODE_H

#include "undr/frame.h"

#include <stdio.h>

typedef enum check_side {
    CHECK_SIDE_GUESS,  /* from the first frame whose type only one side sends (`n`, 0x80+p: worker; `s`: manager) */
    CHECK_SIDE_WORKER, /* what a worker sent: "A -> n" */
    CHECK_SIDE_MANAGER /* what a manager sent: "A <- t None" */
} check_side;

typedef struct check_decode_options {
    check_side side;
    uint64_t payload_limit; /* 0: none but what is there */
    bool whole;             /* print long payloads whole; else shortened for reading */
} check_decode_options;

/* Prints one line a frame, with a comment line above each that breaks the protocol: where (the offset in the input) and
 * why. *wrong counts those. UNDR_SYSTEM: `out` can't be written. */
UNDR_MUST_USE undr_error check_decode(undr_slice input, FILE *out, const check_decode_options *options, size_t *wrong);

/* The side from which these bytes are, by the first frame whose type only one side sends; never CHECK_SIDE_GUESS. */
check_side check_decode_guess(undr_slice input);

/* Appends the line of a frame. Above it: what is wrong with it, behind the text `where` (then *wrong; NULL: somebody else
 * judges), and what a WorkerException says that a worker sends. side: not CHECK_SIDE_GUESS. */
UNDR_MUST_USE undr_error check_decode_frame(
    undr_buffer *to, check_side side, const undr_frame *frame, const char *where, bool shorten, bool *wrong);

#endif
