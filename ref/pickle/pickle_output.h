/* pickle_output.h: what the pickle writer writes with: opcodes, frames, the memo; for the writer's own files. */
#ifndef UNDR_PICKLE_OUTPUT_H
#define UNDR_PICKLE_OUTPUT_H

#include "base/map.h"
#include "undr/pickle.h"

/* What was written under a text of its own: names of classes and of attributes, which CPython keeps once each, and
 * classes. */
typedef struct undr_named {
    struct undr_named *next; /* of the same hash */
    undr_slice module, name; /* module.data NULL: a str, not a class; borrowed from the value */
    uint64_t index;          /* in the memo */
} undr_named;

typedef struct undr_output {
    undr_buffer *buffer;
    undr_pieces *pieces; /* whose bytes are the buffer, when large ones are borrowed; NULL: all is copied */
    int protocol;
    bool framing; /* protocol 4 and up, except around what is too large for a frame */
    bool in_frame;
    size_t frame_start;  /* of its header, in the buffer */
    undr_map memo;       /* address of a value -> index + 1 */
    uint64_t memo_count; /* indexes given, also to what has no address */
    undr_map named;
    undr_hash_key hash_key; /* of those, once there is one */
    undr_arena arena;       /* of the named */
} undr_output;

void undr_output_free(undr_output *output);

UNDR_MUST_USE undr_error undr_output_begin(undr_output *output); /* PROTO */
UNDR_MUST_USE undr_error undr_output_end(undr_output *output);   /* STOP */
void undr_output_boundary(undr_output *output);                  /* before each value: a full frame ends here */
UNDR_MUST_USE undr_error undr_output_raw(undr_output *output, const void *data, size_t size);
UNDR_MUST_USE undr_error undr_output_opcode(undr_output *output, uint8_t opcode);
/* The opcode, the size in as many bytes as that opcode takes, and the bytes. */
typedef struct undr_sized_opcodes {
    uint8_t one, four, eight; /* for sizes below 2^8, 2^32, 2^64; 0: this protocol has none */
} undr_sized_opcodes;
UNDR_MUST_USE undr_error undr_output_sized(undr_output *output, undr_sized_opcodes opcodes, undr_slice bytes);

/* Gives what is on the stack the next index of the memo. address NULL: nobody will ask for it. */
UNDR_MUST_USE undr_error undr_output_memoize(undr_output *output, const void *address);
bool undr_output_is_known(undr_output *output, const void *address);
UNDR_MUST_USE undr_error undr_output_recall(undr_output *output, const void *address);

/* The same for what is known by its text. */
const undr_named *undr_output_find_named(undr_output *output, undr_slice module, undr_slice name);
UNDR_MUST_USE undr_error undr_output_memoize_named(
    undr_output *output, const void *address, undr_slice module, undr_slice name);
UNDR_MUST_USE undr_error undr_output_recall_index(undr_output *output, uint64_t index);

#endif
