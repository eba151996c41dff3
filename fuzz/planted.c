/* planted.c: a target with a bug on purpose: the proof that the fuzzing finds something. Never part of `all`.
 *
 * The bug needs what the real targets need: two frames with true headers, the second one `m` with a pickle that nests.
 */
#include "fuzz.h"

#include "undr/frame.h"
#include "undr/pickle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    undr_frame first, second;
    uint64_t spent, more;
    if (undr_frame_decode(undr_slice_of(data, size), 4096, &first, &spent) != UNDR_OK) {
        return 0;
    }
    undr_slice rest = undr_slice_of(data + spent, size - (size_t)spent);
    if (undr_frame_decode(rest, 4096, &second, &more) != UNDR_OK || second.type != 'm' || second.payload.size == 0) {
        return 0;
    }
    undr_arena arena = {0};
    undr_value *value = NULL;
    undr_error error = undr_pickle_read(second.payload, NULL, &arena, &value, NULL, NULL);
    bool nests = error == UNDR_OK && value->kind == UNDR_LIST && value->items.count > 0;
    undr_arena_free(&arena);
    FUZZ_REQUIRE(!nests && "this is the planted bug");
    return 0;
}
