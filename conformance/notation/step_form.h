/* step_form.h: how each kind of line is written: the one table that the parser, the printer and their errors share. The
 * player has its own, by the same kinds (play/play.c). */
#ifndef CHECK_STEP_FORM_H
#define CHECK_STEP_FORM_H

#include "notation/case.h"

typedef enum check_shape {
    CHECK_SHAPE_SENT,        /* A -> WORD ARGUMENT */
    CHECK_SHAPE_VERB,        /* A WORD ARGUMENT */
    CHECK_SHAPE_ALONE,       /* WORD ARGUMENT */
    CHECK_SHAPE_RECEIVED,    /* A <- ALTERNATIVES */
    CHECK_SHAPE_POLL,        /* poll A n until ALTERNATIVES */
    CHECK_SHAPE_REQUIREMENT, /* must ID SENTENCE */
} check_shape;

typedef enum check_argument {
    CHECK_TAKES_NOTHING,
    CHECK_TAKES_FRAME,   /* TYPE PAYLOAD, in the place of a word */
    CHECK_TAKES_HEADER,  /* TYPE LENGTH */
    CHECK_TAKES_BYTES,   /* b'...' */
    CHECK_TAKES_TASK,    /* PRIORITY VALUE */
    CHECK_TAKES_MESSAGE, /* VALUE */
    CHECK_TAKES_POLICY,  /* join, cancel, kill */
    CHECK_TAKES_SIGNAL,  /* TERM */
    CHECK_TAKES_TIME,    /* milliseconds, or nothing */
    CHECK_TAKES_FILES,   /* a number of log files */
    CHECK_TAKES_TIMES,   /* how often a block is repeated */
    CHECK_TAKES_NAME     /* ?pid */
} check_argument;

/* The channels on which a line may be: A is any connection or gate. */
typedef enum check_channels { CHECK_ON_NONE = 0, CHECK_ON_M = 1, CHECK_ON_P = 2, CHECK_ON_A = 4 } check_channels;

typedef struct check_step_form {
    const char *word; /* NULL: there is none */
    check_shape shape;
    unsigned channels; /* of check_channels */
    check_argument argument;
} check_step_form;

const check_step_form *check_form_of(check_what what);
/* The kind of the line of this shape, on a channel of `channels`, that has this word. False: there is none. */
bool check_find_form(check_shape shape, unsigned channels, undr_slice word, check_what *what);
/* 'M', 'P', or any other for a connection or a gate. */
check_channels check_channels_of(char channel);

/* "join", "cancel", "kill"; NULL: beyond them */
const char *check_policy_name(uint64_t policy);

#endif
