/* proof_parcel.c: a parcel keeps its bytes, whether they are copied or taken over, and gives them back once; what it
 * costs never wraps round.
 *
 * Bounds: payloads of BYTES bytes (1 to 3: one run for each size) of any content, copied or taken over; any priority;
 * each allocation may fail; a size of any 64 bits for the cost. */
#include "proof.h"

#include "protocol/manager_queue.h"

static void check_content(const undr_parcel *parcel, const uint8_t *bytes, bool taken_over) {
    assert(undr_parcel_slice(parcel).size == BYTES);
    for (size_t at = 0; at < BYTES; at++) {
        assert(undr_parcel_slice(parcel).data[at] == bytes[at]);
    }
    assert((undr_parcel_blob(parcel) != NULL) == taken_over);
}

static void check_unwrapped(undr_parcel *parcel, const uint8_t *bytes) {
    undr_buffer out = {0};
    undr_error error = undr_parcel_unwrap(parcel, &out);
    assert(error == UNDR_OK ? out.size == BYTES : error == UNDR_MEMORY && out.size == 0);
    for (size_t at = 0; at < out.size; at++) {
        assert(out.data[at] == bytes[at]);
    }
    undr_buffer_free(&out);
}

static void keeps_its_bytes(bool taken_over) {
    uint8_t bytes[BYTES];
    for (size_t at = 0; at < BYTES; at++) {
        bytes[at] = nondet_u8();
    }
    undr_buffer whole = {0};
    if (taken_over && undr_put_bytes(&whole, bytes, BYTES) != UNDR_OK) {
        return;
    }
    unsigned priority = (unsigned)any_size_to(UNDR_MAXIMUM_PRIORITY_LEVELS - 1);
    undr_parcel *parcel = undr_parcel_new(undr_slice_of(bytes, BYTES), taken_over ? &whole : NULL, priority);
    assert(whole.size == (parcel == NULL && taken_over ? BYTES : 0)); /* on failure it is still the caller's */
    if (parcel != NULL) {
        assert(parcel->priority == priority);
        check_content(parcel, bytes, taken_over);
        check_unwrapped(parcel, bytes);
        undr_parcel_free(parcel);
    }
    undr_buffer_free(&whole);
}

int main(void) {
    keeps_its_bytes(false);
    keeps_its_bytes(true);
    size_t size = nondet_size();
    assert(undr_parcel_cost(size) >= size);
    return 0;
}
