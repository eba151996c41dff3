/* proof_buffer.c: an append to a buffer succeeds whole, or fails and leaves the buffer as it was.
 *
 * Bounds: three appends of up to 40 bytes each (the first allocation holds 64), each allocation may fail; one
 * reservation of any 64-bit size. */
#include "proof.h"

#include "undr/bytes.h"

enum { MOST_BYTES = 40, APPENDS = 3 };

/* Byte number `watched` of the buffer's content keeps its value for ever. */
static void append(undr_buffer *buffer, const uint8_t *bytes, size_t watched) {
    undr_buffer before = *buffer;
    uint8_t kept = watched < before.size ? before.data[watched] : 0;
    size_t size = any_size_to(MOST_BYTES);
    undr_error error = undr_put_bytes(buffer, bytes, size);
    assert(error == UNDR_OK || error == UNDR_MEMORY);
    assert(buffer->size == before.size + (error == UNDR_OK ? size : 0));
    assert(buffer->size <= buffer->capacity);
    assert(error == UNDR_OK || (buffer->data == before.data && buffer->capacity == before.capacity));
    if (watched < before.size) {
        assert(buffer->data[watched] == kept);
    } else if (watched < buffer->size) {
        assert(buffer->data[watched] == bytes[watched - before.size]);
    }
}

int main(void) {
    uint8_t *bytes = any_bytes(MOST_BYTES);
    undr_buffer buffer = {0};
    size_t watched = nondet_size();
    for (int count = 0; count < APPENDS; count++) {
        append(&buffer, bytes, watched);
    }
    size_t more = nondet_size();
    if (undr_buffer_reserve(&buffer, more) == UNDR_OK) {
        assert(more <= buffer.capacity - buffer.size);
    }
    undr_buffer_free(&buffer);
    assert(buffer.data == NULL && buffer.size == 0 && buffer.capacity == 0);
    free(bytes);
    return 0;
}
