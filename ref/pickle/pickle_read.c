/* pickle_read.c: reads a pickle. One loop, one table: each opcode has a function that obeys it. */
#include "pickle/pickle_opcode.h"
#include "pickle/pickle_reader.h"
#include "pickle/value_walk.h"

#include <stdlib.h>

const undr_pickle_limits undr_pickle_default_limits = {
    .depth = UNDR_WALK_DEPTH, /* PAY-12 */
    .nodes = 10000000,
    .memo = 10000000,
    .bytes = (size_t)1 << 30,
};

/* What an input of n bytes may cost at most. The most that a byte of an honest pickle asks for is one value (`]`). */
enum { FREE_BYTES = 1 << 16, BYTES_PER_BYTE = 256, FREE_WORK = 1 << 16, WORK_PER_BYTE = 64 };

static undr_error op_proto(undr_reader *reader, unsigned argument) {
    (void)argument;
    uint8_t protocol = 0;
    if (!undr_read_u8(&reader->cursor, &protocol)) {
        return UNDR_PICKLE_TRUNCATED;
    }
    if (protocol > PICKLE_HIGHEST_PROTOCOL) {
        return UNDR_PICKLE_PROTOCOL;
    }
    reader->protocol = protocol;
    return UNDR_OK;
}

/* A frame says how many bytes can be read ahead. As in CPython's unpickler, they must be there; what is in them is
 * not looked at. */
static undr_error op_frame(undr_reader *reader, unsigned argument) {
    (void)argument;
    uint64_t size = 0;
    if (!undr_read_u64le(&reader->cursor, &size) || size > undr_cursor_left(&reader->cursor)) {
        return UNDR_PICKLE_TRUNCATED;
    }
    return UNDR_OK;
}

static undr_error op_stop(undr_reader *reader, unsigned argument) {
    (void)argument;
    return undr_reader_pop(reader, &reader->result);
}

static undr_error op_mark(undr_reader *reader, unsigned argument) {
    (void)argument;
    if (reader->mark_count == reader->mark_capacity) {
        void *marks = undr_reader_grow(reader->marks, reader->mark_room, &reader->mark_capacity, sizeof *reader->marks);
        if (marks == NULL) {
            return UNDR_MEMORY;
        }
        reader->marks = marks;
    }
    reader->marks[reader->mark_count++] = reader->stack_count;
    return UNDR_OK;
}

/* POP takes a mark when one is on top. */
static undr_error op_pop(undr_reader *reader, unsigned argument) {
    (void)argument;
    if (reader->mark_count > 0 && reader->marks[reader->mark_count - 1] == reader->stack_count) {
        --reader->mark_count;
        return UNDR_OK;
    }
    undr_value *value = NULL;
    return undr_reader_pop(reader, &value);
}

static undr_error op_pop_mark(undr_reader *reader, unsigned argument) {
    (void)argument;
    return undr_reader_pop_mark(reader, &reader->stack_count);
}

static undr_error op_dup(undr_reader *reader, unsigned argument) {
    (void)argument;
    if (!undr_reader_has(reader, 1)) {
        return UNDR_PICKLE_STACK;
    }
    return undr_reader_push(reader, reader->stack[reader->stack_count - 1]);
}

static undr_error op_none(undr_reader *reader, unsigned argument) {
    (void)argument;
    const undr_error error = reader->none != NULL ? UNDR_OK : undr_value_none(reader->arena, &reader->none);
    return error != UNDR_OK ? error : undr_reader_push_new(reader, reader->none);
}

static undr_error op_bool(undr_reader *reader, unsigned truth) {
    undr_value **value = &reader->bools[truth];
    const undr_error error = *value != NULL ? UNDR_OK : undr_value_bool(reader->arena, truth != 0, value);
    return error != UNDR_OK ? error : undr_reader_push_new(reader, *value);
}

/* Persistent ids, extension codes and out-of-band buffers mean what only the writer and its reader agreed on. */
static undr_error op_unsupported(undr_reader *reader, unsigned argument) {
    (void)reader;
    (void)argument;
    return UNDR_PICKLE_UNSUPPORTED;
}

typedef struct opcode_entry {
    undr_opcode_function *function; /* NULL: no opcode */
    unsigned argument;
} opcode_entry;

/* All of protocol 0 to 5 (PAY-3, PAY-5, PAY-6, PAY-11) but what section 6 of the specification lets all refuse. */
static const opcode_entry opcode_table[256] = {
    [OP_PROTO] = {op_proto, 0},
    [OP_FRAME] = {op_frame, 0},
    [OP_STOP] = {op_stop, 0},
    [OP_MARK] = {op_mark, 0},
    [OP_POP] = {op_pop, 0},
    [OP_POP_MARK] = {op_pop_mark, 0},
    [OP_DUP] = {op_dup, 0},

    [OP_NONE] = {op_none, 0},
    [OP_NEWTRUE] = {op_bool, true},
    [OP_NEWFALSE] = {op_bool, false},
    [OP_INT] = {undr_op_int_text, OP_INT},
    [OP_LONG] = {undr_op_int_text, OP_LONG},
    [OP_BININT] = {undr_op_int, 4},
    [OP_BININT1] = {undr_op_int, 1},
    [OP_BININT2] = {undr_op_int, 2},
    [OP_LONG1] = {undr_op_long, 1},
    [OP_LONG4] = {undr_op_long, 4},
    [OP_FLOAT] = {undr_op_float_text, 0},
    [OP_BINFLOAT] = {undr_op_float, 0},

    [OP_STRING] = {undr_op_string_text, 0},
    [OP_BINSTRING] = {undr_op_string, 4},
    [OP_SHORT_BINSTRING] = {undr_op_string, 1},
    [OP_UNICODE] = {undr_op_unicode_text, 0},
    [OP_BINUNICODE] = {undr_op_unicode, 4},
    [OP_SHORT_BINUNICODE] = {undr_op_unicode, 1},
    [OP_BINUNICODE8] = {undr_op_unicode, 8},
    [OP_BINBYTES] = {undr_op_bytes, 4},
    [OP_SHORT_BINBYTES] = {undr_op_bytes, 1},
    [OP_BINBYTES8] = {undr_op_bytes, 8},
    [OP_BYTEARRAY8] = {undr_op_bytearray, 8},

    [OP_EMPTY_LIST] = {undr_op_empty, UNDR_LIST},
    [OP_EMPTY_TUPLE] = {undr_op_empty, UNDR_TUPLE},
    [OP_EMPTY_DICT] = {undr_op_empty, UNDR_DICT},
    [OP_EMPTY_SET] = {undr_op_empty, UNDR_SET},
    [OP_LIST] = {undr_op_collect, UNDR_LIST},
    [OP_TUPLE] = {undr_op_collect, UNDR_TUPLE},
    [OP_DICT] = {undr_op_collect, UNDR_DICT},
    [OP_FROZENSET] = {undr_op_collect, UNDR_FROZENSET},
    [OP_TUPLE1] = {undr_op_tuple, 1},
    [OP_TUPLE2] = {undr_op_tuple, 2},
    [OP_TUPLE3] = {undr_op_tuple, 3},
    [OP_APPEND] = {undr_op_append, OP_APPEND},
    [OP_APPENDS] = {undr_op_append, OP_APPENDS},
    [OP_SETITEM] = {undr_op_setitem, OP_SETITEM},
    [OP_SETITEMS] = {undr_op_setitem, OP_SETITEMS},
    [OP_ADDITEMS] = {undr_op_additems, 0},

    [OP_GLOBAL] = {undr_op_global, 0},
    [OP_STACK_GLOBAL] = {undr_op_stack_global, 0},
    [OP_REDUCE] = {undr_op_reduce, 0},
    [OP_BUILD] = {undr_op_build, 0},
    [OP_INST] = {undr_op_inst, 0},
    [OP_OBJ] = {undr_op_obj, 0},
    [OP_NEWOBJ] = {undr_op_newobj, false},
    [OP_NEWOBJ_EX] = {undr_op_newobj, true},

    [OP_GET] = {undr_op_get_text, 0},
    [OP_BINGET] = {undr_op_get, 1},
    [OP_LONG_BINGET] = {undr_op_get, 4},
    [OP_PUT] = {undr_op_put_text, 0},
    [OP_BINPUT] = {undr_op_put, 1},
    [OP_LONG_BINPUT] = {undr_op_put, 4},
    [OP_MEMOIZE] = {undr_op_memoize, 0},

    [OP_PERSID] = {op_unsupported, 0},
    [OP_BINPERSID] = {op_unsupported, 0},
    [OP_EXT1] = {op_unsupported, 0},
    [OP_EXT2] = {op_unsupported, 0},
    [OP_EXT4] = {op_unsupported, 0},
    [OP_NEXT_BUFFER] = {op_unsupported, 0},
    [OP_READONLY_BUFFER] = {op_unsupported, 0},
};

/* Obeys opcodes up to STOP. */
static undr_error run(undr_reader *reader, undr_pickle_fault *fault) {
    while (reader->result == NULL) {
        const size_t offset = reader->cursor.offset;
        uint8_t opcode = 0;
        undr_error error = UNDR_PICKLE_TRUNCATED;
        if (undr_read_u8(&reader->cursor, &opcode)) {
            const opcode_entry *entry = &opcode_table[opcode];
            error = entry->function == NULL ? UNDR_PICKLE_OPCODE : entry->function(reader, entry->argument);
        }
        if (error != UNDR_OK) {
            *fault = (undr_pickle_fault){.offset = offset, .opcode = opcode};
            return error;
        }
    }
    return reader->tangled ? undr_value_check_depth(reader->result, reader->limits.depth) : UNDR_OK;
}

/* free + per_byte * size, but at most `most`. */
static size_t allowance(size_t free_of_charge, size_t per_byte, size_t size, size_t most) {
    if (size > (SIZE_MAX - free_of_charge) / per_byte) { /* unreachable: on 64 bits, no input is so large */
        return most;
    }
    const size_t allowed = free_of_charge + per_byte * size;
    return allowed < most ? allowed : most;
}

/* What the arena may hold when the reading is over: the smallest of its own limit, the reader's and the input's. */
static size_t arena_limit(const undr_arena *arena, size_t allowed) {
    /* unreachable: on 64 bits, no arena is so large */
    const size_t end = arena->used > SIZE_MAX - allowed ? SIZE_MAX : arena->used + allowed;
    return arena->limit != 0 && arena->limit < end ? arena->limit : end;
}

static size_t steps_for(size_t input_size, const undr_pickle_limits *limits) {
    return allowance(FREE_WORK, WORK_PER_BYTE, input_size, limits->steps == 0 ? SIZE_MAX : limits->steps);
}

/* To the STOP; reader->result is the value then. */
static undr_error run_within(undr_reader *reader, undr_slice input, const undr_pickle_limits *limits, undr_arena *arena,
    undr_pickle_fault *fault) {
    reader->limits = limits == NULL ? undr_pickle_default_limits : *limits;
    reader->work = steps_for(input.size, &reader->limits);
    const size_t own_limit = arena->limit;
    arena->limit = arena_limit(arena, allowance(FREE_BYTES, BYTES_PER_BYTE, input.size, reader->limits.bytes));
    const undr_error error = run(reader, fault);
    arena->limit = own_limit;
    undr_reader_free(reader);
    return error;
}

static undr_error read_pickle(bool in_place, undr_slice input, const undr_pickle_limits *limits, undr_arena *arena,
    undr_value **value, size_t *used, undr_pickle_fault *fault) {
    undr_pickle_fault place = {0};
    undr_reader reader;
    undr_reader_begin(&reader, input, arena);
    reader.in_place = in_place;
    const undr_error error = run_within(&reader, input, limits, arena, &place);
    if (error != UNDR_OK) {
        if (fault != NULL) {
            *fault = place;
        }
        return error;
    }
    *value = reader.result;
    if (used != NULL) {
        *used = reader.cursor.offset;
    }
    return UNDR_OK;
}

undr_error undr_pickle_read(undr_slice input, const undr_pickle_limits *limits, undr_arena *arena, undr_value **value,
    size_t *used, undr_pickle_fault *fault) {
    return read_pickle(false, input, limits, arena, value, used, fault);
}

undr_error undr_pickle_read_in_place(undr_slice input, const undr_pickle_limits *limits, undr_arena *arena,
    undr_value **value, size_t *used, undr_pickle_fault *fault) {
    return read_pickle(true, input, limits, arena, value, used, fault);
}

undr_error undr_pickle_check_within(undr_slice input, const undr_pickle_limits *limits, size_t *budget) {
    undr_pickle_limits within = *limits;
    undr_pickle_fault fault;
    undr_arena arena = {0};
    undr_reader reader;
    undr_reader_begin(&reader, input, &arena);
    reader.in_place = true;
    within.nodes = *budget < within.nodes ? *budget : within.nodes;
    within.steps = *budget < SIZE_MAX ? *budget + 1 : SIZE_MAX; /* 0 would be no bound */
    const undr_error error = run_within(&reader, input, &within, &arena, &fault);
    undr_arena_free(&arena);
    const size_t cost = reader.nodes + steps_for(input.size, &within) - (size_t)reader.work;
    *budget = undr_pickle_is_too_large(error) || cost > *budget ? 0 : *budget - cost;
    return error;
}
