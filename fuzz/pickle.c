/* pickle.c: reader and writer against each other. Input: one byte, then a pickle (odd) or decisions that build a value.
 *
 * What was read can be written in every protocol and reads back equal; writing that again gives the same bytes; a value
 * that was built reads back equal. A call that a pickle asks for is a note in the value, see fuzz_is_small. */
#include "fuzz.h"

#include "undr/pickle.h"

#include <string.h>

static undr_value *read_back(undr_slice pickle, undr_arena *arena) {
    undr_value *value = NULL;
    size_t used = 0;
    undr_pickle_fault fault;
    FUZZ_REQUIRE(undr_pickle_read(pickle, NULL, arena, &value, &used, &fault) == UNDR_OK);
    FUZZ_REQUIRE(used == pickle.size);
    return value;
}

/* Equality gives up on values that hold themselves or share very much; then it costs much and nothing is known. */
static void require_equal(const undr_value *a, const undr_value *b, undr_slice pickle) {
    bool equal = false;
    if (fuzz_is_small(a)) {
        FUZZ_REQUIRE(undr_value_equal(a, b, &equal) == UNDR_OK && equal);
    } else if (fuzz_hash(pickle) % 1024 == 0) {
        undr_error error = undr_value_equal(a, b, &equal);
        FUZZ_REQUIRE(equal || error == UNDR_LIMIT_DEPTH || error == UNDR_LIMIT_NODES);
    }
}

static void round_trip(const undr_value *value, int protocol) {
    undr_buffer once = {0}, twice = {0};
    undr_arena arena = {0};
    undr_error error = undr_pickle_write(value, protocol, &once);
    if (error == UNDR_OK) {
        undr_value *back = read_back(undr_buffer_slice(&once), &arena);
        require_equal(value, back, undr_buffer_slice(&once));
        FUZZ_REQUIRE(undr_pickle_write(back, protocol, &twice) == UNDR_OK);
        FUZZ_REQUIRE(undr_slice_equal(undr_buffer_slice(&once), undr_buffer_slice(&twice)));
    } else {
        FUZZ_REQUIRE(once.size == 0);
        /* A class's name that is no line of text is beyond the protocols 2 and 3, and is not the last word. */
        FUZZ_REQUIRE(error == UNDR_ARGUMENT && protocol < 4);
        round_trip(value, 4);
    }
    undr_arena_free(&arena);
    undr_buffer_free(&once);
    undr_buffer_free(&twice);
}

static undr_value *build(fuzz_source *source, undr_arena *arena, unsigned depth);

static undr_value *build_items(fuzz_source *source, undr_arena *arena, unsigned depth, undr_kind kind) {
    undr_value *items[8], *value = NULL;
    size_t count = 0;
    for (uint32_t pairs = fuzz_take_below(source, 4); pairs > 0; pairs--) {
        if (kind == UNDR_DICT) {
            FUZZ_REQUIRE(undr_value_int(arena, (int64_t)count * 1000, &items[count]) == UNDR_OK);
            count++;
        }
        items[count++] = build(source, arena, depth + 1);
    }
    FUZZ_REQUIRE(undr_value_items(arena, kind, items, count, &value) == UNDR_OK);
    return value;
}

static undr_value *build_number(fuzz_source *source, undr_arena *arena, bool real) {
    undr_value *value = NULL;
    undr_slice bytes = fuzz_take_bytes(source, 8);
    uint64_t bits = 0;
    double number;
    memcpy(&bits, bytes.size == 0 ? (const void *)&bits : bytes.data, bytes.size);
    memcpy(&number, &bits, sizeof number);
    undr_error error = real ? undr_value_float(arena, number, &value) : undr_value_int(arena, (int64_t)bits, &value);
    FUZZ_REQUIRE(error == UNDR_OK);
    return value;
}

static undr_value *build_text(fuzz_source *source, undr_arena *arena, undr_kind kind) {
    undr_value *value = NULL;
    char text[32];
    undr_slice bytes = fuzz_take_bytes(source, fuzz_take_below(source, sizeof text));
    for (size_t i = 0; i < bytes.size; i++) {
        text[i] = kind == UNDR_STR ? (char)(bytes.data[i] & 0x7f) : (char)bytes.data[i]; /* ASCII is UTF-8 */
    }
    FUZZ_REQUIRE(undr_value_bytes(arena, kind, undr_slice_of(text, bytes.size), &value) == UNDR_OK);
    return value;
}

static undr_value *build(fuzz_source *source, undr_arena *arena, unsigned depth) {
    undr_value *value = NULL;
    uint8_t choice = (uint8_t)(fuzz_take_u8(source) % (depth > 6 ? 6 : 11));
    switch (choice) {
    case 0: FUZZ_REQUIRE(undr_value_none(arena, &value) == UNDR_OK); return value;
    case 1: FUZZ_REQUIRE(undr_value_bool(arena, fuzz_take_u8(source) & 1, &value) == UNDR_OK); return value;
    case 2: return build_number(source, arena, false);
    case 3: return build_number(source, arena, true);
    case 4: return build_text(source, arena, UNDR_STR);
    case 5: return build_text(source, arena, UNDR_BYTES);
    case 6: return build_text(source, arena, UNDR_BYTEARRAY);
    case 7: return build_items(source, arena, depth, UNDR_LIST);
    case 8: return build_items(source, arena, depth, UNDR_TUPLE);
    case 9: return build_items(source, arena, depth, UNDR_DICT);
    default:
        value = build(source, arena, depth + 1);
        FUZZ_REQUIRE(undr_value_instance(arena, "undr_conformance", "Probe", value, &value) == UNDR_OK);
        return value;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_source source = fuzz_source_over(data, size);
    undr_arena arena = {0};
    undr_value *value = NULL;
    uint8_t how = fuzz_take_u8(&source);
    undr_error error = UNDR_OK;
    if (how & 1) {
        error = undr_pickle_read(fuzz_take_rest(&source), NULL, &arena, &value, NULL, NULL);
    } else {
        value = build(&source, &arena, 0);
    }
    if (error == UNDR_OK) {
        round_trip(value, 2 + (how >> 1) % 4);
    }
    undr_arena_free(&arena);
    return 0;
}
