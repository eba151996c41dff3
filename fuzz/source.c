/* source.c: the source of decisions that targets and mutators share. */
#include "fuzz.h"

fuzz_source fuzz_source_over(const uint8_t *data, size_t size) {
    return (fuzz_source){undr_slice_of(data, size)};
}

undr_slice fuzz_take_bytes(fuzz_source *source, size_t size) {
    undr_slice taken = source->left;
    taken.size = size < taken.size ? size : taken.size;
    source->left.data = taken.size == 0 ? source->left.data : source->left.data + taken.size;
    source->left.size -= taken.size;
    return taken;
}

undr_slice fuzz_take_rest(fuzz_source *source) {
    return fuzz_take_bytes(source, source->left.size);
}

uint8_t fuzz_take_u8(fuzz_source *source) {
    undr_slice one = fuzz_take_bytes(source, 1);
    return one.size == 1 ? one.data[0] : 0;
}

uint32_t fuzz_take_below(fuzz_source *source, uint32_t limit) {
    uint32_t number = fuzz_take_u8(source);
    if (limit > 256) {
        number = number << 8 | fuzz_take_u8(source);
    }
    return number % limit;
}
