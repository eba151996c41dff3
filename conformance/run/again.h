/* again.h: failed cases are played again, one by one: do they fail each time? */
#ifndef CHECK_AGAIN_H
#define CHECK_AGAIN_H

#include "report/reporter.h"
#include "run/signals.h"

/* What is borrowed of a run. */
typedef struct check_again {
    check_session *session;
    check_part *part; /* its plays are over */
    const check_reporters *reporters;
    const check_signals *signals;
    uint64_t limit_ns;                    /* of one play, for the supervisor */
    int (*is_interrupted)(void *context); /* a few times a second; as check_watcher.tick */
    void *context;
} check_again;

/* Plays one case of each kind of failure in the part again, --again times, nothing else beside it. What comes of it is
 * counted in check_record.again, and changes no verdict. The number of kinds and the time are bounded, so that a target
 * that fails everywhere does not make a run much longer. Expected failures are not played again, nor is anything where
 * all cases are repeated anyway (--repeat, --until-fail). */
UNDR_MUST_USE undr_error check_play_again(const check_again *again);

#endif
