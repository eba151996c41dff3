/* cause.h: one cause that every case meets: while nothing of a kind ever comes, to wait for it in each case would only
 * take time, and bury the reason among what it causes. */
#ifndef CHECK_CAUSE_H
#define CHECK_CAUSE_H

#include "notation/wait_kind.h"
#include "play/result.h"

/* So many different cases have to wait for the same thing in vain. */
enum { CHECK_CAUSE_CASES = 3 };

/* One kind of wait, over the plays that have ended. */
typedef struct check_kind {
    uint32_t kind;
    uint32_t narrow; /* what the last case that waited in vain did before */
    bool varied;     /* they did different things before: it is not due to one of these */
    bool came;       /* in some case what was awaited came */
    size_t failed;   /* cases that waited in vain: the first of them, */
    const check_case *cases[CHECK_CAUSE_CASES];
    const check_case *least; /* and the plainest of all */
} check_kind;

typedef struct check_causes {
    check_kind *at; /* owned */
    size_t count, capacity;
} check_causes;

/* A play has ended: what it waited for came, or, where it failed, did not. UNDR_MEMORY: nothing is known of it. */
UNDR_MUST_USE undr_error check_causes_note(check_causes *causes, const check_case *one, const check_result *result);

/* Have a few different cases waited for this in vain, and it came in none? */
bool check_causes_is_met(const check_causes *causes, check_wait_kind kind);

/* The case that shows why this one can't pass: a few different cases have waited in vain for what this one has to wait
 * for, and it came in none. The plainest of them; NULL: there is no such reason. */
const check_case *check_causes_blocker(const check_causes *causes, const check_case *one);

void check_causes_free(check_causes *causes);

#endif
