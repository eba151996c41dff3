/* bytes.c: slices, the bounds-checked cursor and the growing buffer. Integers become bytes, and bytes integers,
 * nowhere else. */
#include "undr/bytes.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

undr_slice undr_slice_text(const char *text) {
    return undr_slice_of(text, strlen(text));
}

bool undr_slice_equal(undr_slice a, undr_slice b) {
    /* An empty slice may have no address, which memcmp must not see. */
    return a.size == b.size && (a.size == 0 || a.data == b.data || memcmp(a.data, b.data, a.size) == 0);
}

undr_cursor undr_cursor_over(undr_slice bytes) {
    return (undr_cursor){.bytes = bytes, .offset = 0};
}

size_t undr_cursor_left(const undr_cursor *cursor) {
    return cursor->bytes.size - cursor->offset;
}

/* Little-endian, `size` <= 8 bytes. */
static inline bool read_little_endian(undr_cursor *cursor, size_t size, uint64_t *value) {
    if (undr_cursor_left(cursor) < size) {
        return false;
    }
    uint64_t number = 0;
    memcpy(&number, cursor->bytes.data + cursor->offset, size); /* the size is constant: one instruction */
    cursor->offset += size;
    *value = le64toh(number);
    return true;
}

bool undr_read_u16le(undr_cursor *cursor, uint16_t *value) {
    uint64_t wide = 0;
    if (!read_little_endian(cursor, sizeof *value, &wide)) {
        return false;
    }
    *value = (uint16_t)wide;
    return true;
}

bool undr_read_u64le(undr_cursor *cursor, uint64_t *value) {
    return read_little_endian(cursor, sizeof *value, value);
}

bool undr_read_f64be(undr_cursor *cursor, double *value) {
    undr_slice bytes;
    if (!undr_read_slice(cursor, sizeof *value, &bytes)) {
        return false;
    }
    uint64_t bits = 0;
    memcpy(&bits, bytes.data, sizeof bits);
    bits = be64toh(bits);
    memcpy(value, &bits, sizeof *value); /* CPython's BINFLOAT is an IEEE 754 double; so is ours */
    return true;
}

bool undr_read_slice(undr_cursor *cursor, uint64_t size, undr_slice *slice) {
    if (size > undr_cursor_left(cursor)) {
        return false;
    }
    *slice = undr_slice_of(size == 0 ? NULL : cursor->bytes.data + cursor->offset, (size_t)size);
    cursor->offset += (size_t)size;
    return true;
}

bool undr_read_line(undr_cursor *cursor, undr_slice *line) {
    const size_t left = undr_cursor_left(cursor);
    if (left == 0) {
        return false;
    }
    const uint8_t *start = cursor->bytes.data + cursor->offset;
    const uint8_t *end = memchr(start, '\n', left);
    if (end == NULL) {
        return false;
    }
    *line = undr_slice_of(start, (size_t)(end - start));
    cursor->offset += line->size + 1;
    return true;
}

void undr_buffer_free(undr_buffer *buffer) {
    free(buffer->data);
    *buffer = (undr_buffer){0};
}

undr_slice undr_buffer_slice(const undr_buffer *buffer) {
    return undr_slice_of(buffer->data, buffer->size);
}

static undr_error resize(undr_buffer *buffer, size_t capacity) {
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        return UNDR_MEMORY;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return UNDR_OK;
}

undr_error undr_buffer_grow(undr_buffer *buffer, size_t capacity) {
    return capacity <= buffer->capacity ? UNDR_OK : resize(buffer, capacity);
}

/* Doubles each time, so that appending takes constant time on average. A build for tests that fail each allocation, or
 * look for overruns, takes only what is needed, so that each append is an allocation. */
static size_t next_capacity(size_t capacity, size_t needed) {
#ifdef UNDR_EXACT_MEMORY
    (void)capacity;
    return needed;
#else
    const size_t doubled = capacity < 32 ? 64 : capacity * 2; /* <= SIZE_MAX: capacity <= SIZE_MAX / 2 */
    return doubled < needed ? needed : doubled;
#endif
}

undr_error undr_buffer_reserve(undr_buffer *buffer, size_t more) {
    if (more <= buffer->capacity - buffer->size) {
        return UNDR_OK;
    }
    if (more > SIZE_MAX / 2 - buffer->size) {
        return UNDR_MEMORY;
    }
    return resize(buffer, next_capacity(buffer->capacity, buffer->size + more));
}

undr_error undr_put_bytes(undr_buffer *buffer, const void *data, size_t size) {
    if (size == 0) {
        return UNDR_OK;
    }
    const undr_error error = undr_buffer_reserve(buffer, size);
    if (error != UNDR_OK) {
        return error;
    }
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return UNDR_OK;
}

undr_error undr_put_slice(undr_buffer *buffer, undr_slice slice) {
    return undr_put_bytes(buffer, slice.data, slice.size);
}

undr_error undr_put_text(undr_buffer *buffer, const char *text) {
    return undr_put_bytes(buffer, text, strlen(text));
}

undr_error undr_put_format(undr_buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    /* unreachable: formats and locale are this library's own, none of which makes vsnprintf fail */
    undr_error error = length < 0 ? UNDR_ARGUMENT : undr_buffer_reserve(buffer, (size_t)length + 1);
    if (error == UNDR_OK) {
        (void)vsnprintf((char *)buffer->data + buffer->size, (size_t)length + 1, format, again);
        buffer->size += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
    return error;
}

/* Little-endian, `size` <= 8 bytes. */
static undr_error put_little_endian(undr_buffer *buffer, uint64_t value, size_t size) {
    uint8_t bytes[8];
    for (size_t index = 0; index < size; ++index) {
        bytes[index] = (uint8_t)(value >> (8 * index));
    }
    return undr_put_bytes(buffer, bytes, size);
}

undr_error undr_put_u8(undr_buffer *buffer, uint8_t value) {
    return put_little_endian(buffer, value, sizeof value);
}

undr_error undr_put_u16le(undr_buffer *buffer, uint16_t value) {
    return put_little_endian(buffer, value, sizeof value);
}

undr_error undr_put_u32le(undr_buffer *buffer, uint32_t value) {
    return put_little_endian(buffer, value, sizeof value);
}

undr_error undr_put_u64le(undr_buffer *buffer, uint64_t value) {
    return put_little_endian(buffer, value, sizeof value);
}

undr_error undr_put_f64be(undr_buffer *buffer, double value) {
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    bits = htobe64(bits);
    return undr_put_bytes(buffer, &bits, sizeof bits);
}
