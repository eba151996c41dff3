/* session_script.h: a session with a manager as bytes. manager_session.c plays such scripts, and mutate_session.c
 * changes them op by op. The first byte of an input has options, and is no part of its script. */
#ifndef UNDR_FUZZ_SESSION_SCRIPT_H
#define UNDR_FUZZ_SESSION_SCRIPT_H

#include "fuzz.h"

enum { SESSION_CONNECTIONS = 6, SESSION_LEVELS = 3, SESSION_HOLD = 10 };

typedef enum session_kind {
    SESSION_NOTHING,
    SESSION_CONNECT, /* or its end, when it is open */
    SESSION_END_REQUESTS,
    SESSION_REQUEST,
    SESSION_SCHEDULE,
    SESSION_MESSAGE,
    SESSION_BAD,
    SESSION_READ,
    SESSION_CLOCK,
    SESSION_CLOSE,
    SESSION_ABANDON,
    SESSION_KEEP,
    SESSION_RELEASE,
    SESSION_FULL
} session_kind;

typedef struct session_op {
    session_kind kind;
    int connection;     /* -1: it is the program's own */
    uint8_t type;       /* REQUEST, BAD */
    uint32_t amount;    /* SCHEDULE: the priority; CLOCK: milliseconds; KEEP, RELEASE: bytes; FULL: 1 or 0 */
    undr_slice payload; /* MESSAGE, BAD: bytes of the script */
    unsigned failing;   /* this allocation fails during the op; 0: none */
    uint32_t answers;   /* at most so many are taken behind it */
} session_op;

/* Of each connection: is it open, and may it ask for something? An op of one that may not is NOTHING. */
typedef struct session_view {
    bool open[SESSION_CONNECTIONS], ready[SESSION_CONNECTIONS];
} session_view;

session_op session_take(fuzz_source *source, const session_view *view);

#endif
