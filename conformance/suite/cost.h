/* cost.h: how long a case will take, as far as its text shows, so that the long ones begin first. */
#ifndef CHECK_COST_H
#define CHECK_COST_H

#include "notation/case.h"

typedef struct check_cost {
    uint64_t waits_ms; /* it only waits, for about this long: `quiet 1200`, ('sleep', 2), a worker that polls */
    uint64_t steps;    /* its lines, blocks unrolled */
} check_cost;

check_cost check_cost_of(const check_case *one);

#endif
