/* blob.h: bytes with several owners that nobody changes, so that a large payload is never copied: the connection that
 * received it, a queue or the inbox, and the connection that it is written to. Private to ref/. */
#ifndef UNDR_BLOB_H
#define UNDR_BLOB_H

#include "undr/bytes.h"

typedef struct undr_blob undr_blob;

/* Takes the buffer's memory over, which is {0} then. NULL: out of memory, the buffer is as it was. One share. */
undr_blob *undr_blob_new(undr_buffer *buffer);

/* Shares may be taken and released by any thread. The bytes live as long as one is held. */
undr_blob *undr_blob_share(undr_blob *blob);
void undr_blob_release(undr_blob *blob); /* NULL is fine */
undr_slice undr_blob_slice(const undr_blob *blob);

/* Moves the bytes to *buffer, whose old content is dropped, when there is one share only; the blob, still to be
 * released, is empty then. False: there are more. */
bool undr_blob_take(undr_blob *blob, undr_buffer *buffer);

#endif
