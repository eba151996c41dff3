/* pickle_writer.c: writes a value as a pickle, in the opcodes and the order of CPython's pickler. */
#include "pickle/pickle_names.h"
#include "pickle/pickle_opcode.h"
#include "pickle/pickle_output.h"
#include "pickle/value_walk.h"

#include <string.h>

enum { BATCH = 1000 }; /* items appended by one opcode */

static undr_error save(undr_output *out, const undr_value *value, size_t depth);
static undr_error save_class(undr_output *out, const void *address, undr_slice module, undr_slice name);

/* What is called to make a value that the protocol has no opcode for. */
typedef struct callable_name {
    const char *module, *name;
} callable_name;

static const callable_name callable_encode = {"_codecs", "encode"};
static const callable_name callable_bytes = {"builtins", "bytes"};
static const callable_name callable_bytearray = {"builtins", "bytearray"};
static const callable_name callable_set = {"builtins", "set"};
static const callable_name callable_frozenset = {"builtins", "frozenset"};
static const callable_name callable_getattr = {"builtins", "getattr"};
static const callable_name callable_newobj_ex = {"copyreg", "__newobj_ex__"};

static undr_error save_callable(undr_output *out, callable_name callable) {
    return save_class(out, NULL, undr_slice_text(callable.module), undr_slice_text(callable.name));
}

/* A tuple that exists only in the pickle: its items are on the stack. */
static undr_error end_temporary_tuple(undr_output *out, uint8_t opcode) {
    const undr_error error = undr_output_opcode(out, opcode);
    return error != UNDR_OK ? error : undr_output_memoize(out, NULL);
}

/* The value is on the stack. If it contains itself it is in the memo by now: then that one is the one. */
static undr_error memoize_once(undr_output *out, const void *address, uint8_t pop, size_t pops) {
    if (address == NULL || !undr_output_is_known(out, address)) {
        return undr_output_memoize(out, address);
    }
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && index < pops; ++index) {
        error = undr_output_opcode(out, pop);
    }
    return error != UNDR_OK ? error : undr_output_recall(out, address);
}

static undr_error end_reduce(undr_output *out, const void *address) {
    const undr_error error = undr_output_opcode(out, OP_REDUCE);
    return error != UNDR_OK ? error : memoize_once(out, address, OP_POP, 1);
}

static undr_error save_int(undr_output *out, const undr_value *value) {
    int64_t integer = 0;
    const bool fits = undr_value_int64(value, &integer) && integer >= INT32_MIN && integer <= INT32_MAX;
    if (!fits) {
        const undr_sized_opcodes opcodes = {.one = OP_LONG1, .four = OP_LONG4};
        /* unreachable: in a test, an int of 2 GiB */
        return value->bytes.size > INT32_MAX ? UNDR_ARGUMENT : undr_output_sized(out, opcodes, value->bytes);
    }
    const bool one = integer >= 0 && integer <= UINT8_MAX;
    const bool two = integer >= 0 && integer <= UINT16_MAX;
    const uint32_t bits = (uint32_t)integer;
    const uint8_t bytes[] = {one ? OP_BININT1
            : two                ? OP_BININT2
                                 : OP_BININT,
        (uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16), (uint8_t)(bits >> 24)};
    return undr_output_raw(out, bytes, one ? 2 : two ? 3 : 5);
}

static undr_error save_float(undr_output *out, double real) {
    uint8_t bytes[9] = {OP_BINFLOAT};
    uint64_t bits = 0;
    memcpy(&bits, &real, sizeof bits);
    for (size_t index = 0; index < sizeof bits; ++index) {
        bytes[1 + index] = (uint8_t)(bits >> (8 * (7 - index)));
    }
    return undr_output_raw(out, bytes, sizeof bytes);
}

static undr_error put_text(undr_output *out, undr_slice text) {
    const bool modern = out->protocol >= 4;
    const undr_sized_opcodes opcodes = {
        .one = modern ? OP_SHORT_BINUNICODE : 0, .four = OP_BINUNICODE, .eight = modern ? OP_BINUNICODE8 : 0};
    return undr_output_sized(out, opcodes, text);
}

/* A text that CPython interns, so that each is written once: names of modules, classes, attributes. */
static undr_error save_name(undr_output *out, const void *address, undr_slice text) {
    undr_output_boundary(out);
    const undr_named *known = undr_output_find_named(out, (undr_slice){0}, text);
    if (known != NULL) {
        return undr_output_recall_index(out, known->index);
    }
    const undr_error error = put_text(out, text);
    return error != UNDR_OK ? error : undr_output_memoize_named(out, address, (undr_slice){0}, text);
}

static undr_error save_text(undr_output *out, const undr_value *value) {
    const undr_error error = put_text(out, value->bytes);
    return error != UNDR_OK ? error : undr_output_memoize(out, value);
}

/* Bytes in the protocol 2: encode(text, 'latin1'). */
static undr_error save_encoded(undr_output *out, undr_slice bytes) {
    undr_buffer text = {0};
    undr_error error = save_callable(out, callable_encode);
    for (size_t index = 0; error == UNDR_OK && index < bytes.size; ++index) {
        const uint8_t byte = bytes.data[index];
        const uint8_t pair[] = {(uint8_t)(0xc0 | byte >> 6), (uint8_t)(0x80 | (byte & 0x3f))};
        error = byte < 0x80 ? undr_put_u8(&text, byte) : undr_put_bytes(&text, pair, sizeof pair);
    }
    if (error == UNDR_OK) {
        error = put_text(out, undr_buffer_slice(&text));
    }
    undr_buffer_free(&text);
    if (error == UNDR_OK) {
        error = undr_output_memoize(out, NULL);
    }
    if (error == UNDR_OK) {
        error = save_name(out, NULL, undr_slice_text("latin1"));
    }
    return error != UNDR_OK ? error : end_temporary_tuple(out, OP_TUPLE2);
}

static undr_error save_old_bytes(undr_output *out, const void *address, undr_slice bytes) {
    undr_error error = UNDR_OK;
    if (bytes.size > 0) {
        error = save_encoded(out, bytes);
    } else {
        error = save_callable(out, callable_bytes);
        error = error == UNDR_OK ? undr_output_opcode(out, OP_EMPTY_TUPLE) : error;
    }
    return error != UNDR_OK ? error : end_reduce(out, address);
}

/* address: of the value; NULL when the bytes object exists only in the pickle. */
static undr_error save_bytes(undr_output *out, const void *address, undr_slice bytes) {
    if (out->protocol < 3) {
        return save_old_bytes(out, address, bytes);
    }
    const undr_sized_opcodes opcodes = {
        .one = OP_SHORT_BINBYTES, .four = OP_BINBYTES, .eight = out->protocol >= 4 ? OP_BINBYTES8 : 0};
    const undr_error error = undr_output_sized(out, opcodes, bytes);
    return error != UNDR_OK ? error : undr_output_memoize(out, address);
}

/* bytearray(bytes), before protocol 5 */
static undr_error save_old_bytearray(undr_output *out, const undr_value *value) {
    undr_error error = save_callable(out, callable_bytearray);
    if (error == UNDR_OK && value->bytes.size == 0) {
        error = undr_output_opcode(out, OP_EMPTY_TUPLE);
    } else if (error == UNDR_OK) {
        undr_output_boundary(out);
        error = save_bytes(out, NULL, value->bytes);
        error = error == UNDR_OK ? end_temporary_tuple(out, OP_TUPLE1) : error;
    }
    return error != UNDR_OK ? error : end_reduce(out, value);
}

static undr_error save_bytearray(undr_output *out, const undr_value *value) {
    if (out->protocol < 5) {
        return save_old_bytearray(out, value);
    }
    const undr_sized_opcodes opcodes = {.eight = OP_BYTEARRAY8};
    const undr_error error = undr_output_sized(out, opcodes, value->bytes);
    return error != UNDR_OK ? error : undr_output_memoize(out, value);
}

/* Values, or keys (`names`: interned) and values, one after the other. */
static undr_error save_items(undr_output *out, undr_items items, size_t from, size_t to, bool names, size_t depth) {
    undr_error error = UNDR_OK;
    for (size_t index = from; error == UNDR_OK && index < to; ++index) {
        const undr_value *item = items.at[index];
        if (names && index % 2 == 0 && item->kind == UNDR_STR && !undr_output_is_known(out, item)) {
            error = save_name(out, item, item->bytes);
        } else {
            error = save(out, item, depth);
        }
    }
    return error;
}

/* How a container is filled: `stride` items belong together. The pickler of CPython has two ways, one for its own
 * lists, dicts and sets, one for what an object's __reduce__ iterates over; they differ in how the last batch ends. */
typedef struct filling {
    undr_items items;
    size_t stride;
    uint8_t one;   /* opcode for one entry; 0: there is none */
    uint8_t many;  /* opcode for a batch */
    bool trailing; /* a full last batch is followed by an empty one */
    bool single;   /* a last batch of one entry is written with `one` */
    bool names;    /* keys are attribute names */
    size_t depth;
} filling;

static undr_error save_batch(undr_output *out, const filling *fill, size_t from, size_t to) {
    undr_error error = undr_output_opcode(out, OP_MARK);
    if (error == UNDR_OK) {
        error = save_items(out, fill->items, from, to, fill->names, fill->depth);
    }
    return error != UNDR_OK ? error : undr_output_opcode(out, fill->many);
}

static undr_error save_filling(undr_output *out, const filling *fill) {
    const size_t count = fill->items.count;
    const size_t batch = BATCH * fill->stride;
    undr_error error = UNDR_OK;
    size_t from = 0;
    while (error == UNDR_OK && from < count) {
        const size_t left = count - from;
        if (left == fill->stride && fill->one != 0 && (from == 0 || fill->single)) {
            error = save_items(out, fill->items, from, count, fill->names, fill->depth);
            return error != UNDR_OK ? error : undr_output_opcode(out, fill->one);
        }
        const size_t to = left < batch ? count : from + batch;
        error = save_batch(out, fill, from, to);
        from = to;
    }
    if (error == UNDR_OK && fill->trailing && count > 0 && count % batch == 0) {
        error = save_batch(out, fill, count, count);
    }
    return error;
}

static undr_error save_list_items(undr_output *out, undr_items items, size_t depth) {
    const filling fill = {.items = items, .stride = 1, .one = OP_APPEND, .many = OP_APPENDS, .depth = depth};
    return save_filling(out, &fill);
}

static undr_error save_list(undr_output *out, const undr_value *value, size_t depth) {
    undr_error error = undr_output_opcode(out, OP_EMPTY_LIST);
    if (error == UNDR_OK) {
        error = undr_output_memoize(out, value);
    }
    return error != UNDR_OK ? error : save_list_items(out, value->items, depth);
}

static undr_error save_dict(undr_output *out, const undr_value *value, bool names, size_t depth) {
    const filling fill = {.items = value->items,
        .stride = 2,
        .one = OP_SETITEM,
        .many = OP_SETITEMS,
        .trailing = true,
        .names = names,
        .depth = depth};
    undr_error error = undr_output_opcode(out, OP_EMPTY_DICT);
    if (error == UNDR_OK) {
        error = undr_output_memoize(out, value);
    }
    return error != UNDR_OK ? error : save_filling(out, &fill);
}

static undr_error save_tuple(undr_output *out, const undr_value *value, size_t depth) {
    static const uint8_t small[] = {OP_EMPTY_TUPLE, OP_TUPLE1, OP_TUPLE2, OP_TUPLE3};
    const size_t count = value->items.count;
    if (count == 0) {
        return undr_output_opcode(out, OP_EMPTY_TUPLE);
    }
    const bool marked = count >= sizeof small;
    undr_error error = marked ? undr_output_opcode(out, OP_MARK) : UNDR_OK;
    if (error == UNDR_OK) {
        error = save_items(out, value->items, 0, count, false, depth);
    }
    if (error == UNDR_OK && undr_output_is_known(out, value)) { /* a list in it holds it, and has written it */
        return marked ? memoize_once(out, value, OP_POP_MARK, 1) : memoize_once(out, value, OP_POP, count);
    }
    if (error == UNDR_OK) {
        error = undr_output_opcode(out, marked ? OP_TUPLE : small[count]);
    }
    return error != UNDR_OK ? error : undr_output_memoize(out, value);
}

/* set([...]), before protocol 4 */
static undr_error save_old_set(undr_output *out, const undr_value *value, size_t depth) {
    undr_error error = save_callable(out, value->kind == UNDR_SET ? callable_set : callable_frozenset);
    if (error == UNDR_OK) {
        error = undr_output_opcode(out, OP_EMPTY_LIST);
    }
    if (error == UNDR_OK) {
        error = undr_output_memoize(out, NULL);
    }
    if (error == UNDR_OK) {
        error = save_list_items(out, value->items, depth);
    }
    if (error == UNDR_OK) {
        error = end_temporary_tuple(out, OP_TUPLE1);
    }
    return error != UNDR_OK ? error : end_reduce(out, value);
}

static undr_error save_set(undr_output *out, const undr_value *value, size_t depth) {
    if (out->protocol < 4) {
        return save_old_set(out, value, depth);
    }
    const filling fill = {.items = value->items, .stride = 1, .many = OP_ADDITEMS, .trailing = true, .depth = depth};
    undr_error error = undr_output_opcode(out, OP_EMPTY_SET);
    if (error == UNDR_OK) {
        error = undr_output_memoize(out, value);
    }
    return error != UNDR_OK ? error : save_filling(out, &fill);
}

static undr_error save_frozenset(undr_output *out, const undr_value *value, size_t depth) {
    if (out->protocol < 4) {
        return save_old_set(out, value, depth);
    }
    undr_error error = undr_output_opcode(out, OP_MARK);
    if (error == UNDR_OK) {
        error = save_items(out, value->items, 0, value->items.count, false, depth);
    }
    if (error == UNDR_OK && undr_output_is_known(out, value)) {
        return memoize_once(out, value, OP_POP_MARK, 1);
    }
    if (error == UNDR_OK) {
        error = undr_output_opcode(out, OP_FROZENSET);
    }
    return error != UNDR_OK ? error : undr_output_memoize(out, value);
}

/* getattr(outer class, 'Inner'): how the protocols below 4 name a class inside a class. */
static undr_error save_inner_class(undr_output *out, undr_slice module, undr_slice name, size_t dot) {
    const undr_slice outer = undr_slice_of(name.data, dot);
    const undr_slice inner = undr_slice_of(name.data + dot + 1, name.size - dot - 1);
    undr_error error = save_callable(out, callable_getattr);
    if (error == UNDR_OK) {
        error = save_class(out, NULL, module, outer);
    }
    if (error == UNDR_OK) {
        error = save_name(out, NULL, inner);
    }
    if (error == UNDR_OK) {
        error = end_temporary_tuple(out, OP_TUPLE2);
    }
    return error != UNDR_OK ? error : undr_output_opcode(out, OP_REDUCE);
}

/* GLOBAL's two lines hold no newline, and in protocol 2 nothing but ASCII. */
static bool fits_line(const undr_output *out, undr_slice text) {
    for (size_t index = 0; index < text.size; ++index) {
        if (text.data[index] == '\n' || (out->protocol < 3 && text.data[index] >= 0x80)) {
            return false;
        }
    }
    return text.size > 0;
}

/* To the names of protocol 2. False when a reader would not rename them back: such a class can't be written. */
static bool rename_both_ways(undr_slice *module, undr_slice *name) {
    const undr_slice modern_module = *module;
    const undr_slice modern_name = *name;
    undr_rename_to_python2(module, name);
    undr_slice read_module = *module;
    undr_slice read_name = *name;
    undr_rename_to_python3(&read_module, &read_name);
    return undr_slice_equal(read_module, modern_module) && undr_slice_equal(read_name, modern_name);
}

static undr_error save_old_global(undr_output *out, undr_slice module, undr_slice name) {
    if (out->protocol < 3 && !rename_both_ways(&module, &name)) {
        return UNDR_ARGUMENT;
    }
    if (!fits_line(out, module) || !fits_line(out, name)) {
        return UNDR_ARGUMENT;
    }
    undr_error error = undr_output_opcode(out, OP_GLOBAL);
    const undr_slice parts[] = {module, undr_slice_text("\n"), name, undr_slice_text("\n")};
    for (size_t index = 0; error == UNDR_OK && index < sizeof parts / sizeof parts[0]; ++index) {
        error = undr_output_raw(out, parts[index].data, parts[index].size);
    }
    return error;
}

/* The classes that a dotted name is inside of are written by recursion, which the length of names bounds badly. */
static size_t count_dots(undr_slice name) {
    size_t count = 0;
    for (size_t index = 0; index < name.size; ++index) {
        count += name.data[index] == '.';
    }
    return count;
}

static undr_error put_class(undr_output *out, undr_slice module, undr_slice name) {
    if (out->protocol >= 4) {
        undr_error error = save_name(out, NULL, module);
        error = error == UNDR_OK ? save_name(out, NULL, name) : error;
        return error != UNDR_OK ? error : undr_output_opcode(out, OP_STACK_GLOBAL);
    }
    const uint8_t *dot = name.size == 0 ? NULL : memrchr(name.data, '.', name.size);
    if (dot == NULL) {
        return save_old_global(out, module, name);
    }
    if (count_dots(name) > UNDR_WALK_DEPTH) {
        return UNDR_LIMIT_DEPTH;
    }
    return save_inner_class(out, module, name, (size_t)(dot - name.data));
}

/* Each class is written once, whichever value names it. */
static undr_error save_class(undr_output *out, const void *address, undr_slice module, undr_slice name) {
    undr_output_boundary(out);
    const undr_slice key = module.data != NULL ? module : undr_slice_text("");
    const undr_named *known = undr_output_find_named(out, key, name);
    if (known != NULL) {
        return undr_output_recall_index(out, known->index);
    }
    const undr_error error = put_class(out, module, name);
    return error != UNDR_OK ? error : undr_output_memoize_named(out, address, key, name);
}

static undr_error save_arguments(undr_output *out, const undr_value *args, size_t depth) {
    return args == NULL ? undr_output_opcode(out, OP_EMPTY_TUPLE) : save(out, args, depth);
}

/* Class, arguments, keyword arguments, and the opcode that makes an object of them. */
static undr_error put_new_object(undr_output *out, const undr_object *object, size_t depth) {
    const bool keywords = object->kwargs != NULL;
    const bool as_call = keywords && out->protocol < 4; /* NEWOBJ_EX is of protocol 4: copyreg.__newobj_ex__ */
    undr_error error = as_call ? save_callable(out, callable_newobj_ex) : UNDR_OK;
    if (error == UNDR_OK) {
        error = save(out, object->callable, depth);
    }
    if (error == UNDR_OK) {
        error = save_arguments(out, object->args, depth);
    }
    if (error == UNDR_OK && keywords) {
        error = save(out, object->kwargs, depth);
    }
    if (error == UNDR_OK && as_call) {
        error = end_temporary_tuple(out, OP_TUPLE3);
    }
    const bool calls = !keywords && (object->by_reduce || object->callable->kind != UNDR_CLASS);
    const uint8_t opcode = as_call || calls ? OP_REDUCE : keywords ? OP_NEWOBJ_EX : OP_NEWOBJ;
    return error != UNDR_OK ? error : undr_output_opcode(out, opcode);
}

static undr_error save_state(undr_output *out, const undr_value *state, size_t depth) {
    undr_error error = UNDR_OK;
    if (state->kind == UNDR_DICT && !undr_output_is_known(out, state)) {
        undr_output_boundary(out);
        error = save_dict(out, state, true, depth + 1);
    } else {
        error = save(out, state, depth);
    }
    return error != UNDR_OK ? error : undr_output_opcode(out, OP_BUILD);
}

static undr_error save_object(undr_output *out, const undr_value *value, size_t depth) {
    const undr_object *object = &value->object;
    if (object->callable == NULL) {
        return UNDR_ARGUMENT;
    }
    undr_error error = put_new_object(out, object, depth);
    if (error == UNDR_OK) {
        error = memoize_once(out, value, OP_POP, 1);
    }
    if (error == UNDR_OK) {
        const filling appended = {.items = object->appended,
            .stride = 1,
            .one = OP_APPEND,
            .many = OP_APPENDS,
            .single = true,
            .depth = depth};
        error = save_filling(out, &appended);
    }
    if (error == UNDR_OK) {
        const filling entries = {.items = object->entries,
            .stride = 2,
            .one = OP_SETITEM,
            .many = OP_SETITEMS,
            .single = true,
            .depth = depth};
        error = save_filling(out, &entries);
    }
    return error != UNDR_OK || object->state == NULL ? error : save_state(out, object->state, depth);
}

/* What goes through the memo. */
static undr_error save_shared(undr_output *out, const undr_value *value, size_t depth) {
    if (undr_output_is_known(out, value)) {
        return undr_output_recall(out, value);
    }
    if (depth > UNDR_WALK_DEPTH && undr_child_count(value) > 0) {
        return UNDR_LIMIT_DEPTH;
    }
    switch (value->kind) {
    case UNDR_STR: return save_text(out, value);
    case UNDR_BYTES: return save_bytes(out, value, value->bytes);
    case UNDR_BYTEARRAY: return save_bytearray(out, value);
    case UNDR_LIST: return save_list(out, value, depth);
    case UNDR_TUPLE: return save_tuple(out, value, depth);
    case UNDR_DICT: return save_dict(out, value, false, depth);
    case UNDR_SET: return save_set(out, value, depth);
    case UNDR_FROZENSET: return save_frozenset(out, value, depth);
    case UNDR_CLASS: return save_class(out, value, value->class_name.module, value->class_name.name);
    case UNDR_OBJECT: return save_object(out, value, depth);
    default: return UNDR_ARGUMENT;
    }
}

/* depth: how many containers are around the value. */
static undr_error save(undr_output *out, const undr_value *value, size_t depth) {
    undr_output_boundary(out);
    switch (value->kind) {
    case UNDR_NONE: return undr_output_opcode(out, OP_NONE);
    case UNDR_BOOL: return undr_output_opcode(out, value->boolean ? OP_NEWTRUE : OP_NEWFALSE);
    case UNDR_INT: return save_int(out, value);
    case UNDR_FLOAT: return save_float(out, value->real);
    default: return save_shared(out, value, depth + 1);
    }
}

static undr_error write_all(undr_output *out, const undr_value *value) {
    if (value == NULL || out->protocol < 2 || out->protocol > PICKLE_HIGHEST_PROTOCOL) {
        return UNDR_ARGUMENT;
    }
    undr_error error = undr_output_begin(out);
    if (error == UNDR_OK) {
        error = save(out, value, 0);
    }
    if (error == UNDR_OK) {
        error = undr_output_end(out);
    }
    undr_output_free(out);
    return error;
}

undr_error undr_pickle_write(const undr_value *value, int protocol, undr_buffer *buffer) {
    const size_t start = buffer->size;
    undr_output out = {.buffer = buffer, .protocol = protocol};
    const undr_error error = write_all(&out, value);
    if (error != UNDR_OK) {
        buffer->size = start;
    }
    return error;
}

undr_error undr_pickle_write_pieces(const undr_value *value, int protocol, undr_pieces *pieces) {
    undr_output out = {.buffer = &pieces->bytes, .pieces = pieces, .protocol = protocol};
    const undr_error error = write_all(&out, value);
    if (error != UNDR_OK) {
        undr_pieces_clear(pieces);
    }
    return error;
}
