/* fuzz.c: the assertion, the walk over values and the source of decisions that the targets share. */
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

fuzz_source fuzz_source_over(const uint8_t *data, size_t size) {
    return (fuzz_source){undr_slice_of(data, size)};
}

undr_slice fuzz_take_bytes(fuzz_source *source, size_t size) {
    undr_slice taken = source->left;
    taken.size = size < taken.size ? size : taken.size;
    source->left.data = taken.size == 0 ? source->left.data : source->left.data + taken.size;
    source->left.size -= taken.size;
    return taken;
}

undr_slice fuzz_take_rest(fuzz_source *source) {
    return fuzz_take_bytes(source, source->left.size);
}

uint8_t fuzz_take_u8(fuzz_source *source) {
    undr_slice one = fuzz_take_bytes(source, 1);
    return one.size == 1 ? one.data[0] : 0;
}

uint32_t fuzz_take_below(fuzz_source *source, uint32_t limit) {
    uint32_t number = fuzz_take_u8(source);
    if (limit > 256) {
        number = number << 8 | fuzz_take_u8(source);
    }
    return number % limit;
}
