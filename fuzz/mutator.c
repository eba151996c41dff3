/* mutator.c: the custom mutator, for libFuzzer (LLVMFuzzerCustomMutator) and for AFL++ (afl_custom_...).
 *
 * An engine that only flips bits seldom gets past a 9-byte header, an opcode's length, or an op's argument. */
#include "mutator.h"

#include <stdlib.h>
#include <string.h>

/* One libFuzzer mutation; absent where the engine is AFL++. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed);

uint32_t mutation_below(mutation *m, size_t limit) {
    m->seed = m->seed * 1664525 + 1013904223;
    return limit == 0 ? 0 : (m->seed >> 8) % (uint32_t)limit;
}

bool mutation_insert(mutation *m, size_t at, const void *bytes, size_t count) {
    if (count > m->capacity - m->size || at > m->size) {
        return false;
    }
    memmove(m->data + at + count, m->data + at, m->size - at);
    memcpy(m->data + at, bytes, count);
    m->size += count;
    return true;
}

void mutation_remove(mutation *m, size_t at, size_t count) {
    if (at < m->size) {
        count = count < m->size - at ? count : m->size - at;
        memmove(m->data + at, m->data + at + count, m->size - at - count);
        m->size -= count;
    }
}

bool mutation_copy(mutation *m, size_t from, size_t count, size_t to) {
    uint8_t part[256];
    if (from > m->size) {
        return false;
    }
    count = count < m->size - from ? count : m->size - from;
    count = count < sizeof part ? count : sizeof part;
    memcpy(part, m->data + from, count);
    return mutation_insert(m, to, part, count);
}

/* A blind mutation as often as a knowing one. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed) {
    mutation m = {data, size, capacity, seed};
    if (LLVMFuzzerMutate == NULL || mutation_below(&m, 2) == 0) {
        fuzz_mutate(&m);
        return m.size;
    }
    size_t from = fuzz_blind_part(&m);
    m.size = from + LLVMFuzzerMutate(data + from, size - from, capacity - from);
    fuzz_mend(&m, from);
    return m.size;
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
    mutation m = {own->buffer, size < capacity ? size : capacity, capacity, own->seed};
    memcpy(own->buffer, input, m.size);
    *output = own->buffer;
    for (uint32_t times = 1 + mutation_below(&m, 5); times > 0; times--) { /* AFL++ does not repeat it */
        fuzz_mutate(&m);
    }
    own->seed = m.seed;
    return m.size;
}

void afl_custom_deinit(void *data) {
    afl_mutator *own = data;
    free(own->buffer);
    free(own);
}
