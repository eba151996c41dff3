/* substitute.c: replaces the names in a line of a case by their values. */
#include "notation/substitute.h"

#include <inttypes.h>
#include <stdio.h>

struct settling {
    const check_names *names;
    undr_arena *arena;
};

static undr_error settle_term(const struct settling *with, const check_term *term, check_term **substituted);

/* The value of a name; NULL: it is not a name, or not bound. */
static undr_error find_value(const struct settling *with, const check_term *term, const undr_value **value) {
    *value = term->kind == CHECK_TERM_BIND ? check_names_find(with->names, term->text) : NULL;
    if (term->kind != CHECK_TERM_COUNTER || !with->names->counting) {
        return UNDR_OK;
    }
    undr_value *number = NULL;
    undr_error error = undr_value_int(with->arena, (int64_t)with->names->counter, &number);
    *value = number;
    return error;
}

static undr_error settle_parts(const struct settling *with, const check_term *term, check_term *substituted) {
    void *memory = NULL;
    undr_error error = undr_arena_take(with->arena, term->part_count * sizeof *substituted->parts, &memory);
    substituted->parts = memory;
    for (size_t i = 0; i < term->part_count && error == UNDR_OK; i++) {
        error = settle_term(with, term->parts[i], &substituted->parts[i]);
    }
    return error;
}

/* As deep as the parser lets terms nest. */
static undr_error settle_term(const struct settling *with, const check_term *term, check_term **substituted) {
    const undr_value *value = NULL;
    void *memory = NULL;
    undr_error error = undr_arena_take(with->arena, sizeof **substituted, &memory);
    if (error != UNDR_OK) {
        return error;
    }
    *substituted = memory;
    **substituted = *term;
    error = find_value(with, term, &value);
    if (error == UNDR_OK && value != NULL) {
        **substituted = (check_term){.kind = CHECK_TERM_VALUE};
        return undr_value_copy(with->arena, value, &(*substituted)->value);
    }
    return error == UNDR_OK && term->part_count > 0 ? settle_parts(with, term, *substituted) : error;
}

static undr_error settle_expectations(const struct settling *with, const check_step *step, check_step *substituted) {
    void *memory = NULL;
    undr_error error = undr_arena_take(
        with->arena, step->expectation_count * sizeof *substituted->expectations, &memory);
    substituted->expectations = memory;
    for (size_t i = 0; i < step->expectation_count && error == UNDR_OK; i++) {
        substituted->expectations[i] = step->expectations[i];
        if (step->expectations[i].payload.term != NULL) {
            error = settle_term(with, step->expectations[i].payload.term, &substituted->expectations[i].payload.term);
        }
    }
    return error;
}

undr_error check_substitute(
    const check_step *step, const check_names *names, undr_arena *arena, check_step *substituted) {
    const struct settling with = {names, arena};
    *substituted = *step;
    if (step->indexed && names->counting) {
        substituted->indexed = false;
        snprintf(substituted->channel, sizeof substituted->channel, "%.1s[%" PRIu64 "]", step->channel, names->counter);
    }
    return step->expectation_count > 0 ? settle_expectations(&with, step, substituted) : UNDR_OK;
}
