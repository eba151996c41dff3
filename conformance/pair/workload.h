/* workload.h: what a pair is given to do, session by session, in the notation of cases. */
#ifndef PAIR_WORKLOAD_H
#define PAIR_WORKLOAD_H

#include <stdbool.h>

/* A channel A is a client of the harness's own, which schedules and sends messages through the proxy. On the channel M
 * `M <- done` calls `next` until it is answered with done. `P -> signal KILL` kills the worker that was started first. */
typedef struct pair_work {
    const char *name, *about;
    const char *text;
    bool by_wire; /* the manager's program schedules nothing: what every task is can be seen */
    bool deaths;  /* workers end, and tasks are lost: that it ends at all is a SHOULD (FAULT-3) */
} pair_work;

extern const pair_work pair_works[]; /* a NULL name ends it */

#endif
