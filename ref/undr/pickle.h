/* pickle.h: reads pickles of the protocols 0 to 5 and writes 2 to 5. Spec: "Payloads".
 *
 * The reader NEVER executes, imports or calls (SEC-1): REDUCE and BUILD make an inert object. Work and memory are
 * linear in the input: no length is believed beyond the bytes of the input. */
#ifndef UNDR_PICKLE_H
#define UNDR_PICKLE_H

#include "undr/value.h"

UNDR_API_BEGIN

typedef struct undr_pickle_limits {
    size_t depth; /* of nested values */
    size_t nodes; /* values made */
    size_t memo;  /* highest memo index + 1 */
    size_t bytes; /* of the arena */
    size_t steps; /* of work beyond the values: comparing keys, copying, reading long numbers. 0: see below */
} undr_pickle_limits;

/* depth 1,000, nodes 10 million, memo 10 million, bytes 1 GiB; never more than a constant times the input. Steps: 64
 * for each byte of the input, and 65,536. */
extern const undr_pickle_limits undr_pickle_default_limits;

/* Where, and at which opcode, reading failed. */
typedef struct undr_pickle_fault {
    size_t offset;  /* of the opcode, from the start of the input */
    uint8_t opcode; /* 0 when the input ended where one was expected */
} undr_pickle_fault;

/* Reads the one pickle at the start of input. Bytes after its STOP are ignored (CPython does so); *used, if not
 * NULL, says where it ended. The value and all that it holds live in arena (strings are copied: input may go).
 * limits NULL: the defaults. fault may be NULL; it is set whenever the result is not UNDR_OK. */
UNDR_MUST_USE undr_error undr_pickle_read(undr_slice input, const undr_pickle_limits *limits, undr_arena *arena,
    undr_value **value, size_t *used, undr_pickle_fault *fault);

/* The same without copying text and bytes: they stay in input, which must live as long as the arena (undr_arena_adopt)
 * and not change. */
UNDR_MUST_USE undr_error undr_pickle_read_in_place(undr_slice input, const undr_pickle_limits *limits,
    undr_arena *arena, undr_value **value, size_t *used, undr_pickle_fault *fault);

/* Would it be read? For a caller with little time: *budget says how many values and steps the reading may take, and
 * what it took is subtracted. UNDR_LIMIT_NODES and UNDR_LIMIT_BYTES: more, *budget is 0, nothing is known. */
UNDR_MUST_USE undr_error undr_pickle_check_within(undr_slice input, const undr_pickle_limits *limits, size_t *budget);

/* Did reading stop because the pickle holds more than this reader accepts (LIMIT_NODES, LIMIT_BYTES)? Then nothing is
 * wrong with it as far as it was read: a caller that need not look inside may pass it on as it is (FRAME-6). */
bool undr_pickle_is_too_large(undr_error error);

/* Appends a pickle of value in `protocol` 2..5 (4 is CPython's default), in the opcodes that CPython uses; values
 * that are shared or contain themselves go through the memo. UNDR_ARGUMENT for another protocol. */
UNDR_MUST_USE undr_error undr_pickle_write(const undr_value *value, int protocol, undr_buffer *buffer);

/* A pickle in pieces: text and bytes from 64 KiB up are not copied (protocols 4 and 5) but borrowed from the value,
 * which must live as long. {0} is empty; undr_pieces_free when done. */
typedef struct undr_piece {
    size_t offset; /* in front of which of `bytes` it belongs */
    undr_slice slice;
} undr_piece;

typedef struct undr_pieces {
    undr_buffer bytes;    /* all that is not borrowed */
    undr_piece *borrowed; /* in order */
    size_t count, capacity;
} undr_pieces;

void undr_pieces_clear(undr_pieces *pieces); /* keeps the memory */
void undr_pieces_free(undr_pieces *pieces);
uint64_t undr_pieces_size(const undr_pieces *pieces); /* of the whole, which may be more than memory holds */
/* Appends; on an error the pieces are cleared. */
UNDR_MUST_USE undr_error undr_pickle_write_pieces(const undr_value *value, int protocol, undr_pieces *pieces);

/* The pickles of None and of CloseRequest as CPython writes them; borrowed for ever. */
undr_slice undr_pickle_none(void);
undr_slice undr_pickle_close_request(void);

UNDR_API_END

#endif
