/* proof_frame.c: the frame decoder says whole, more, or too large, as section 3 of the specification has it, and reads
 * no byte that has not come (FRAME-3, FRAME-7, FRAME-8); what is encoded decodes to the same frame.
 *
 * Bounds: up to 14 bytes of input of any content, any payload limit; payloads of up to 5 bytes to encode, each
 * allocation may fail. */
#include "proof.h"

#include "undr/frame.h"

enum { MOST_PAYLOAD = 5, MOST_BYTES = UNDR_HEADER_SIZE + MOST_PAYLOAD };

static uint64_t announced(const uint8_t *header) {
    uint64_t length = 0;
    for (int byte = 8; byte > 0; byte--) {
        length = length << 8 | header[byte];
    }
    return length;
}

static void decode(void) {
    size_t size = any_size_to(MOST_BYTES);
    uint8_t *bytes = any_bytes(size);
    uint64_t limit = nondet_u64();
    undr_frame frame;
    uint64_t needs = 0;
    undr_error error = undr_frame_decode(undr_slice_of(bytes, size), limit, &frame, &needs);
    if (size < UNDR_HEADER_SIZE) {
        assert(error == UNDR_MORE && needs == UNDR_HEADER_SIZE);
    } else if (error == UNDR_PAYLOAD_TOO_LARGE) {
        assert(announced(bytes) > limit || announced(bytes) > UINT64_MAX - UNDR_HEADER_SIZE);
        assert(needs == UNDR_HEADER_SIZE);
    } else {
        assert(announced(bytes) <= limit);
        assert(needs == UNDR_HEADER_SIZE + announced(bytes) && needs > announced(bytes));
        assert(error == (needs <= size ? UNDR_OK : UNDR_MORE));
    }
    if (error == UNDR_OK) {
        assert(frame.type == bytes[0] && frame.payload.size == announced(bytes));
        assert(frame.payload.size == 0 || frame.payload.data == bytes + UNDR_HEADER_SIZE);
    }
    free(bytes);
}

static void encode(void) {
    size_t size = any_size_to(MOST_PAYLOAD);
    uint8_t *payload = any_bytes(size);
    undr_frame frame = {.type = nondet_u8(), .payload = undr_slice_of(payload, size)};
    undr_buffer wire = {0};
    undr_error error = undr_frame_encode(&wire, &frame);
    assert(error == UNDR_OK ? wire.size == UNDR_HEADER_SIZE + size : error == UNDR_MEMORY && wire.size == 0);
    undr_frame again;
    uint64_t spent;
    if (error == UNDR_OK) {
        undr_error decoded = undr_frame_decode(undr_buffer_slice(&wire), UINT64_MAX, &again, &spent);
        assert(decoded == UNDR_OK && spent == wire.size && again.type == frame.type);
        assert(undr_slice_equal(again.payload, frame.payload));
    }
    undr_buffer_free(&wire);
    free(payload);
}

int main(void) {
    decode();
    encode();
    return 0;
}
