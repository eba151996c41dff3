/* receive_message.c: a frame and the pickle in it. Input: a stream that starts with a frame.
 *
 * Memory is at most a constant times the input; a valid pickle cut short never decodes; what decoded can be printed,
 * compared with itself and freed. */
#include "fuzz.h"

#include "undr/frame.h"
#include "undr/pickle.h"

enum { MEMORY_FACTOR = 256, MEMORY_BASE = 1 << 16 };

/* Every cut of a short pickle, some of a long one. */
static void require_cuts_fail(undr_slice pickle, size_t used) {
    size_t step = used < 64 ? 1 : used / 16;
    for (size_t cut = 0; cut < used; cut += step) {
        undr_arena arena = {0};
        undr_value *value = NULL;
        FUZZ_REQUIRE(undr_pickle_read(undr_slice_of(pickle.data, cut), NULL, &arena, &value, NULL, NULL) != UNDR_OK);
        undr_arena_free(&arena);
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
    undr_pickle_fault fault = {0};
    undr_error error = undr_pickle_read(frame.payload, NULL, &arena, &value, &used, &fault);
    FUZZ_REQUIRE(arena.used <= MEMORY_BASE + MEMORY_FACTOR * frame.payload.size);
    if (error == UNDR_OK) {
        FUZZ_REQUIRE(value != NULL && used > 0 && used <= frame.payload.size);
        FUZZ_REQUIRE(frame.payload.data[used - 1] == '.');
        use(value);
        require_cuts_fail(frame.payload, used);
    } else {
        FUZZ_REQUIRE(fault.offset <= frame.payload.size);
    }
    undr_arena_free(&arena);
    return 0;
}
