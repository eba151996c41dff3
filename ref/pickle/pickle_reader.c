/* pickle_reader.c: the machine of the pickle reader: stack, marks, memo, and the bytes that an opcode takes. */
#include "pickle/pickle_reader.h"

#include "pickle/number.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void undr_reader_begin(undr_reader *reader, undr_slice input, undr_arena *arena) {
    memset(reader, 0, offsetof(undr_reader, stack_room));
    reader->cursor = undr_cursor_over(input);
    reader->arena = arena;
    reader->stack = reader->stack_room;
    reader->marks = reader->mark_room;
    reader->memo = reader->memo_room;
    reader->stack_capacity = reader->mark_capacity = reader->memo_capacity = UNDR_READER_ROOM;
}

static void free_items(void *items, const void *room) {
    if (items != room) {
        free(items);
    }
}

void undr_reader_free(undr_reader *reader) {
    free_items(reader->stack, reader->stack_room);
    free_items(reader->marks, reader->mark_room);
    free_items(reader->memo, reader->memo_room);
    undr_map_free(&reader->sparse);
}

void *undr_reader_grow(void *items, const void *room, size_t *capacity, size_t item_size) {
    const size_t more = items == room ? UNDR_READER_FIRST : *capacity * 2;
    void *larger = realloc(items == room ? NULL : items, more * item_size);
    if (larger != NULL) {
        if (items == room) {
            memcpy(larger, room, *capacity * item_size);
        }
        *capacity = more;
    }
    return larger;
}

undr_error undr_reader_grow_stack(undr_reader *reader) {
    void *stack = undr_reader_grow(reader->stack, reader->stack_room, &reader->stack_capacity, sizeof(undr_value *));
    if (stack == NULL) {
        return UNDR_MEMORY;
    }
    reader->stack = stack;
    return UNDR_OK;
}

undr_error undr_reader_pop(undr_reader *reader, undr_value **value) {
    if (!undr_reader_has(reader, 1)) {
        return UNDR_PICKLE_STACK;
    }
    *value = reader->stack[--reader->stack_count];
    return UNDR_OK;
}

undr_error undr_reader_pop_mark(undr_reader *reader, size_t *height) {
    if (reader->mark_count == 0) {
        return UNDR_PICKLE_MARK;
    }
    *height = reader->marks[--reader->mark_count];
    return UNDR_OK;
}

undr_error undr_reader_line(undr_reader *reader, undr_slice *line) {
    return undr_read_line(&reader->cursor, line) ? UNDR_OK : UNDR_PICKLE_TRUNCATED;
}

/* The decimal index of GET and PUT. */
static undr_error read_index(undr_reader *reader, int64_t *index) {
    undr_slice line = {0};
    undr_error error = undr_reader_line(reader, &line);
    if (error != UNDR_OK) {
        return error;
    }
    if (undr_parse_short_int(line, index)) {
        return *index < 0 ? UNDR_PICKLE_NUMBER : UNDR_OK;
    }
    error = undr_reader_spend_digits(reader, line.size);
    if (error != UNDR_OK) {
        return error;
    }
    undr_buffer number = {0};
    error = undr_parse_int(line, UNDR_INT_DECIMAL, &number);
    const undr_value value = {.kind = UNDR_INT, .bytes = undr_buffer_slice(&number)};
    if (error == UNDR_OK && (!undr_value_int64(&value, index) || *index < 0)) {
        error = UNDR_PICKLE_NUMBER;
    }
    undr_buffer_free(&number);
    return error;
}

/* The binary index of BINGET, BINPUT (1 byte) and LONG_BINGET, LONG_BINPUT (4 bytes). */
static inline undr_error read_binary_index(undr_reader *reader, unsigned size, int64_t *index) {
    uint8_t narrow = 0;
    uint32_t wide = 0;
    const bool whole = size == 1 ? undr_read_u8(&reader->cursor, &narrow) : undr_read_u32le(&reader->cursor, &wide);
    *index = size == 1 ? (int64_t)narrow : (int64_t)wide;
    return whole ? UNDR_OK : UNDR_PICKLE_TRUNCATED;
}

/* Chosen indexes may collide in the map; its steps count as work, so that this ends. */
static undr_error spend_memo_steps(undr_reader *reader) {
    const uint64_t steps = reader->sparse.steps;
    reader->sparse.steps = 0;
    return undr_reader_spend(reader, steps);
}

static undr_error get_sparse(undr_reader *reader, int64_t index) {
    const void *found = undr_map_get(&reader->sparse, (uint64_t)index);
    const undr_error error = spend_memo_steps(reader);
    if (error != UNDR_OK) {
        return error;
    }
    return found == NULL ? UNDR_PICKLE_MEMO : undr_reader_push(reader, (undr_value *)found);
}

static inline undr_error get(undr_reader *reader, int64_t index) {
    return (uint64_t)index < reader->memo_count ? undr_reader_push(reader, reader->memo[index])
                                                : get_sparse(reader, index);
}

static undr_error grow_memo(undr_reader *reader) {
    void *memo = undr_reader_grow(reader->memo, reader->memo_room, &reader->memo_capacity, sizeof(undr_value *));
    if (memo == NULL) {
        return UNDR_MEMORY;
    }
    reader->memo = memo;
    return UNDR_OK;
}

/* The next entry in order. */
static inline undr_error append_to_memo(undr_reader *reader, undr_value *value) {
    const undr_error error = reader->memo_count < reader->memo_capacity ? UNDR_OK : grow_memo(reader);
    if (error == UNDR_OK) {
        reader->memo[reader->memo_count++] = value;
    }
    return error;
}

static inline undr_error put(undr_reader *reader, int64_t index) {
    if (!undr_reader_has(reader, 1)) {
        return UNDR_PICKLE_STACK;
    }
    if ((uint64_t)index >= reader->limits.memo) {
        return UNDR_LIMIT_MEMO;
    }
    undr_value *value = reader->stack[reader->stack_count - 1];
    if ((uint64_t)index < reader->memo_count) {
        reader->memo[index] = value;
        return UNDR_OK;
    }
    if ((uint64_t)index == reader->memo_count && reader->sparse.count == 0) {
        return append_to_memo(reader, value);
    }
    const undr_error error = undr_map_put(&reader->sparse, (uint64_t)index, value);
    return error != UNDR_OK ? error : spend_memo_steps(reader);
}

undr_error undr_op_get_text(undr_reader *reader, unsigned argument) {
    (void)argument;
    int64_t index = 0;
    const undr_error error = read_index(reader, &index);
    return error != UNDR_OK ? error : get(reader, index);
}

undr_error undr_op_get(undr_reader *reader, unsigned size) {
    int64_t index = 0;
    const undr_error error = read_binary_index(reader, size, &index);
    return error != UNDR_OK ? error : get(reader, index);
}

undr_error undr_op_put_text(undr_reader *reader, unsigned argument) {
    (void)argument;
    int64_t index = 0;
    const undr_error error = read_index(reader, &index);
    return error != UNDR_OK ? error : put(reader, index);
}

undr_error undr_op_put(undr_reader *reader, unsigned size) {
    int64_t index = 0;
    const undr_error error = read_binary_index(reader, size, &index);
    return error != UNDR_OK ? error : put(reader, index);
}

undr_error undr_op_memoize(undr_reader *reader, unsigned argument) {
    (void)argument;
    return put(reader, (int64_t)(reader->memo_count + reader->sparse.count));
}
