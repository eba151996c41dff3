/* pickle_reader.h: the reader's machine - stack, marks, memo - and its opcodes, for the reader's own files.
 *
 * pickle_read.c the loop and the table of opcodes; pickle_reader.c the machine; pickle_scalar.c numbers and text;
 * pickle_container.c lists, tuples, dicts, sets; pickle_key.c keys of dicts and sets; pickle_object.c classes and
 * objects; pickle_call.c the few calls that make plain values. */
#ifndef UNDR_PICKLE_READER_H
#define UNDR_PICKLE_READER_H

#include "base/hash.h"
#include "base/map.h"
#include "pickle/number.h"
#include "undr/pickle.h"

/* The stack, the marks and the memo have room for this many items without an allocation; then the size of the first
 * allocation. */
enum { UNDR_READER_ROOM = 32, UNDR_READER_FIRST = 1024 };

enum { UNDR_STEP_BYTES = 64 }; /* bytes that count as one step of work */

typedef struct undr_reader {
    undr_cursor cursor; /* after the opcode that is being obeyed */
    undr_pickle_limits limits;
    undr_arena *arena; /* the values; everything else here is freed at the end */
    undr_value **stack;
    size_t stack_count, stack_capacity;
    size_t *marks; /* each the height of the stack when the mark was set */
    size_t mark_count, mark_capacity;
    undr_value **memo; /* the entries 0, 1, 2, ... as far as they came in this order, which is how picklers number */
    size_t memo_count, memo_capacity;
    undr_map sparse; /* all that came after one that did not */
    size_t nodes;
    uint64_t work;    /* steps left, in proportion to the input: ends what chosen keys and copies would prolong */
    uint8_t protocol; /* the last PROTO, 0 before */
    bool tangled;     /* the heights of the values may be too small, or one is above the limit */
    undr_value *none, *bools[2]; /* one of each is enough */
    undr_value *result;          /* not NULL: STOP came */
    bool in_place;               /* text and bytes are borrowed from the input */
    bool has_hash_key;
    undr_hash_key hash_key; /* of keys, once there is one to hash */
    undr_value *stack_room[UNDR_READER_ROOM], *memo_room[UNDR_READER_ROOM];
    size_t mark_room[UNDR_READER_ROOM];
} undr_reader;

/* The machine. What each opcode needs is inline here: it costs no call. */
UNDR_MUST_USE undr_error undr_reader_grow_stack(undr_reader *reader);

UNDR_MUST_USE static inline undr_error undr_reader_push(undr_reader *reader, undr_value *value) {
    if (reader->stack_count == reader->stack_capacity) {
        const undr_error error = undr_reader_grow_stack(reader);
        if (error != UNDR_OK) {
            return error;
        }
    }
    reader->stack[reader->stack_count++] = value;
    return UNDR_OK;
}

/* Counted against the limit. */
UNDR_MUST_USE static inline undr_error undr_reader_push_new(undr_reader *reader, undr_value *value) {
    if (reader->nodes == reader->limits.nodes) {
        return UNDR_LIMIT_NODES;
    }
    ++reader->nodes;
    return undr_reader_push(reader, value);
}

UNDR_MUST_USE undr_error undr_reader_pop(undr_reader *reader, undr_value **value);
UNDR_MUST_USE undr_error undr_reader_pop_mark(undr_reader *reader, size_t *height);
/* Are there `count` values above the last mark? Those below it belong to what was begun before it. */
static inline bool undr_reader_has(const undr_reader *reader, size_t count) {
    const size_t fence = reader->mark_count == 0 ? 0 : reader->marks[reader->mark_count - 1];
    return reader->stack_count - fence >= count;
}

UNDR_MUST_USE static inline undr_error undr_reader_spend(undr_reader *reader, uint64_t steps) {
    if (reader->work < steps) {
        return UNDR_LIMIT_NODES;
    }
    reader->work -= steps;
    return UNDR_OK;
}

/* For bytes that are copied, compared or looked at once more. */
UNDR_MUST_USE static inline undr_error undr_reader_spend_bytes(undr_reader *reader, size_t bytes) {
    return undr_reader_spend(reader, bytes / UNDR_STEP_BYTES);
}

/* For an int of `size` characters: each group of digits is multiplied into all groups before it. */
UNDR_MUST_USE static inline undr_error undr_reader_spend_digits(undr_reader *reader, size_t digits) {
    const size_t most = digits < UNDR_MAXIMUM_DIGITS ? digits : UNDR_MAXIMUM_DIGITS; /* of more none is converted */
    return undr_reader_spend(reader, (uint64_t)most * most / 128);
}

UNDR_MUST_USE static inline undr_error undr_reader_read(undr_reader *reader, uint64_t size, undr_slice *bytes) {
    undr_cursor *cursor = &reader->cursor;
    if (size > cursor->bytes.size - cursor->offset) {
        return UNDR_PICKLE_TRUNCATED;
    }
    *bytes = undr_slice_of(cursor->bytes.data + cursor->offset, (size_t)size);
    cursor->offset += (size_t)size;
    return UNDR_OK;
}

UNDR_MUST_USE undr_error undr_reader_line(undr_reader *reader, undr_slice *line);
void undr_reader_begin(undr_reader *reader, undr_slice input, undr_arena *arena);
void undr_reader_free(undr_reader *reader);
/* More capacity, in the end twice, for stack, marks or memo, which begin in `room`. NULL: out of memory, all is as it
 * was. */
void *undr_reader_grow(void *items, const void *room, size_t *capacity, size_t item_size);

/* To be told of all that a value comes to hold, so that the depth of the whole is known without a walk. A height is a
 * bound as long as nothing grows in height that another value holds already; what does is rare, and walked over. */
static inline void undr_reader_hold(undr_reader *reader, undr_value *holder, undr_value *item) {
    const uint32_t height = (uint32_t)item->height + 1;
    item->held = 1;
    if (height > holder->height) {
        reader->tangled = reader->tangled || holder->held || height > reader->limits.depth;
        holder->height = height & INT32_MAX; /* 2^31 levels would take 64 GiB */
    }
}

/* Items of the holder that grow; their room follows from their count, see pickle_container.c. */
UNDR_MUST_USE undr_error undr_reader_extend(
    undr_reader *reader, undr_value *holder, undr_items *items, undr_value *const *more, size_t count);
UNDR_MUST_USE undr_error undr_reader_tuple(
    undr_reader *reader, undr_value *const *items, size_t count, undr_value **value);
UNDR_MUST_USE undr_error undr_reader_collect(
    undr_reader *reader, undr_kind kind, undr_value *const *items, size_t count, undr_value **value);
/* A dict of pairs, a set of elements: as CPython does, a key that is already there stays, its value is replaced. */
UNDR_MUST_USE undr_error undr_reader_insert(
    undr_reader *reader, undr_value *container, undr_value *const *items, size_t count);
UNDR_MUST_USE undr_error undr_reader_keyed(
    undr_reader *reader, undr_kind kind, undr_value *const *items, size_t count, undr_value **value);

/* Text. */
UNDR_MUST_USE undr_error undr_check_utf8(undr_slice text, bool surrogates);
/* The str's characters as one byte each; PICKLE_TEXT when one does not fit. */
UNDR_MUST_USE undr_error undr_reader_latin1(undr_reader *reader, undr_slice text, undr_slice *bytes);

/* Classes and calls. */
UNDR_MUST_USE undr_error undr_reader_class(undr_reader *reader, undr_slice module, undr_slice name, undr_value **value);
UNDR_MUST_USE undr_error undr_reader_object(undr_reader *reader, const undr_object *object, undr_value **value);
/* What the call of a class by its arguments gives: a plain value when it is one of the known callables, else an
 * inert object. */
UNDR_MUST_USE undr_error undr_reader_call(
    undr_reader *reader, undr_value *callable, undr_value *args, undr_value **value);

/* The opcodes; `argument` distinguishes those that share a function. */
typedef undr_error undr_opcode_function(undr_reader *reader, unsigned argument);
undr_opcode_function undr_op_int_text, undr_op_int, undr_op_long, undr_op_float_text, undr_op_float;
undr_opcode_function undr_op_string_text, undr_op_string, undr_op_unicode_text, undr_op_unicode, undr_op_bytes,
    undr_op_bytearray;
undr_opcode_function undr_op_empty, undr_op_collect, undr_op_tuple, undr_op_append, undr_op_setitem, undr_op_additems;
undr_opcode_function undr_op_global, undr_op_stack_global, undr_op_reduce, undr_op_build, undr_op_inst, undr_op_obj,
    undr_op_newobj;
undr_opcode_function undr_op_get_text, undr_op_get, undr_op_put_text, undr_op_put, undr_op_memoize;

#endif
