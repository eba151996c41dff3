/* session.h: a random session, and the case that it is.
 *
 * A session is a list of operations that stays valid whichever of them are left out: the meaning of an operation is
 * decided when the list is written as a case, and an impossible one means nothing. So a failing session is shrunk by
 * leaving operations out, and the case is right at every size: its expectations come from the oracle. */
#ifndef CHECK_SESSION_H
#define CHECK_SESSION_H

#include "play/play.h"

typedef enum check_operation_kind {
    /* any role */
    CHECK_OPERATION_NONE, /* means nothing */
    /* manager: what a connection sends */
    CHECK_OPERATION_NEXT,
    CHECK_OPERATION_DONE,
    CHECK_OPERATION_SCHEDULE,
    CHECK_OPERATION_MESSAGE,
    CHECK_OPERATION_BAD,
    CHECK_OPERATION_CUT,
    CHECK_OPERATION_LEAVE,
    /* manager and pool: the manager's own program */
    CHECK_OPERATION_OWN_SCHEDULE,
    CHECK_OPERATION_OWN_MESSAGE,
    CHECK_OPERATION_OWN_NEXT,
    /* manager and pool: how the session ends; the last one counts */
    CHECK_OPERATION_CLOSE,
    /* worker and pool: what the tasks do */
    CHECK_OPERATION_TASK,
    CHECK_OPERATION_CHAIN,
    CHECK_OPERATION_LINK,
    CHECK_OPERATION_STEP_MESSAGE,
    CHECK_OPERATION_STEP_SCHEDULE,
    CHECK_OPERATION_STEP_RAISE,
    CHECK_OPERATION_NO_TASK,
    CHECK_OPERATION_EMPTY,
    CHECK_OPERATION_COUNT
} check_operation_kind;

typedef struct check_operation {
    check_operation_kind kind;
    unsigned connection; /* which of those that are open, or a new one */
    unsigned choice;     /* priority, kind of violation, kind of close */
    unsigned payload;    /* which sort of content */
    unsigned size;       /* of it, where the sort has one */
    bool joined;         /* sent right after the one before, without reading its answer first */
} check_operation;

typedef struct check_explored {
    check_role role;
    uint64_t seed;
    unsigned levels;     /* priorities that it uses at most */
    check_operation *at; /* owned */
    size_t count;
} check_explored;

/* What may be played against the target. */
typedef struct check_reachable {
    bool control;    /* it has an adapter: the commands of M */
    bool holds;      /* it may hold an answer: each is read before anything is sent that could end the hold */
    unsigned levels; /* priorities that it declares */
} check_reachable;

/* A session of about `length` operations at most (now and then of six times as many) that depends on nothing but the
 * arguments. check_explored_free afterwards. */
UNDR_MUST_USE undr_error check_explored_make(check_explored *session, check_role role, uint64_t seed, size_t length);
UNDR_MUST_USE undr_error check_explored_copy(check_explored *to, const check_explored *from);
void check_explored_free(check_explored *session);

#endif
