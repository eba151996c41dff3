/* result.h: what came of a play. */
#ifndef CHECK_RESULT_H
#define CHECK_RESULT_H

#include "notation/case.h"
#include "play/hint.h"

/* pass, fail (a MUST), warn (a SHOULD), info (a MAY, observed), skip (a capability not declared), blocked (by a case
 * that did not pass), error (the harness itself). */
typedef enum check_verdict {
    CHECK_PASS,
    CHECK_INFO,
    CHECK_SKIP,
    CHECK_BLOCKED,
    CHECK_WARN,
    CHECK_FAIL,
    CHECK_ERROR
} check_verdict;
const char *check_verdict_name(check_verdict verdict);

/* How a play ended. All text is owned; check_result_free. */
typedef struct check_result {
    check_verdict verdict;
    check_level level;              /* of the requirement that is blamed */
    char id[32];                    /* of it; "" for pass */
    undr_buffer sentence;           /* of it */
    int line;                       /* of the step, in the case's file */
    undr_buffer step;               /* that line, in the notation */
    undr_buffer expected, received; /* one clause each, in the notation where it can say it */
    undr_buffer kind;               /* what was due, and what came, without what differs from case to case */
    bool other_value;               /* the frame or message that was due came, with another value in it */
    bool other_type;                /* a whole frame came, of another type than the due one */
    undr_buffer transcript;         /* everything that crossed, in the notation, one line each */
    undr_buffer output;             /* the target's standard error, and prints beside the contract: the last 16 KiB */
    undr_buffer notes; /* "A: expected end fin, received A <- end reset"; "1 of 12 pieces could not be ..." */
    bool undecided;    /* a skip that no declaration explains: it would have taken too long */
    bool in_vain;      /* it failed because something was waited for that did not come */
    check_hint hint;   /* a classic mistake that what was seen proves, */
    undr_buffer seen;  /* by this */
    uint64_t duration_ns;
    unsigned pieces, joined; /* sent apart; of those, not verified as read apart */
} check_result;
void check_result_free(check_result *result);

#endif
