/* receive_bytes.c: frame decoding. Input: one byte that seeds the cuts, then a stream.
 *
 * However the stream is cut, the same frames come out, the same error ends it, at the same offset (FRAME-3, FRAME-4);
 * an error stays (FRAME-7); no length makes the decoder claim bytes that are not there. */
#include "fuzz.h"

#include "undr/frame.h"

enum { LIMIT = 1 << 16 }; /* payload limit: low, so that both sides of it are reached */

/* All that a run of the decoder has shown: a hash over the frames, and how it ended. Payloads are borrowed from the
 * stream, never copied: where one begins and ends says which bytes it has. */
typedef struct trace {
    uint64_t hash;
    uint64_t frames;
    size_t offset;
    undr_error last;
} trace;

static uint64_t mix(uint64_t hash, uint64_t more) {
    hash = (hash ^ more) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 29;
}

static void note(trace *seen, const undr_frame *frame) {
    seen->hash = mix(mix(mix(seen->hash, frame->type), seen->offset), frame->payload.size);
    seen->frames++;
}

/* Decodes what is decodable of stream[0, known); continues where `seen` stands. */
static void decode(undr_slice stream, size_t known, trace *seen) {
    for (;;) {
        undr_slice rest = {stream.data + seen->offset, known - seen->offset};
        undr_frame frame;
        uint64_t size = 0;
        seen->last = undr_frame_decode(rest, LIMIT, &frame, &size);
        if (seen->last == UNDR_MORE) {
            FUZZ_REQUIRE(size > rest.size && size <= UNDR_HEADER_SIZE + (uint64_t)LIMIT);
            return;
        }
        if (seen->last != UNDR_OK) {
            FUZZ_REQUIRE(seen->last == UNDR_PAYLOAD_TOO_LARGE && size == UNDR_HEADER_SIZE);
            return;
        }
        FUZZ_REQUIRE(size == UNDR_HEADER_SIZE + frame.payload.size && size <= rest.size);
        FUZZ_REQUIRE(frame.payload.size == 0 || frame.payload.data == rest.data + UNDR_HEADER_SIZE);
        note(seen, &frame);
        seen->offset += (size_t)size; /* <= rest.size */
    }
}

static trace decode_in_pieces(undr_slice stream, uint32_t seed) {
    trace seen = {.last = UNDR_MORE};
    for (size_t known = 0; known < stream.size && seen.last == UNDR_MORE;) {
        seed = seed * 1664525 + 1013904223;
        size_t piece = 1 + (seed >> 16) % ((seed & 0x8000) ? 3 : 31);
        known = known + piece < stream.size ? known + piece : stream.size;
        decode(stream, known, &seen);
    }
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_source source = fuzz_source_over(data, size);
    uint32_t seed = fuzz_take_u8(&source);
    undr_slice stream = fuzz_take_rest(&source);
    trace whole = {.last = UNDR_MORE};
    if (stream.size > 0) {
        decode(stream, stream.size, &whole);
    }
    trace pieces = decode_in_pieces(stream, seed);
    FUZZ_REQUIRE(pieces.frames == whole.frames && pieces.hash == whole.hash);
    FUZZ_REQUIRE(pieces.offset == whole.offset && pieces.last == whole.last);
    return 0;
}
