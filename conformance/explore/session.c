/* session.c: makes random sessions. */
#include "explore/session.h"

#include <stdio.h>
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

/* How likely each kind is in one session: much, little or not at all, so that sessions differ in their nature and not
 * only in their details. */
struct tendency {
    unsigned weights[CHECK_OPERATION_COUNT];
    unsigned total;
    unsigned connections; /* at most */
    unsigned joined;      /* one in so many; 0: none */
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
        length *= 6; /* what shows only once much is queued */
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

undr_error check_explored_write(
    const check_explored *session, const check_reachable *reachable, const char *name, undr_buffer *text) {
    undr_error error = undr_put_format(text, "case %s\n", name);
    if (error != UNDR_OK) {
        return error;
    }
    switch (session->role) {
    case CHECK_ROLE_WORKER: return check_explored_write_worker(session, text);
    case CHECK_ROLE_POOL: return check_explored_write_pool(session, text);
    default: return check_explored_write_manager(session, reachable, text);
    }
}

/* ---- contents ---- */

/* Where buffers, length fields and pickle opcodes change. */
static unsigned edge(unsigned size) {
    static const unsigned edges[] = {0, 1, 2, 8, 9, 100, 255, 256, 257, 1000, 1024, 4087, 4095, 4096, 4097, 8191, 8192,
        16384, 32767, 65526, 65527, 65535, 65536, 65537, 131072, 200000};
    size_t count = sizeof edges / sizeof *edges;
    return size < count ? edges[size] : edges[size % 6]; /* most are small */
}

/* "'x' * 256", but plainly what makes once or nothing. */
static undr_error put_times(undr_buffer *text, const char *literal, unsigned times) {
    if (times > 1) {
        return undr_put_format(text, "%s * %u", literal, times);
    }
    const char *empty = literal[0] == '[' ? "[]" : literal[0] == 'b' ? "b''" : "''";
    return undr_put_text(text, times == 1 ? literal : empty);
}

undr_error check_explored_value(undr_buffer *text, const check_operation *operation, size_t identity) {
    static const char *const plain[] = {"None", "True", "False", "0", "-1", "255", "256", "65535", "65536",
        "2147483647", "-2147483648", "2147483648", "9223372036854775808", "-9223372036854775809", "1.5", "-0.0", "inf",
        "''", "'x'", "'\\xe9'", "'\\u20ac'", "'\\U0001f600'", "'\\x00'", "b''", "b'n\\x00'", "()", "(1,)", "[]", "{}",
        "{'a': [1, (2,)]}", "{1, 2, 3}", "set()", "frozenset({1})", "[[[[1]]]]", "(1, 2, 3, 4)", "{'k': None, 2: 'v'}"};
    static const char *const long_ones[] = {"'x'", "b'x'", "[0]", "'\\xe9'", "['a']", "[300]", "[None]"};
    size_t plain_count = sizeof plain / sizeof *plain, long_count = sizeof long_ones / sizeof *long_ones;
    if (operation->payload < plain_count) {
        return undr_put_format(text, "(%zu, %s)", identity, plain[operation->payload]);
    }
    undr_error error = undr_put_format(text, "(%zu, ", identity);
    const char *literal = long_ones[operation->payload % long_count];
    error = error == UNDR_OK ? put_times(text, literal, edge(operation->size)) : error;
    return error == UNDR_OK ? undr_put_text(text, ")") : error;
}

static undr_error put_own_bytes(undr_buffer *text, size_t identity, unsigned times) {
    char literal[40];
    snprintf(literal, sizeof literal, "b'%zu '", identity);
    undr_error error = undr_put_u8(text, ' ');
    return error == UNDR_OK ? put_times(text, literal, times) : error;
}

undr_error check_explored_task(undr_buffer *text, const check_operation *operation, size_t identity) {
    switch (operation->payload % 8) {
    case 0: return undr_put_text(text, operation->size % 4 == 0 ? "" : " b'\\x00'");
    case 1:
    case 2: return put_own_bytes(text, identity, edge(operation->size) / 4 + 1);
    case 3: break;
    default: return undr_put_format(text, " b'task %zu'", identity);
    }
    undr_error error = undr_put_u8(text, ' ');
    return error == UNDR_OK ? check_explored_value(text, operation, identity) : error;
}
