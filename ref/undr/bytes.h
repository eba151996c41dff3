/* bytes.h: slices, a bounds-checked cursor that reads, and a buffer that grows.
 *
 * The only place in the library that turns bytes into integers and back. */
#ifndef UNDR_BYTES_H
#define UNDR_BYTES_H

#include "undr/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

UNDR_API_BEGIN

/* Borrowed bytes: the maker of the slice says how long they live. data may be NULL when size is 0. */
typedef struct undr_slice {
    const uint8_t *data;
    size_t size;
} undr_slice;

static inline undr_slice undr_slice_of(const void *data, size_t size) {
    undr_slice slice = {(const uint8_t *)data, size}; /* C++ reads this, too: no compound literal */
    return slice;
}

undr_slice undr_slice_text(const char *text); /* without the final NUL */
bool undr_slice_equal(undr_slice a, undr_slice b);

/* A cursor over borrowed bytes. Each read either takes everything it names and moves, or returns false and stays. */
typedef struct undr_cursor {
    undr_slice bytes;
    size_t offset; /* of the next byte, <= bytes.size */
} undr_cursor;

undr_cursor undr_cursor_over(undr_slice bytes);
size_t undr_cursor_left(const undr_cursor *cursor);
static inline bool undr_read_u8(undr_cursor *cursor, uint8_t *value) { /* once for each opcode of a pickle */
    if (cursor->offset == cursor->bytes.size) {
        return false;
    }
    *value = cursor->bytes.data[cursor->offset++];
    return true;
}
bool undr_read_u16le(undr_cursor *cursor, uint16_t *value);
static inline bool undr_read_u32le(undr_cursor *cursor, uint32_t *value) { /* likewise often */
    if (cursor->bytes.size - cursor->offset < sizeof *value) {
        return false;
    }
    const uint8_t *from = cursor->bytes.data + cursor->offset;
    *value = (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
    cursor->offset += sizeof *value;
    return true;
}
bool undr_read_u64le(undr_cursor *cursor, uint64_t *value);
bool undr_read_f64be(undr_cursor *cursor, double *value);
bool undr_read_slice(undr_cursor *cursor, uint64_t size, undr_slice *slice); /* borrows from the cursor's bytes */
bool undr_read_line(undr_cursor *cursor, undr_slice *line); /* up to and past '\n', which is left out */

/* Owned bytes that grow. Zero-initialise ({0}); undr_buffer_free when done; a failed append leaves it as it was. */
typedef struct undr_buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
} undr_buffer;

void undr_buffer_free(undr_buffer *buffer); /* and back to {0} */
undr_slice undr_buffer_slice(const undr_buffer *buffer);
UNDR_MUST_USE undr_error undr_buffer_reserve(undr_buffer *buffer, size_t more);  /* room for `more` bytes after size */
UNDR_MUST_USE undr_error undr_buffer_grow(undr_buffer *buffer, size_t capacity); /* to exactly this, never smaller */
UNDR_MUST_USE undr_error undr_put_bytes(undr_buffer *buffer, const void *data, size_t size);
UNDR_MUST_USE undr_error undr_put_slice(undr_buffer *buffer, undr_slice slice);
UNDR_MUST_USE undr_error undr_put_text(undr_buffer *buffer, const char *text);
UNDR_MUST_USE undr_error undr_put_format(undr_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* no final NUL is counted */
UNDR_MUST_USE undr_error undr_put_u8(undr_buffer *buffer, uint8_t value);
UNDR_MUST_USE undr_error undr_put_u16le(undr_buffer *buffer, uint16_t value);
UNDR_MUST_USE undr_error undr_put_u32le(undr_buffer *buffer, uint32_t value);
UNDR_MUST_USE undr_error undr_put_u64le(undr_buffer *buffer, uint64_t value);
UNDR_MUST_USE undr_error undr_put_f64be(undr_buffer *buffer, double value);

UNDR_API_END

#endif
