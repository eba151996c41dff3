/* fuzz.c: the assertion and the walk over values that the targets share. */
#include "fuzz.h"

#include "pickle/value_walk.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fuzz_failed(const char *file, int line, const char *property) {
    fprintf(stderr, "%s:%d: property does not hold: %s\n", file, line, property);
    abort();
}

enum { SMALL_NODES = 2000, SMALL_DEPTH = 200 };

static void require_inert(const undr_value *value) {
    FUZZ_REQUIRE(value->kind <= UNDR_OBJECT);
    FUZZ_REQUIRE(value->kind != UNDR_DICT || value->items.count % 2 == 0);
    if (value->kind == UNDR_OBJECT) {
        const undr_object *object = &value->object;
        FUZZ_REQUIRE(object->callable != NULL);
        FUZZ_REQUIRE(object->callable->kind == UNDR_CLASS || object->callable->kind == UNDR_OBJECT);
        FUZZ_REQUIRE(object->args == NULL || object->args->kind == UNDR_TUPLE);
        FUZZ_REQUIRE(object->kwargs == NULL || object->kwargs->kind == UNDR_DICT);
        FUZZ_REQUIRE(object->entries.count % 2 == 0);
    }
}

static bool walk(const undr_value *value, unsigned *nodes, unsigned depth) {
    if (*nodes == 0 || depth == 0) {
        return false;
    }
    --*nodes;
    require_inert(value);
    size_t count = undr_child_count(value);
    for (size_t i = 0; i < count; i++) {
        if (!walk(undr_child(value, i), nodes, depth - 1)) {
            return false;
        }
    }
    return true;
}

bool fuzz_is_small(const undr_value *value) {
    unsigned nodes = SMALL_NODES;
    return walk(value, &nodes, SMALL_DEPTH);
}

uint32_t fuzz_hash(undr_slice bytes) {
    uint32_t hash = 0x811c9dc5;
    for (size_t i = 0; i < bytes.size; i++) {
        hash = (hash ^ bytes.data[i]) * 0x01000193;
    }
    return hash ^ hash >> 15;
}
