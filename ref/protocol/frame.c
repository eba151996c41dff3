/* frame.c: a frame's nine header bytes and its payload, decoded from and encoded into bytes. */
#include "undr/frame.h"

undr_error undr_frame_decode(undr_slice input, uint64_t payload_limit, undr_frame *frame, uint64_t *size) {
    undr_cursor cursor = undr_cursor_over(input);
    uint8_t type = 0;
    uint64_t length = 0;
    *size = UNDR_HEADER_SIZE;
    if (!undr_read_u8(&cursor, &type) || !undr_read_u64le(&cursor, &length)) {
        return UNDR_MORE; /* FRAME-3 */
    }
    /* FRAME-7. The second limit keeps header + length representable, whatever limit the caller chose. */
    if (length > payload_limit || length > UINT64_MAX - UNDR_HEADER_SIZE) {
        return UNDR_PAYLOAD_TOO_LARGE;
    }
    *size = UNDR_HEADER_SIZE + length;
    undr_slice payload = {0};
    if (!undr_read_slice(&cursor, length, &payload)) {
        return UNDR_MORE; /* FRAME-8: a header's length is believed only as far as its bytes have arrived */
    }
    *frame = (undr_frame){.type = type, .payload = payload}; /* FRAME-1, FRAME-2 */
    return UNDR_OK;
}

void undr_frame_header(uint8_t header[UNDR_HEADER_SIZE], uint8_t type, uint64_t payload_size) {
    header[0] = type;
    for (int index = 1; index < UNDR_HEADER_SIZE; ++index) {
        header[index] = (uint8_t)payload_size;
        payload_size >>= 8;
    }
}

undr_error undr_frame_encode(undr_buffer *buffer, const undr_frame *frame) {
    if (frame->payload.size > SIZE_MAX - UNDR_HEADER_SIZE) {
        return UNDR_MEMORY;
    }
    /* Room for the whole first: a frame is appended entire or not at all. */
    const undr_error error = undr_buffer_reserve(buffer, UNDR_HEADER_SIZE + frame->payload.size);
    if (error != UNDR_OK) {
        return error;
    }
    uint8_t header[UNDR_HEADER_SIZE];
    undr_frame_header(header, frame->type, frame->payload.size);
    const undr_error put = undr_put_bytes(buffer, header, sizeof header);
    /* unreachable: there is room for both */
    return put != UNDR_OK ? put : undr_put_slice(buffer, frame->payload);
}
