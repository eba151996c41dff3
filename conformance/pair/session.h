/* session.h: one session of a pair: its processes, the proxy between them, its work, and how it ended. */
#ifndef PAIR_SESSION_H
#define PAIR_SESSION_H

#include "pair/workload.h"
#include "play/setting.h"
#include "watch/source.h"

typedef struct pair_setting {
    char *const *manager, *const *worker; /* the commands, NULL-terminated */
    check_capabilities manager_can;       /* its text is not used */
    unsigned workers;
    double timeout_factor;
    watch_source *source; /* its watch is made anew for each session */
} pair_setting;

typedef struct pair_side {
    uint64_t must, should; /* requirements that the watch saw broken, or an exit status that can't be right */
    bool crashed;          /* ended in a way for which there is no excuse */
} pair_side;

typedef struct pair_outcome {
    pair_side sides[2];  /* by watch_side */
    bool finished;       /* all work was done and all processes have ended by themselves */
    int signal;          /* of a user, that ended it; 0: none */
    undr_buffer remark;  /* sentences: what else was seen. Owned */
    watch_totals totals; /* of its watch */
} pair_outcome;

/* Plays. UNDR_OK: *outcome says how it went; anything else: the harness failed, source->message may say why. Leaves no
 * process behind. */
UNDR_MUST_USE undr_error pair_session(const pair_setting *setting, const pair_work *work, pair_outcome *outcome);

#endif
