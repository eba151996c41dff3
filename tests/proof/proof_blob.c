/* proof_blob.c: a blob's bytes live as long as somebody holds a share, and not longer; whoever takes them over owns
 * them alone.
 *
 * Bounds: up to 3 shares, released in any number before the bytes are taken over; up to 4 bytes; each allocation may
 * fail. Threads are not looked at: TSan does that. */
#include "proof.h"

#include "base/blob.h"

enum { MOST_SHARES = 3, MOST_BYTES = 4 };

static undr_buffer some_bytes(void) {
    undr_buffer buffer = {0};
    uint8_t bytes[MOST_BYTES] = {1, 2, 3, 4};
    (void)undr_put_bytes(&buffer, bytes, any_size_to(MOST_BYTES)); /* no memory: it stays empty */
    return buffer;
}

int main(void) {
    undr_buffer buffer = some_bytes();
    undr_buffer before = buffer;
    undr_blob *blob = undr_blob_new(&buffer);
    if (blob == NULL) {
        assert(buffer.data == before.data && buffer.size == before.size);
        undr_buffer_free(&buffer);
        return 0;
    }
    assert(buffer.data == NULL && undr_blob_slice(blob).data == before.data);
    size_t shares = 1 + any_size_to(MOST_SHARES - 1);
    for (size_t count = 1; count < shares; count++) {
        assert(undr_blob_share(blob) == blob);
    }
    size_t released = any_size_to(shares - 1);
    for (size_t count = 0; count < released; count++) {
        undr_blob_release(blob);
    }
    assert(undr_blob_slice(blob).size == before.size);
    assert(before.size == 0 || undr_blob_slice(blob).data[0] == 1);
    bool alone = released == shares - 1;
    assert(undr_blob_take(blob, &buffer) == alone);
    assert(undr_blob_slice(blob).size == (alone ? 0 : before.size));
    for (size_t count = released; count < shares; count++) {
        undr_blob_release(blob);
    }
    assert(!alone || (buffer.data == before.data && buffer.size == before.size));
    undr_buffer_free(&buffer);
    return 0;
}
