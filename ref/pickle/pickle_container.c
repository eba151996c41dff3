/* pickle_container.c: the opcodes that make and fill lists, tuples, dicts and sets. */
#include "pickle/pickle_opcode.h"
#include "pickle/pickle_reader.h"
#include "pickle/value_small.h"

#include <string.h>

/* How many items an array has room for that holds `count`: a power of two, so that it need not be noted anywhere.
 * Only arrays that were made here are extended. */
static size_t room(size_t count) {
    if (count <= 4) {
        return count == 0 ? 0 : 4;
    }
    return (size_t)1 << (64 - __builtin_clzll(count - 1));
}

static inline void hold_all(
    undr_reader *reader, undr_value *holder, undr_value *const *items, size_t count, undr_value **copy) {
    for (size_t index = 0; index < count; ++index) {
        copy[index] = items[index];
        undr_reader_hold(reader, holder, items[index]);
    }
}

undr_error undr_reader_extend(
    undr_reader *reader, undr_value *holder, undr_items *items, undr_value *const *more, size_t count) {
    if (count == 0) {
        return UNDR_OK;
    }
    if (count > SIZE_MAX / 32 - items->count) { /* unreachable: each of them is in memory, in more bytes than that */
        return UNDR_MEMORY;
    }
    const size_t size = room(items->count + count);
    if (size > room(items->count)) {
        void *memory = NULL;
        const undr_error error = undr_arena_take(reader->arena, size * sizeof *items->at, &memory);
        if (error != UNDR_OK) {
            return error;
        }
        if (items->count > 0) {
            memcpy(memory, items->at, items->count * sizeof *items->at);
        }
        items->at = memory;
    }
    hold_all(reader, holder, more, count, items->at + items->count);
    items->count += count;
    return UNDR_OK;
}

undr_error undr_reader_tuple(undr_reader *reader, undr_value *const *items, size_t count, undr_value **value) {
    enum { STEP = 16 };                                                   /* of an arena */
    const size_t size = (count * sizeof *items + STEP - 1) / STEP * STEP; /* the items are in memory: it fits */
    const undr_error error = undr_value_small(reader->arena, UNDR_TUPLE, size, value);
    if (error == UNDR_OK) {
        void *room = (uint8_t *)*value + UNDR_SMALL_VALUE;
        (*value)->items = (undr_items){.at = room, .count = count};
        hold_all(reader, *value, items, count, room);
    }
    return error;
}

undr_error undr_reader_collect(
    undr_reader *reader, undr_kind kind, undr_value *const *items, size_t count, undr_value **value) {
    if (kind == UNDR_TUPLE) {
        return undr_reader_tuple(reader, items, count, value);
    }
    if (kind != UNDR_LIST) {
        return undr_reader_keyed(reader, kind, items, count, value);
    }
    const undr_error error = undr_value_items(reader->arena, kind, NULL, 0, value);
    return error != UNDR_OK ? error : undr_reader_extend(reader, *value, &(*value)->items, items, count);
}

/* Replaces everything from `height` up by one new value made of it. */
static undr_error replace(undr_reader *reader, undr_kind kind, size_t height) {
    undr_value *value = NULL;
    const undr_error error = undr_reader_collect(
        reader, kind, reader->stack + height, reader->stack_count - height, &value);
    if (error != UNDR_OK) {
        return error;
    }
    reader->stack_count = height;
    return undr_reader_push_new(reader, value);
}

undr_error undr_op_empty(undr_reader *reader, unsigned kind) {
    undr_value *value = NULL;
    const undr_error error = undr_value_items(reader->arena, (undr_kind)kind, NULL, 0, &value);
    return error != UNDR_OK ? error : undr_reader_push_new(reader, value);
}

undr_error undr_op_collect(undr_reader *reader, unsigned kind) {
    size_t height = 0;
    const undr_error error = undr_reader_pop_mark(reader, &height);
    if (error != UNDR_OK) {
        return error;
    }
    if (kind == UNDR_DICT && (reader->stack_count - height) % 2 != 0) {
        return UNDR_PICKLE_STACK;
    }
    return replace(reader, (undr_kind)kind, height);
}

undr_error undr_op_tuple(undr_reader *reader, unsigned count) {
    if (!undr_reader_has(reader, count)) {
        return UNDR_PICKLE_STACK;
    }
    return replace(reader, UNDR_TUPLE, reader->stack_count - count);
}

/* Where the items of a filling opcode begin: `single` of them, or (0) all behind the mark. The container is below. */
static undr_error find_items(undr_reader *reader, size_t single, size_t *height) {
    if (single > 0) {
        *height = reader->stack_count - single;
        return undr_reader_has(reader, single + 1) ? UNDR_OK : UNDR_PICKLE_STACK;
    }
    const undr_error error = undr_reader_pop_mark(reader, height);
    if (error != UNDR_OK) {
        return error;
    }
    /* With that mark gone the container must be above the one before. */
    return undr_reader_has(reader, reader->stack_count - *height + 1) ? UNDR_OK : UNDR_PICKLE_STACK;
}

/* Moves what is above the container into it. kind: that of a container of its own; an object takes anything. */
static undr_error fill(undr_reader *reader, undr_kind kind, size_t fixed) {
    size_t height = 0;
    undr_error error = find_items(reader, fixed, &height);
    const size_t count = error == UNDR_OK ? reader->stack_count - height : 0;
    if (error != UNDR_OK || count == 0) {
        return error;
    }
    if (kind == UNDR_DICT && count % 2 != 0) {
        return UNDR_PICKLE_STACK;
    }
    undr_value *container = reader->stack[height - 1], **items = reader->stack + height;
    if (container->kind == UNDR_OBJECT) {
        undr_object *object = &container->object;
        undr_items *to = kind == UNDR_DICT ? &object->entries : &object->appended;
        error = undr_reader_extend(reader, container, to, items, count);
    } else if (container->kind != kind) {
        error = UNDR_PICKLE_TYPE;
    } else if (kind == UNDR_LIST) {
        error = undr_reader_extend(reader, container, &container->items, items, count);
    } else {
        error = undr_reader_insert(reader, container, items, count);
    }
    reader->stack_count = height;
    return error;
}

undr_error undr_op_append(undr_reader *reader, unsigned opcode) {
    return fill(reader, UNDR_LIST, opcode == OP_APPEND ? 1 : 0);
}

undr_error undr_op_setitem(undr_reader *reader, unsigned opcode) {
    return fill(reader, UNDR_DICT, opcode == OP_SETITEM ? 2 : 0);
}

undr_error undr_op_additems(undr_reader *reader, unsigned argument) {
    (void)argument;
    return fill(reader, UNDR_SET, 0);
}
