/* plan.h: under which deliveries each chosen case is played. */
#ifndef CHECK_PLAN_H
#define CHECK_PLAN_H

#include "run/supervisor.h"
#include "suite/expect.h"
#include "suite/suite.h"

/* The deliveries of one case, in their order; answers how many (1 to CHECK_DELIVERY_COUNT). Without --delivery: whole
 * frames, and one other that the seed, the case's name and the repetition (from 1) pick. A case that sends nothing on a
 * connection, and one marked `delivery whole`, is played with whole frames only. */
size_t check_plan_case(const check_case *one, const check_options *options, uint64_t seed, unsigned repetition,
    check_delivery deliveries[CHECK_DELIVERY_COUNT]);

/* The items of a round, the longest first, as far as that is known: a case that is expected to fail takes long, and
 * waits. Record i is selection->at[i]. *items is the caller's to free. */
UNDR_MUST_USE undr_error check_plan_round(const check_selection *selection, const check_expected *expected,
    const check_options *options, uint64_t seed, unsigned repetition, check_item **items, size_t *count);

#endif
