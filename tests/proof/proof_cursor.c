/* proof_cursor.c: each read of a cursor takes all of what it names and moves, or returns false and stays.
 *
 * Bounds: up to 12 bytes of any content, the cursor at any offset, one read of any kind, slices of any 64-bit size. */
#include "proof.h"

#include "undr/bytes.h"

enum { MOST_BYTES = 12 };

/* One read. *size: how many bytes it takes when it succeeds. */
static bool read_any(undr_cursor *cursor, size_t *size) {
    switch (nondet_unsigned() % 7) {
    case 0: {
        uint8_t value;
        *size = 1;
        return undr_read_u8(cursor, &value);
    }
    case 1: {
        uint16_t value;
        *size = 2;
        return undr_read_u16le(cursor, &value);
    }
    case 2: {
        uint32_t value;
        *size = 4;
        return undr_read_u32le(cursor, &value);
    }
    case 3: {
        uint64_t value;
        *size = 8;
        return undr_read_u64le(cursor, &value);
    }
    case 4: {
        double value;
        *size = 8;
        return undr_read_f64be(cursor, &value);
    }
    case 5: {
        undr_slice slice = {0};
        uint64_t wanted = nondet_u64();
        bool took = undr_read_slice(cursor, wanted, &slice);
        assert(took == (wanted <= undr_cursor_left(cursor) + (took ? wanted : 0)));
        assert(!took || slice.size == wanted);
        *size = slice.size;
        return took;
    }
    default: {
        undr_slice line = {0};
        const uint8_t *start = cursor->bytes.data + cursor->offset;
        bool took = undr_read_line(cursor, &line);
        assert(!took || (line.data == start && line.data[line.size] == '\n'));
        *size = line.size + 1;
        return took;
    }
    }
}

/* The little-endian numbers are what their bytes say. */
static void check_numbers(const uint8_t *bytes, size_t size) {
    undr_cursor narrow = undr_cursor_over(undr_slice_of(bytes, size));
    undr_cursor wide = narrow;
    uint32_t low;
    uint64_t all;
    if (undr_read_u64le(&wide, &all)) {
        assert(undr_read_u32le(&narrow, &low));
        assert(low == (uint32_t)all && (uint8_t)all == bytes[0] && (uint8_t)(all >> 56) == bytes[7]);
    }
}

int main(void) {
    size_t size = any_size_to(MOST_BYTES);
    uint8_t *bytes = any_bytes(size);
    undr_cursor cursor = undr_cursor_over(undr_slice_of(bytes, size));
    cursor.offset = any_size_to(size);
    size_t before = cursor.offset;
    size_t taken = 0;
    bool took = read_any(&cursor, &taken);
    assert(cursor.offset == before + (took ? taken : 0));
    assert(cursor.offset <= cursor.bytes.size);
    assert(cursor.bytes.data == bytes && cursor.bytes.size == size);
    check_numbers(bytes, size);
    free(bytes);
    return 0;
}
