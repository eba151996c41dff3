/* pickle_stack.c: the pickle reader's machine: stack, marks, memo, and the bytes that an opcode takes. */
#include "number.h"
#include "pickle_reader.h"

#include <stdlib.h>

void undr_reader_free(undr_reader *reader) {
    free(reader->stack);
    free(reader->marks);
    undr_map_free(&reader->memo);
}

/* Below the last mark the stack belongs to what was begun before it. */
static size_t fence(const undr_reader *reader) {
    return reader->mark_count == 0 ? 0 : reader->marks[reader->mark_count - 1];
}

bool undr_reader_has(const undr_reader *reader, size_t count) {
    return reader->stack_count - fence(reader) >= count;
}

undr_error undr_reader_push(undr_reader *reader, undr_value *value) {
    if (reader->stack_count == reader->stack_capacity) {
        const size_t capacity = reader->stack_capacity == 0 ? 64 : reader->stack_capacity * 2;
        undr_value **stack = realloc(reader->stack, capacity * sizeof *stack);
        if (stack == NULL) {
            return UNDR_MEMORY;
        }
        reader->stack = stack;
        reader->stack_capacity = capacity;
    }
    reader->stack[reader->stack_count++] = value;
    return UNDR_OK;
}

undr_error undr_reader_push_new(undr_reader *reader, undr_value *value) {
    if (reader->nodes == reader->limits.nodes) {
        return UNDR_LIMIT_NODES;
    }
    ++reader->nodes;
    return undr_reader_push(reader, value);
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

undr_error undr_reader_spend(undr_reader *reader, size_t steps) {
    if (reader->work < steps) {
        return UNDR_LIMIT_NODES;
    }
    reader->work -= steps;
    return UNDR_OK;
}

undr_error undr_reader_read(undr_reader *reader, uint64_t size, undr_slice *bytes) {
    return undr_read_slice(&reader->cursor, size, bytes) ? UNDR_OK : UNDR_PICKLE_TRUNCATED;
}

undr_error undr_reader_line(undr_reader *reader, undr_slice *line) {
    return undr_read_line(&reader->cursor, line) ? UNDR_OK : UNDR_PICKLE_TRUNCATED;
}

undr_error undr_reader_counted(undr_reader *reader, size_t length_size, undr_slice *bytes) {
    uint8_t narrow = 0;
    uint32_t wide = 0;
    uint64_t length = 0;
    bool whole = false;
    if (length_size == sizeof narrow) {
        whole = undr_read_u8(&reader->cursor, &narrow);
        length = narrow;
    } else if (length_size == sizeof wide) {
        whole = undr_read_u32le(&reader->cursor, &wide);
        length = wide;
    } else {
        whole = undr_read_u64le(&reader->cursor, &length);
    }
    return whole ? undr_reader_read(reader, length, bytes) : UNDR_PICKLE_TRUNCATED;
}

/* The decimal index of GET and PUT. */
static undr_error read_index(undr_reader *reader, int64_t *index) {
    undr_slice line = {0};
    undr_error error = undr_reader_line(reader, &line);
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
static undr_error read_binary_index(undr_reader *reader, unsigned size, int64_t *index) {
    uint8_t narrow = 0;
    uint32_t wide = 0;
    const bool whole = size == 1 ? undr_read_u8(&reader->cursor, &narrow) : undr_read_u32le(&reader->cursor, &wide);
    *index = size == 1 ? (int64_t)narrow : (int64_t)wide;
    return whole ? UNDR_OK : UNDR_PICKLE_TRUNCATED;
}

/* Chosen indexes may collide in the map; its steps count as work, so that this ends. */
static undr_error spend_memo_steps(undr_reader *reader) {
    const uint64_t steps = reader->memo.steps;
    reader->memo.steps = 0;
    return undr_reader_spend(reader, (size_t)steps);
}

static undr_error get(undr_reader *reader, int64_t index) {
    const void *found = undr_map_get(&reader->memo, (uint64_t)index);
    const undr_error error = spend_memo_steps(reader);
    if (error != UNDR_OK) {
        return error;
    }
    return found == NULL ? UNDR_PICKLE_MEMO : undr_reader_push(reader, (undr_value *)found);
}

static undr_error put(undr_reader *reader, int64_t index) {
    if (!undr_reader_has(reader, 1)) {
        return UNDR_PICKLE_STACK;
    }
    if ((uint64_t)index >= reader->limits.memo) {
        return UNDR_LIMIT_MEMO;
    }
    const undr_error error =
        undr_map_put(&reader->memo, (uint64_t)index, reader->stack[reader->stack_count - 1]);
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
    return put(reader, (int64_t)reader->memo.count);
}
