/* plan.c: under which deliveries each chosen case is played. */
#include "plan.h"

#include <stdlib.h>

/* FNV-1a, then a finish that spreads the low bits: the same pick on every machine. */
static uint64_t mix(uint64_t seed, const char *name, unsigned repetition) {
    uint64_t hash = UINT64_C(14695981039346656037) ^ seed;
    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
    }
    hash ^= (uint64_t)repetition * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 33;
}

/* Does the harness send anything on a connection? Else all deliveries are the same. */
static bool sends(const check_step *steps, size_t count) {
    for (size_t i = 0; i < count; i++) {
        check_what what = steps[i].what;
        if (what == CHECK_SEND_FRAME || what == CHECK_SEND_HEADER || what == CHECK_SEND_RAW || what == CHECK_POLL ||
            sends(steps[i].steps, steps[i].step_count)) {
            return true;
        }
    }
    return false;
}

size_t check_plan_case(const check_case *one, const check_options *options, uint64_t seed, unsigned repetition,
    check_delivery deliveries[CHECK_DELIVERY_COUNT]) {
    deliveries[0] = CHECK_DELIVERY_WHOLE;
    if (one->reach == CHECK_WHOLE || !sends(one->steps, one->step_count)) {
        return 1;
    }
    if (options->has_delivery) {
        deliveries[0] = options->delivery;
        return 1;
    }
    if (options->every_delivery) {
        for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
            deliveries[i] = (check_delivery)i;
        }
        return CHECK_DELIVERY_COUNT;
    }
    deliveries[1] = (check_delivery)(1 + mix(seed, one->name, repetition) % (CHECK_DELIVERY_COUNT - 1));
    return 2;
}

undr_error check_plan_round(const check_selection *selection, const check_options *options, uint64_t seed,
    unsigned repetition, check_item **items, size_t *count) {
    *count = 0;
    *items = calloc(selection->count * CHECK_DELIVERY_COUNT + 1, sizeof **items);
    if (*items == NULL) {
        return UNDR_MEMORY;
    }
    for (size_t i = 0; i < selection->count; i++) {
        check_delivery deliveries[CHECK_DELIVERY_COUNT];
        size_t chosen = check_plan_case(selection->at[i], options, seed, repetition, deliveries);
        /* Who names cases wants these to be played. */
        const char *life = options->only.count == 0 && check_suite_needs_life(selection->at[i])
            ? check_suite_life(selection->at[i]->role) : NULL;
        for (size_t k = 0; k < chosen; k++) {
            (*items)[(*count)++] = (check_item){selection->at[i], i, deliveries[k], life};
        }
    }
    return UNDR_OK;
}
