/* play_unroll.h: a case without its blocks: `repeat` and `together` unrolled, line by line. */
#ifndef CHECK_PLAY_UNROLL_H
#define CHECK_PLAY_UNROLL_H

#include "notation/case.h"

/* A line, with the counter that it has. */
typedef struct check_played_line {
    const check_step *step;  /* NULL: deliver what was sent together */
    const check_step *steps; /* its list, for what looks ahead */
    size_t count;
    uint64_t counter;
    bool counting;
    bool hold; /* together: is queued, delivered with the others */
    bool sent; /* by a line before that looked ahead */
} check_played_line;

typedef struct check_played_lines {
    check_played_line *at; /* owned: free(at) */
    size_t count, capacity;
} check_played_lines;

/* The steps are borrowed. */
UNDR_MUST_USE undr_error check_unroll(check_played_lines *all, const check_step *steps, size_t count);

#endif
