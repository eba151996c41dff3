/* receive_message.c: a frame and the pickle in it. Input: a stream that starts with a frame.
 *
 * All the memory that a reading has at any time is at most a constant times the input, and so is the number of its
 * allocations and of the values that it makes; a valid pickle cut short never decodes; what decoded can be printed,
 * compared with itself and freed. */
#include "fuzz.h"
#include "metered.h"

#include "undr/frame.h"
#include "undr/pickle.h"

/* The arena may have 256 bytes for a byte of the input, the stack, the marks and the memo while they grow have the
 * rest. An empty reading has one chunk and a stack. */
enum { MEMORY_FACTOR = 512, MEMORY_BASE = 1 << 16, CALLS_FACTOR = 2, CALLS_BASE = 64, ALL_CUTS = 8, SOME_CUTS = 2 };

static void require_cut_fails(undr_slice pickle, size_t cut) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    undr_error error = undr_pickle_read(undr_slice_of(pickle.data, cut), NULL, &arena, &value, NULL, NULL);
    FUZZ_REQUIRE(error == UNDR_PICKLE_TRUNCATED || error == UNDR_LIMIT_NODES || error == UNDR_LIMIT_BYTES);
    undr_arena_free(&arena);
}

/* Every cut of a short pickle; of a long one those that its bytes select, the last one among them. */
static void require_cuts_fail(undr_slice pickle, size_t used) {
    if (used <= ALL_CUTS) {
        for (size_t cut = 0; cut < used; cut++) {
            require_cut_fails(pickle, cut);
        }
        return;
    }
    uint32_t choice = fuzz_hash(pickle);
    require_cut_fails(pickle, used - 1);
    for (int i = 1; i < SOME_CUTS; i++) {
        choice = choice * 1664525 + 1013904223;
        require_cut_fails(pickle, (choice >> 8) % used);
    }
}

static void use(const undr_value *value) {
    undr_buffer text = {0};
    bool equal = false;
    undr_error error = undr_value_equal(value, value, &equal);
    FUZZ_REQUIRE(error != UNDR_OK || equal);
    error = undr_value_print(&text, value);
    FUZZ_REQUIRE(error != UNDR_OK || text.size > 0);
    undr_buffer_free(&text);
}

static undr_error read_metered(undr_slice pickle, undr_arena *arena, undr_value **value, size_t *used) {
    undr_pickle_limits limits = undr_pickle_default_limits;
    undr_pickle_fault fault = {0};
    limits.nodes = pickle.size; /* an opcode makes one value at most */
    metered_begin();
    undr_error error = undr_pickle_read(pickle, &limits, arena, value, used, &fault);
    FUZZ_REQUIRE(metered_peak() <= MEMORY_BASE + MEMORY_FACTOR * pickle.size);
    FUZZ_REQUIRE(metered_calls() <= CALLS_BASE + CALLS_FACTOR * pickle.size);
    FUZZ_REQUIRE(error == UNDR_OK || fault.offset <= pickle.size);
    if (error == UNDR_LIMIT_NODES) { /* then the work had no end in sight, whatever the number of values */
        undr_arena_free(arena);
        FUZZ_REQUIRE(undr_pickle_read(pickle, NULL, arena, value, used, NULL) == UNDR_LIMIT_NODES);
    }
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    undr_frame frame;
    uint64_t spent;
    undr_error decoded = undr_frame_decode(undr_slice_of(data, size), UNDR_PAYLOAD_MINIMUM, &frame, &spent);
    if (decoded != UNDR_OK || frame.payload.size == 0) {
        return 0; /* FRAME-2: an empty payload is never unpickled */
    }
    undr_arena arena = {0};
    undr_value *value = NULL;
    size_t used = 0;
    if (read_metered(frame.payload, &arena, &value, &used) == UNDR_OK) {
        FUZZ_REQUIRE(value != NULL && used > 0 && used <= frame.payload.size);
        FUZZ_REQUIRE(frame.payload.data[used - 1] == '.');
        if (fuzz_is_small(value) || fuzz_hash(frame.payload) % 1024 == 0) {
            use(value);
        }
        require_cuts_fail(frame.payload, used);
    }
    undr_arena_free(&arena);
    return 0;
}
