/* cost.c: how long a case will take, as far as its text shows. */
#include "suite/cost.h"
#include "notation/walk.h"

#include <string.h>

enum {
    SLEEP_DEPTH = 16,
    POLL_MS = 20,  /* a worker that was answered None comes again */
    QUIET_MS = 60, /* a `quiet` without a number, where the target is such a worker */
    HOLD_MS = 100  /* a None of a pool, which may hold it for its own workers */
};

static const double longest_sleep_s = 10; /* a target that sleeps longer is killed */

/* Of a walk through a case. */
struct counting {
    check_role role;
    check_cost cost;
};

static bool is_sleep(const undr_value *value) {
    const undr_value *word = value->kind == UNDR_TUPLE && value->items.count == 2 ? value->items.at[0] : NULL;
    return word != NULL && word->kind == UNDR_STR && undr_slice_equal(word->bytes, undr_slice_text("sleep"));
}

static uint64_t sleep_ms(const undr_value *seconds) {
    int64_t whole = 0;
    double real = seconds->kind == UNDR_FLOAT ? seconds->real : undr_value_int64(seconds, &whole) ? (double)whole : 0;
    real = real > 0 && real < longest_sleep_s ? real : real > 0 ? longest_sleep_s : 0;
    return (uint64_t)(real * 1000);
}

/* The sum of all ('sleep', SECONDS) in a task's value. */
static uint64_t sleeps_in(const undr_value *value, unsigned depth) {
    uint64_t sum = 0;
    if (value == NULL || depth == 0) {
        return 0;
    }
    if (is_sleep(value)) {
        return sleep_ms(value->items.at[1]);
    }
    if (value->kind == UNDR_OBJECT) {
        return sleeps_in(value->object.state, depth - 1);
    }
    bool holds = value->kind == UNDR_LIST || value->kind == UNDR_TUPLE || value->kind == UNDR_DICT;
    for (size_t i = 0; holds && i < value->items.count; i++) {
        sum += sleeps_in(value->items.at[i], depth - 1);
    }
    return sum;
}

static undr_error add_term(void *context, const check_term *term, bool received) {
    struct counting *counting = context;
    bool none = term->kind == CHECK_TERM_VALUE && term->value->kind == UNDR_NONE;
    if (!received && term->kind == CHECK_TERM_VALUE) {
        counting->cost.waits_ms += sleeps_in(term->value, SLEEP_DEPTH);
    }
    if (none && counting->role != CHECK_ROLE_MANAGER && received == (counting->role == CHECK_ROLE_POOL)) {
        counting->cost.waits_ms += received ? HOLD_MS : POLL_MS;
    }
    return UNDR_OK;
}

static uint64_t silence_of(const struct counting *counting, const check_step *step) {
    if (step->what != CHECK_QUIET && step->what != CHECK_DEAF && step->what != CHECK_PAUSES) {
        return 0;
    }
    return step->number > 0 ? step->number : counting->role == CHECK_ROLE_WORKER ? QUIET_MS : 0;
}

static undr_error add_step(void *context, const check_step *step, const check_step *block) {
    struct counting *counting = context;
    uint64_t times = block != NULL && block->what == CHECK_REPEAT ? block->number : 1;
    uint64_t before = counting->cost.waits_ms;
    undr_error error = check_each_term(step, add_term, counting);
    uint64_t once = counting->cost.waits_ms - before + silence_of(counting, step);
    counting->cost.waits_ms = before + once * times;
    counting->cost.steps += times;
    return error;
}

check_cost check_cost_of(const check_case *one) {
    struct counting counting = {.role = one->role};
    (void)!check_each_step(one, add_step, &counting); /* what it calls never fails */
    return counting.cost;
}
