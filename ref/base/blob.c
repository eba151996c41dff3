/* blob.c: bytes with a count of their owners. */
#include "base/blob.h"

#include <stdatomic.h>
#include <stdlib.h>

struct undr_blob {
    atomic_size_t shares;
    undr_buffer buffer;
};

undr_blob *undr_blob_new(undr_buffer *buffer) {
    undr_blob *blob = malloc(sizeof *blob);
    if (blob == NULL) {
        return NULL;
    }
    atomic_init(&blob->shares, 1);
    blob->buffer = *buffer;
    *buffer = (undr_buffer){0};
    return blob;
}

undr_blob *undr_blob_share(undr_blob *blob) {
    (void)atomic_fetch_add(&blob->shares, 1);
    return blob;
}

void undr_blob_release(undr_blob *blob) {
    if (blob != NULL && atomic_fetch_sub(&blob->shares, 1) == 1) {
        undr_buffer_free(&blob->buffer);
        free(blob);
    }
}

undr_slice undr_blob_slice(const undr_blob *blob) {
    return undr_buffer_slice(&blob->buffer);
}

bool undr_blob_take(undr_blob *blob, undr_buffer *buffer) {
    if (atomic_load(&blob->shares) != 1) { /* every other holder can only release it */
        return false;
    }
    undr_buffer_free(buffer);
    *buffer = blob->buffer;
    blob->buffer = (undr_buffer){0};
    return true;
}
