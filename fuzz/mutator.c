/* mutator.c: the custom mutator, for libFuzzer (LLVMFuzzerCustomMutator) and for AFL++ (afl_custom_...).
 *
 * It changes payloads and mostly mends the header: a fuzzer that only flips bits seldom gets past a 9-byte header. */
#include "mutator.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 9 };

/* One libFuzzer mutation; absent where the engine is AFL++. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed);

static uint32_t next(uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static uint32_t below(uint32_t *seed, size_t limit) {
    return limit == 0 ? 0 : next(seed) % (uint32_t)limit;
}

static size_t insert(uint8_t *data, size_t size, size_t capacity, size_t at, const void *bytes, size_t count) {
    if (count > capacity - size || at > size) {
        return size;
    }
    memmove(data + at + count, data + at, size - at);
    memcpy(data + at, bytes, count);
    return size + count;
}

static void put_length(uint8_t *header, uint64_t length) {
    for (int i = 0; i < 8; i++) {
        header[1 + i] = (uint8_t)(length >> (8 * i));
    }
}

static uint64_t get_length(const uint8_t *header) {
    uint64_t length = 0;
    for (int i = 0; i < 8; i++) {
        length |= (uint64_t)header[1 + i] << (8 * i);
    }
    return length;
}

/* Some frame, following lengths from the start. The last one may announce more than there is: then it has what is. */
typedef struct frame_span {
    size_t header, payload, end; /* offsets */
} frame_span;

static bool some_frame(const uint8_t *data, size_t size, uint32_t *seed, frame_span *chosen) {
    bool found = false;
    for (size_t at = 0; size - at >= HEADER;) {
        uint64_t length = get_length(data + at), left = size - at - HEADER;
        size_t end = at + HEADER + (size_t)(length < left ? length : left);
        if (!found || below(seed, 3) == 0) {
            *chosen = (frame_span){at, at + HEADER, end};
            found = true;
        }
        if (length > left) {
            break;
        }
        at = end;
    }
    return found;
}

/* The header tells the truth again: about the payload as it is now, or about all that follows. */
static size_t mend_header(uint8_t *data, size_t size, uint32_t *seed) {
    frame_span frame;
    if (some_frame(data, size, seed, &frame)) {
        bool all = below(seed, 2) == 0;
        put_length(data + frame.header, (all ? size : frame.end) - frame.payload);
    }
    return size;
}

static size_t lie_in_header(uint8_t *data, size_t size, uint32_t *seed) {
    static const uint64_t edges[] = {0, 1, 8, 9, 255, 256, 65535, 65536, 65537, 1 << 26, (1 << 26) + 1, UINT32_MAX,
        (uint64_t)1 << 32, (uint64_t)1 << 62, (uint64_t)1 << 63, UINT64_MAX - 8, UINT64_MAX};
    frame_span frame;
    if (some_frame(data, size, seed, &frame)) {
        put_length(data + frame.header, edges[below(seed, sizeof edges / sizeof *edges)]);
    }
    return size;
}

static size_t insert_frame(uint8_t *data, size_t size, size_t capacity, uint32_t *seed) {
    static const uint8_t types[] = {'n', 't', 'm', 's', 0x80, 0x81, 0xff, 0x7f, 0};
    uint8_t frame[HEADER + 4] = {types[below(seed, sizeof types)], 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 4, 'N', '.'};
    bool payload = below(seed, 2) == 0;
    put_length(frame, payload ? 4 : 0);
    frame_span other = {0};
    bool found = some_frame(data, size, seed, &other);
    size_t at = found && below(seed, 2) == 0 ? other.end : other.header; /* before it or behind it */
    return insert(data, size, capacity, at, frame, payload ? sizeof frame : HEADER);
}

/* Opcodes with arguments that are whole, and some that lie. */
static size_t insert_opcode(uint8_t *data, size_t size, size_t capacity, frame_span in, uint32_t *seed) {
    static const char *const opcodes[] = {"(", "]", "}", ")", "N", "\x88", "\x89", "K\1", "J\xff\xff\xff\x7f",
        "\x8c\1a", "C\1b", "\x94", "h", "q", "2", "0", "1", "a", "e", "s", "u", "t", "l", "d", "\x85", "\x86", "\x87",
        "\x8f", "\x90", "\x91", "\x81", "\x92", "R", "b", "o", "cundr.task\nChain\n", "\x93", ".", "\x8a\1\1",
        "\x8a\xff", "X\xff\xff\xff\xff", "\x95\4", "\x80\4", "\x80\5", "I1\n", "L1L\n", "F1\n", "S'a'\n", "Va\n",
        "p0\n", "g0\n", "r\xff\xff\xff\xff", "\x82\1", "Pid\n", "Q", "\x97", "\x98", "iundr.task\nTask\n"};
    const char *opcode = opcodes[below(seed, sizeof opcodes / sizeof *opcodes)];
    return insert(data, size, capacity, in.payload + below(seed, in.end - in.payload + 1), opcode, strlen(opcode));
}

static size_t repeat_part(uint8_t *data, size_t size, size_t capacity, frame_span in, uint32_t *seed) {
    uint8_t part[32];
    size_t length = in.end - in.payload, from = below(seed, length), count = 1 + below(seed, sizeof part);
    count = count < length - from ? count : length - from;
    memcpy(part, data + in.payload + from, count);
    return insert(data, size, capacity, in.payload + below(seed, length + 1), part, count);
}

static size_t remove_part(uint8_t *data, size_t size, frame_span in, uint32_t *seed) {
    size_t length = in.end - in.payload, from = in.payload + below(seed, length), count = 1 + below(seed, 16);
    count = count < in.end - from ? count : in.end - from;
    memmove(data + from, data + from + count, size - from - count);
    return size - count;
}

/* Changes the payload of one frame, whose header mostly says so. What has no frame is changed as a whole. */
static size_t change_payload(uint8_t *data, size_t size, size_t capacity, uint32_t *seed) {
    frame_span in = {0, 0, size};
    bool framed = some_frame(data, size, seed, &in);
    size_t changed = size;
    switch (below(seed, 4)) {
    case 0: changed = remove_part(data, size, in, seed); break;
    case 1: changed = repeat_part(data, size, capacity, in, seed); break;
    default: changed = insert_opcode(data, size, capacity, in, seed); break;
    }
    if (framed && below(seed, 8) > 0) {
        put_length(data + in.header, in.end - in.payload + changed - size);
    }
    return changed;
}

size_t fuzz_mutate(uint8_t *data, size_t size, size_t capacity, uint32_t seed) {
    if (size == 0) {
        return insert_frame(data, size, capacity, &seed);
    }
    switch (next(&seed) % 8) {
    case 0: return mend_header(data, size, &seed);
    case 1: return lie_in_header(data, size, &seed);
    case 2:
    case 3: return insert_frame(data, size, capacity, &seed);
    default: return change_payload(data, size, capacity, &seed);
    }
}

/* A blind mutation as often as a knowing one, of all bytes or of the last payload, whose header then mostly fits. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed) {
    uint32_t choice = seed;
    frame_span in;
    if (LLVMFuzzerMutate == NULL || below(&choice, 2) == 0) {
        return fuzz_mutate(data, size, capacity, choice);
    }
    if (below(&choice, 2) == 0 || !some_frame(data, size, &choice, &in) || in.end != size || capacity == in.payload) {
        return LLVMFuzzerMutate(data, size, capacity);
    }
    size = in.payload + LLVMFuzzerMutate(data + in.payload, size - in.payload, capacity - in.payload);
    if (below(&choice, 8) > 0) {
        put_length(data + in.header, size - in.payload);
    }
    return size;
}

/* ---- AFL++: the same, as a shared library in AFL_CUSTOM_MUTATOR_LIBRARY ---- */

typedef struct afl_mutator {
    uint8_t *buffer;
    size_t capacity;
    uint32_t seed;
} afl_mutator;

void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(
    void *data, uint8_t *input, size_t size, uint8_t **output, uint8_t *other, size_t other_size, size_t capacity);
void afl_custom_deinit(void *data);

void *afl_custom_init(void *afl, unsigned seed) {
    (void)afl;
    afl_mutator *own = calloc(1, sizeof *own);
    if (own != NULL) {
        own->seed = seed;
    }
    return own;
}

size_t afl_custom_fuzz(
    void *data, uint8_t *input, size_t size, uint8_t **output, uint8_t *other, size_t other_size, size_t capacity) {
    afl_mutator *own = data;
    (void)other;
    (void)other_size;
    if (own->capacity < capacity) {
        uint8_t *larger = realloc(own->buffer, capacity);
        if (larger == NULL) {
            *output = input;
            return size;
        }
        own->buffer = larger;
        own->capacity = capacity;
    }
    size = size < capacity ? size : capacity;
    memcpy(own->buffer, input, size);
    *output = own->buffer;
    for (uint32_t times = 1 + below(&own->seed, 5); times > 0; times--) { /* AFL++ does not repeat it */
        size = fuzz_mutate(own->buffer, size, capacity, next(&own->seed));
    }
    return size;
}

void afl_custom_deinit(void *data) {
    afl_mutator *own = data;
    free(own->buffer);
    free(own);
}
