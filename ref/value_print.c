/* value_print.c: a value as a Python literal. */
#include "number.h"
#include "value_walk.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t most_steps = 4000000;
static const size_t most_bytes = (size_t)320 << 20; /* a payload of 64 MiB prints as 256 MiB at most */

/* The containers around the value that is being printed. */
typedef struct print_holder {
    const struct print_holder *outer;
    const undr_value *value;
} print_holder;

typedef struct printer {
    undr_buffer *buffer;
    uint64_t steps; /* left */
    size_t end;     /* of the buffer, at most */
} printer;

static undr_error print_value(printer *out, const undr_value *value, const print_holder *outer, size_t depth);

static undr_error put(printer *out, undr_slice text) {
    if (out->buffer->size > out->end || text.size > out->end - out->buffer->size) { /* a number may pass the end */
        return UNDR_LIMIT_BYTES;
    }
    return undr_put_slice(out->buffer, text);
}

static undr_error put_text(printer *out, const char *text) {
    return put(out, undr_slice_text(text));
}

/* The next code point of UTF-8 that was checked when it was read; a byte that fits nowhere stands for itself. */
static uint32_t next_character(undr_slice text, size_t *offset) {
    const uint8_t first = text.data[(*offset)++];
    const size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    if (more == 0 || text.size - *offset < more) {
        return first;
    }
    uint32_t character = first & (0x3fu >> more);
    for (size_t index = 0; index < more; ++index) {
        character = character << 6 | (text.data[(*offset)++] & 0x3fu);
    }
    return character;
}

/* One character that plain_run does not take, as ascii() writes it between such quotes; quote 0: outside quotes. */
static undr_error put_character(printer *out, uint32_t character, char quote) {
    if (out->buffer->size >= out->end) {
        return UNDR_LIMIT_BYTES;
    }
    switch (character) {
        case '\t': return put_text(out, "\\t");
        case '\n': return put_text(out, "\\n");
        case '\r': return put_text(out, "\\r");
        case '\\': return put_text(out, "\\\\");
        default: break;
    }
    if (quote != 0 && character == (uint8_t)quote) {
        return undr_put_format(out->buffer, "\\%c", quote);
    }
    return undr_put_format(
        out->buffer, character < 0x100 ? "\\x%02x" : character < 0x10000 ? "\\u%04x" : "\\U%08x", character);
}

/* How many bytes from `offset` on stand for themselves. */
static size_t plain_run(undr_slice bytes, size_t offset, char quote) {
    size_t end = offset;
    while (end < bytes.size && bytes.data[end] >= 0x20 && bytes.data[end] < 0x7f && bytes.data[end] != '\\'
        && bytes.data[end] != (uint8_t)quote) {
        ++end;
    }
    return end - offset;
}

static undr_error put_characters(printer *out, undr_slice bytes, bool text, char quote) {
    undr_error error = UNDR_OK;
    for (size_t offset = 0; error == UNDR_OK && offset < bytes.size;) {
        const size_t run = plain_run(bytes, offset, quote);
        if (run > 0) {
            error = put(out, undr_slice_of(bytes.data + offset, run));
            offset += run;
            continue;
        }
        const uint32_t character = text ? next_character(bytes, &offset) : bytes.data[offset++];
        error = put_character(out, character, quote);
    }
    return error;
}

static undr_error print_quoted(printer *out, undr_slice bytes, bool text) {
    const bool single = bytes.size > 0 && memchr(bytes.data, '\'', bytes.size) != NULL;
    const bool both = single && memchr(bytes.data, '"', bytes.size) != NULL;
    const char quote = single && !both ? '"' : '\'';
    undr_error error = put(out, undr_slice_of(&quote, 1));
    if (error == UNDR_OK) {
        error = put_characters(out, bytes, text, quote);
    }
    return error != UNDR_OK ? error : put(out, undr_slice_of(&quote, 1));
}

static undr_error print_bytes(printer *out, undr_slice bytes, const char *before, const char *after) {
    undr_error error = put_text(out, before);
    if (error == UNDR_OK) {
        error = print_quoted(out, bytes, false);
    }
    return error != UNDR_OK ? error : put_text(out, after);
}

/* The values, separated by ", "; pairs as "key: value". */
static undr_error print_items(
    printer *out, undr_items items, bool pairs, const print_holder *holder, size_t depth) {
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && index < items.count; ++index) {
        if (index > 0) {
            error = put_text(out, pairs && index % 2 != 0 ? ": " : ", ");
        }
        if (error == UNDR_OK) {
            error = print_value(out, items.at[index], holder, depth);
        }
    }
    return error;
}

/* A part of the buffer: one printed element of a set. */
typedef struct span {
    const undr_buffer *buffer;
    size_t start, size;
} span;

static int compare_spans(const void *left, const void *right) {
    const span *a = left;
    const span *b = right;
    const size_t size = a->size < b->size ? a->size : b->size;
    const int order = memcmp(a->buffer->data + a->start, b->buffer->data + b->start, size);
    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

/* Puts the elements that stand at `start` one behind the other into order, with ", " between them. */
static undr_error sort_elements(printer *out, span *spans, size_t count, size_t start) {
    qsort(spans, count, sizeof *spans, compare_spans);
    undr_buffer sorted = {0};
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && index < count; ++index) {
        error = index == 0 ? UNDR_OK : undr_put_text(&sorted, ", ");
        if (error == UNDR_OK) {
            error = undr_put_bytes(&sorted, out->buffer->data + spans[index].start, spans[index].size);
        }
    }
    if (error == UNDR_OK) {
        out->buffer->size = start;
        error = put(out, undr_buffer_slice(&sorted));
    }
    undr_buffer_free(&sorted);
    return error;
}

static undr_error print_elements(printer *out, undr_items items, const print_holder *holder, size_t depth) {
    span *spans = calloc(items.count, sizeof *spans);
    if (spans == NULL) {
        return UNDR_MEMORY;
    }
    const size_t start = out->buffer->size;
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && index < items.count; ++index) {
        const size_t from = out->buffer->size;
        error = print_value(out, items.at[index], holder, depth);
        spans[index] = (span){.buffer = out->buffer, .start = from, .size = out->buffer->size - from};
    }
    if (error == UNDR_OK) {
        error = sort_elements(out, spans, items.count, start);
    }
    free(spans);
    return error;
}

static undr_error print_set(printer *out, const undr_value *value, const print_holder *holder, size_t depth) {
    const bool frozen = value->kind == UNDR_FROZENSET;
    if (value->items.count == 0) {
        return put_text(out, frozen ? "frozenset()" : "set()");
    }
    undr_error error = put_text(out, frozen ? "frozenset({" : "{");
    if (error == UNDR_OK) {
        error = print_elements(out, value->items, holder, depth);
    }
    return error != UNDR_OK ? error : put_text(out, frozen ? "})" : "}");
}

/* A pickle may name a class in any characters, so they are escaped as in a str. */
static undr_error print_class_name(printer *out, const undr_value *value) {
    undr_error error = put_characters(out, value->class_name.module, true, 0);
    if (error == UNDR_OK) {
        error = put_text(out, ".");
    }
    return error != UNDR_OK ? error : put_characters(out, value->class_name.name, true, 0);
}

static undr_error print_class(printer *out, const undr_value *value) {
    undr_error error = put_text(out, "<class ");
    if (error == UNDR_OK) {
        error = print_class_name(out, value);
    }
    return error != UNDR_OK ? error : put_text(out, ">");
}

/* `key=value` for each keyword argument. */
static undr_error print_keywords(
    printer *out, undr_items items, bool first, const print_holder *holder, size_t depth) {
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && index + 1 < items.count; index += 2) {
        const undr_value *key = items.at[index];
        error = first && index == 0 ? UNDR_OK : put_text(out, ", ");
        if (error == UNDR_OK) {
            error = key->kind == UNDR_STR ? put_characters(out, key->bytes, true, 0)
                                          : print_value(out, key, holder, depth);
        }
        if (error == UNDR_OK) {
            error = put_text(out, "=");
        }
        if (error == UNDR_OK) {
            error = print_value(out, items.at[index + 1], holder, depth);
        }
    }
    return error;
}

/* What stands between the parentheses of the call. */
static undr_error print_arguments(printer *out, const undr_object *object, const print_holder *holder, size_t depth) {
    undr_error error = UNDR_OK;
    const size_t count = object->args == NULL ? 0 : undr_child_count(object->args);
    if (count > 0) {
        error = print_items(out, object->args->items, false, holder, depth);
    }
    if (error == UNDR_OK && object->kwargs != NULL && undr_child_count(object->kwargs) > 0) {
        error = print_keywords(out, object->kwargs->items, count == 0, holder, depth);
    }
    return error;
}

/* `.name(value)`, or nothing. */
static undr_error print_call(
    printer *out, const char *name, const undr_value *value, const print_holder *holder, size_t depth) {
    undr_error error = put_text(out, name);
    if (error == UNDR_OK) {
        error = print_value(out, value, holder, depth);
    }
    return error != UNDR_OK ? error : put_text(out, ")");
}

static undr_error print_additions(printer *out, const undr_object *object, const print_holder *holder, size_t depth) {
    undr_error error = UNDR_OK;
    if (object->appended.count > 0) {
        const undr_value list = {.kind = UNDR_LIST, .items = object->appended};
        error = print_call(out, ".extend(", &list, holder, depth);
    }
    if (error == UNDR_OK && object->entries.count > 0) {
        const undr_value dict = {.kind = UNDR_DICT, .items = object->entries};
        error = print_call(out, ".update(", &dict, holder, depth);
    }
    return error;
}

static undr_error print_object(printer *out, const undr_value *value, const print_holder *holder, size_t depth) {
    const undr_object *object = &value->object;
    const bool called = (object->args != NULL && undr_child_count(object->args) > 0)
        || (object->kwargs != NULL && undr_child_count(object->kwargs) > 0);
    undr_error error = UNDR_OK;
    if (object->callable != NULL && object->callable->kind == UNDR_CLASS) {
        error = print_class_name(out, object->callable);
    } else if (object->callable != NULL) {
        error = print_value(out, object->callable, holder, depth);
    }
    if (error == UNDR_OK) {
        error = put_text(out, "(");
    }
    if (error == UNDR_OK) {
        error = print_arguments(out, object, holder, depth);
    }
    if (error == UNDR_OK && object->state != NULL && !called) {
        error = print_value(out, object->state, holder, depth);
    }
    if (error == UNDR_OK) {
        error = put_text(out, ")");
    }
    if (error == UNDR_OK && object->state != NULL && called) {
        error = print_call(out, ".__setstate__(", object->state, holder, depth);
    }
    return error != UNDR_OK ? error : print_additions(out, object, holder, depth);
}

static undr_error print_tuple(printer *out, const undr_value *value, const print_holder *holder, size_t depth) {
    undr_error error = put_text(out, "(");
    if (error == UNDR_OK) {
        error = print_items(out, value->items, false, holder, depth);
    }
    return error != UNDR_OK ? error : put_text(out, value->items.count == 1 ? ",)" : ")");
}

static undr_error print_between(printer *out, const undr_value *value, const print_holder *holder, size_t depth) {
    const bool dict = value->kind == UNDR_DICT;
    undr_error error = put_text(out, dict ? "{" : "[");
    if (error == UNDR_OK) {
        error = print_items(out, value->items, dict, holder, depth);
    }
    return error != UNDR_OK ? error : put_text(out, dict ? "}" : "]");
}

/* What stands for a value inside itself. */
static const char *ellipsis(undr_kind kind) {
    switch (kind) {
        case UNDR_LIST: return "[...]";
        case UNDR_DICT: return "{...}";
        case UNDR_TUPLE: return "(...)";
        default: return "...";
    }
}

static undr_error print_container(printer *out, const undr_value *value, const print_holder *outer, size_t depth) {
    for (const print_holder *holder = outer; holder != NULL; holder = holder->outer) {
        if (holder->value == value) {
            return put_text(out, ellipsis(value->kind));
        }
    }
    if (depth > UNDR_WALK_DEPTH && undr_child_count(value) > 0) {
        return put_text(out, "...");
    }
    const print_holder here = {.outer = outer, .value = value};
    switch (value->kind) {
        case UNDR_TUPLE: return print_tuple(out, value, &here, depth);
        case UNDR_SET:
        case UNDR_FROZENSET: return print_set(out, value, &here, depth);
        case UNDR_OBJECT: return print_object(out, value, &here, depth);
        default: return print_between(out, value, &here, depth);
    }
}

/* depth: how many containers are around the value, itself included when it is one. */
static undr_error print_value(printer *out, const undr_value *value, const print_holder *outer, size_t depth) {
    const uint64_t steps = 1 + depth / 16; /* the holders around a container are looked at, too */
    if (out->steps < steps) {
        return UNDR_LIMIT_NODES;
    }
    out->steps -= steps;
    switch (value->kind) {
        case UNDR_NONE: return put_text(out, "None");
        case UNDR_BOOL: return put_text(out, value->boolean ? "True" : "False");
        case UNDR_INT: return undr_print_int(out->buffer, value->bytes);
        case UNDR_FLOAT: return undr_print_float(out->buffer, value->real);
        case UNDR_STR: return print_quoted(out, value->bytes, true);
        case UNDR_BYTES: return print_bytes(out, value->bytes, "b", "");
        case UNDR_BYTEARRAY: return print_bytes(out, value->bytes, "bytearray(b", ")");
        case UNDR_CLASS: return print_class(out, value);
        default: return print_container(out, value, outer, depth + 1);
    }
}

undr_error undr_value_print(undr_buffer *buffer, const undr_value *value) {
    return undr_value_print_within(buffer, value, most_steps, most_bytes);
}

undr_error undr_value_print_within(undr_buffer *buffer, const undr_value *value, uint64_t steps, size_t bytes) {
    if (value == NULL) {
        return UNDR_ARGUMENT;
    }
    const size_t start = buffer->size;
    /* unreachable: no buffer is so large */
    const size_t end = start > SIZE_MAX - bytes ? SIZE_MAX : start + bytes;
    printer out = {.buffer = buffer, .steps = steps, .end = end};
    const undr_error error = print_value(&out, value, NULL, 0);
    if (error != UNDR_OK) {
        buffer->size = start;
    }
    return error;
}
