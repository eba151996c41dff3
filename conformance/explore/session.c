/* session.c: makes random sessions. */
#include "explore/session.h"

#include <stdlib.h>
#include <string.h>

/* SplitMix64: each call gives the next number of the sequence that the state names. */
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static unsigned draw_below(uint64_t *state, unsigned bound) {
    return (unsigned)(draw(state) % bound);
}

static const check_operation_kind manager_kinds[] = {CHECK_OPERATION_NEXT, CHECK_OPERATION_DONE,
    CHECK_OPERATION_SCHEDULE, CHECK_OPERATION_MESSAGE, CHECK_OPERATION_BAD, CHECK_OPERATION_CUT, CHECK_OPERATION_LEAVE,
    CHECK_OPERATION_OWN_SCHEDULE, CHECK_OPERATION_OWN_MESSAGE, CHECK_OPERATION_OWN_NEXT, CHECK_OPERATION_CLOSE};
static const check_operation_kind worker_kinds[] = {CHECK_OPERATION_TASK, CHECK_OPERATION_CHAIN, CHECK_OPERATION_LINK,
    CHECK_OPERATION_STEP_MESSAGE, CHECK_OPERATION_STEP_SCHEDULE, CHECK_OPERATION_STEP_RAISE, CHECK_OPERATION_NO_TASK,
    CHECK_OPERATION_EMPTY};
static const check_operation_kind pool_kinds[] = {CHECK_OPERATION_TASK, CHECK_OPERATION_CHAIN, CHECK_OPERATION_LINK,
    CHECK_OPERATION_STEP_MESSAGE, CHECK_OPERATION_STEP_SCHEDULE, CHECK_OPERATION_STEP_RAISE,
    CHECK_OPERATION_OWN_MESSAGE, CHECK_OPERATION_CLOSE};

/* The kinds that a session of a role is made of. */
static const struct kinds {
    const check_operation_kind *at;
    size_t count;
} kinds_of[] = {
    [CHECK_ROLE_MANAGER] = {manager_kinds, sizeof manager_kinds / sizeof *manager_kinds},
    [CHECK_ROLE_WORKER] = {worker_kinds, sizeof worker_kinds / sizeof *worker_kinds},
    [CHECK_ROLE_POOL] = {pool_kinds, sizeof pool_kinds / sizeof *pool_kinds},
};

/* How likely each kind is in one session: much, little or not at all, so that sessions differ in kind, not only in
 * detail. */
struct tendency {
    unsigned weights[CHECK_OPERATION_COUNT];
    unsigned total;
    unsigned connections; /* at most */
    unsigned joined;      /* one in this many; 0: none */
};

static struct tendency draw_tendency(uint64_t *state, check_role role) {
    static const unsigned weights[] = {0, 1, 1, 4, 12};
    struct tendency drawn = {.connections = 1 + draw_below(state, 6), .joined = draw_below(state, 4)};
    const struct kinds *kinds = &kinds_of[role];
    for (size_t i = 0; i < kinds->count; i++) {
        unsigned weight = weights[draw_below(state, sizeof weights / sizeof *weights)];
        drawn.weights[kinds->at[i]] = weight;
        drawn.total += weight;
    }
    if (drawn.total == 0) {
        drawn.weights[kinds->at[0]] = drawn.total = 1;
    }
    return drawn;
}

static check_operation_kind draw_kind(uint64_t *state, const struct tendency *tendency) {
    unsigned at = draw_below(state, tendency->total);
    int kind = 0;
    while (at >= tendency->weights[kind]) {
        at -= tendency->weights[kind];
        kind++;
    }
    return (check_operation_kind)kind;
}

undr_error check_explored_make(check_explored *session, check_role role, uint64_t seed, size_t length) {
    uint64_t state = seed;
    struct tendency tendency = draw_tendency(&state, role);
    if (draw_below(&state, 8) == 0) {
        length *= 6; /* errors that show only when much is queued */
    }
    size_t count = 1 + draw_below(&state, (unsigned)length);
    *session = (check_explored){.role = role, .seed = seed, .at = calloc(count, sizeof *session->at)};
    if (session->at == NULL) {
        return UNDR_MEMORY;
    }
    session->count = count;
    /* Not all 128: a priority too high is one of the violations. */
    session->levels = (unsigned[]){2, 3, 5, 127}[draw_below(&state, 4)];
    for (size_t i = 0; i < count; i++) {
        session->at[i] = (check_operation){.kind = draw_kind(&state, &tendency),
            .connection = draw_below(&state, tendency.connections),
            .choice = draw_below(&state, 256),
            .payload = draw_below(&state, 64),
            .size = draw_below(&state, 64)};
        session->at[i].joined = tendency.joined > 0 && draw_below(&state, tendency.joined) == 0;
    }
    return UNDR_OK;
}

undr_error check_explored_copy(check_explored *to, const check_explored *from) {
    *to = *from;
    to->at = malloc((from->count + 1) * sizeof *to->at);
    if (to->at == NULL) {
        to->count = 0;
        return UNDR_MEMORY;
    }
    memcpy(to->at, from->at, from->count * sizeof *to->at);
    return UNDR_OK;
}

void check_explored_free(check_explored *session) {
    free(session->at);
    *session = (check_explored){0};
}
