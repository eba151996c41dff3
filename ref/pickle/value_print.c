/* value_print.c: a value as a Python literal, or as Python's repr() prints it. */
#include "pickle/number.h"
#include "pickle/value_walk.h"
#include "undr/text.h"

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
    bool repr;      /* what Python's repr() prints, not a literal in ASCII */
} printer;

static undr_error print_value(printer *out, const undr_value *value, const print_holder *outer, size_t depth);

static size_t room_of(const printer *out) {
    return out->buffer->size > out->end ? 0 : out->end - out->buffer->size; /* a number may pass the end */
}

static undr_error put(printer *out, undr_slice text) {
    return text.size > room_of(out) ? UNDR_LIMIT_BYTES : undr_put_slice(out->buffer, text);
}

/* The same, but of a text that does not fit as much as does. */
static undr_error put_run(printer *out, undr_slice text) {
    const size_t room = room_of(out);
    if (text.size <= room) {
        return undr_put_slice(out->buffer, text);
    }
    const undr_error error = undr_put_bytes(out->buffer, text.data, room);
    return error != UNDR_OK ? error : UNDR_LIMIT_BYTES;
}

static undr_error put_text(printer *out, const char *text) {
    return put(out, undr_slice_text(text));
}

/* The next code point of UTF-8 that was checked when it was read; a byte that fits nowhere is returned as it is. */
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
    if (room_of(out) == 0) {
        return UNDR_LIMIT_BYTES;
    }
    if (character == '\\') {
        return put_text(out, "\\\\");
    }
    if (quote != 0 && character == (uint8_t)quote) {
        return undr_put_format(out->buffer, "\\%c", quote);
    }
    return undr_put_escaped(out->buffer, character);
}

/* How many bytes from `offset` on are printed as they are. */
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
            error = put_run(out, undr_slice_of(bytes.data + offset, run));
            offset += run;
            continue;
        }
        const size_t start = offset;
        const uint32_t character = text ? next_character(bytes, &offset) : bytes.data[offset++];
        const bool as_it_is = out->repr && text && offset - start > 1
            && undr_character_visibility(character) != UNDR_UNPRINTABLE;
        error = as_it_is ? put(out, undr_slice_of(bytes.data + start, offset - start))
                         : put_character(out, character, quote);
    }
    return error;
}

/* Between " a bytearray has each ' escaped all the same: CPython's way. */
static undr_error print_quoted(printer *out, undr_slice bytes, undr_kind kind) {
    const bool single = bytes.size > 0 && memchr(bytes.data, '\'', bytes.size) != NULL;
    const bool both = single && memchr(bytes.data, '"', bytes.size) != NULL;
    const char quote = single && !both ? '"' : '\'';
    undr_error error = put(out, undr_slice_of(&quote, 1));
    if (error == UNDR_OK) {
        error = put_characters(out, bytes, kind == UNDR_STR, kind == UNDR_BYTEARRAY ? '\'' : quote);
    }
    return error != UNDR_OK ? error : put(out, undr_slice_of(&quote, 1));
}

static undr_error print_bytes(printer *out, const undr_value *value) {
    const bool array = value->kind == UNDR_BYTEARRAY;
    undr_error error = put_text(out, array ? "bytearray(b" : "b");
    if (error == UNDR_OK) {
        error = print_quoted(out, value->bytes, value->kind);
    }
    return error == UNDR_OK && array ? put_text(out, ")") : error;
}

/* The values, separated by ", "; pairs as "key: value". */
static undr_error print_items(printer *out, undr_items items, bool pairs, const print_holder *holder, size_t depth) {
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

/* Sorts the elements that were printed from `start` on, with ", " between them. */
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

static bool is_builtin(const undr_value *class_value) {
    return undr_slice_equal(class_value->class_name.module, undr_slice_text("builtins"));
}

/* <class module.Name>; repr(): <class 'module.Name'>, and <class 'int'>. */
static undr_error print_class(printer *out, const undr_value *value) {
    undr_error error = put_text(out, out->repr ? "<class '" : "<class ");
    if (error == UNDR_OK) {
        error = out->repr && is_builtin(value) ? put_characters(out, value->class_name.name, true, 0)
                                               : print_class_name(out, value);
    }
    return error != UNDR_OK ? error : put_text(out, out->repr ? "'>" : ">");
}

/* `key=value` for each keyword argument. */
static undr_error print_keywords(printer *out, undr_items items, bool first, const print_holder *holder, size_t depth) {
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

/* The arguments, as they are printed between the parentheses. */
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
        error = out->repr && is_builtin(object->callable)
            ? put_characters(out, object->callable->class_name.name, true, 0)
            : print_class_name(out, object->callable);
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

/* Made without arguments, so that its state is all there is of it. */
static bool is_plain_instance(const undr_object *object) {
    return object->callable != NULL && object->callable->kind == UNDR_CLASS && object->appended.count == 0
        && object->entries.count == 0 && (object->args == NULL || object->args->items.count == 0)
        && (object->kwargs == NULL || object->kwargs->items.count == 0);
}

/* What Python makes its __dict__ of; NULL: nothing. Of (dict, slots) the slots are not part of it. */
static const undr_value *dict_of(const undr_value *state) {
    const bool with_slots = state != NULL && state->kind == UNDR_TUPLE && state->items.count == 2;
    const undr_value *dict = with_slots ? state->items.at[0] : state;
    return dict == NULL || dict->kind == UNDR_NONE ? NULL : dict;
}

/* Task.__repr__: <class 'module.Name'>({'key': value}); classes that are not tasks can't be told from those that are.
 * An exception, or another builtin: Name(argument). Else as a literal. */
static undr_error print_repr(printer *out, const undr_value *value, const print_holder *holder, size_t depth) {
    const undr_object *object = &value->object;
    const undr_value *dict = dict_of(object->state);
    if (!is_plain_instance(object) || (object->by_reduce && is_builtin(object->callable) && dict == NULL)) {
        return print_object(out, value, holder, depth);
    }
    undr_error error = print_class(out, object->callable);
    if (error == UNDR_OK) {
        error = put_text(out, "(");
    }
    if (error == UNDR_OK) {
        error = dict == NULL ? put_text(out, "{}") : print_value(out, dict, holder, depth);
    }
    return error != UNDR_OK ? error : put_text(out, ")");
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

/* What is printed for a value inside itself. */
static const char *ellipsis(const printer *out, undr_kind kind) {
    if (out->repr && (kind == UNDR_SET || kind == UNDR_FROZENSET)) {
        return kind == UNDR_SET ? "set(...)" : "frozenset(...)";
    }
    switch (kind) {
    case UNDR_LIST: return "[...]";
    case UNDR_DICT: return "{...}";
    case UNDR_TUPLE: return "(...)";
    default: return "...";
    }
}

static bool holds_dict(const undr_value *value) {
    const undr_value *dict = dict_of(value->object.state);
    return is_plain_instance(&value->object) && dict != NULL && dict->kind == UNDR_DICT;
}

static undr_error print_container(printer *out, const undr_value *value, const print_holder *outer, size_t depth) {
    /* Of a task inside itself Python sees it at the dict only. */
    const bool looks = !out->repr || value->kind != UNDR_OBJECT || !holds_dict(value);
    for (const print_holder *holder = outer; looks && holder != NULL; holder = holder->outer) {
        if (holder->value == value) {
            return put_text(out, ellipsis(out, value->kind));
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
    case UNDR_OBJECT: return out->repr ? print_repr(out, value, &here, depth) : print_object(out, value, &here, depth);
    default: return print_between(out, value, &here, depth);
    }
}

/* In decimal an int has few digits, else two for each byte. */
static undr_error print_int(printer *out, undr_slice bytes) {
    return bytes.size > room_of(out) ? UNDR_LIMIT_BYTES : undr_print_int(out->buffer, bytes);
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
    case UNDR_INT: return print_int(out, value->bytes);
    case UNDR_FLOAT: return undr_print_float(out->buffer, value->real);
    case UNDR_STR: return print_quoted(out, value->bytes, UNDR_STR);
    case UNDR_BYTES:
    case UNDR_BYTEARRAY: return print_bytes(out, value);
    case UNDR_CLASS: return print_class(out, value);
    default: return print_container(out, value, outer, depth + 1);
    }
}

/* At most this many steps and bytes more than were printed. */
static printer printer_into(undr_buffer *buffer, uint64_t steps, size_t bytes) {
    const size_t start = buffer->size;
    /* unreachable: no buffer is so large */
    const size_t end = start > SIZE_MAX - bytes ? SIZE_MAX : start + bytes;
    return (printer){.buffer = buffer, .steps = steps, .end = end};
}

undr_error undr_value_print(undr_buffer *buffer, const undr_value *value) {
    return undr_value_print_within(buffer, value, most_steps, most_bytes);
}

undr_error undr_value_print_within(undr_buffer *buffer, const undr_value *value, uint64_t steps, size_t bytes) {
    if (value == NULL) {
        return UNDR_ARGUMENT;
    }
    const size_t start = buffer->size;
    printer out = printer_into(buffer, steps, bytes);
    const undr_error error = print_value(&out, value, NULL, 0);
    if (error != UNDR_OK) {
        buffer->size = start;
    }
    return error;
}

/* Each value that is printed has a byte at least; the walk to those that are printed costs a little more. */
enum { STEPS_PER_BYTE = 4, FREE_STEPS = 4096 };

static undr_error print_short(undr_buffer *buffer, const undr_value *value, size_t bytes, bool repr) {
    if (value == NULL) {
        return UNDR_ARGUMENT;
    }
    const size_t start = buffer->size;
    printer out = printer_into(buffer, FREE_STEPS + STEPS_PER_BYTE * (uint64_t)bytes, bytes);
    out.repr = repr;
    undr_error error = print_value(&out, value, NULL, 0);
    if (error == UNDR_LIMIT_NODES || error == UNDR_LIMIT_BYTES) {
        error = undr_put_text(buffer, "...");
    }
    if (error != UNDR_OK) {
        buffer->size = start;
    }
    return error;
}

undr_error undr_value_print_short(undr_buffer *buffer, const undr_value *value, size_t bytes) {
    return print_short(buffer, value, bytes, false);
}

undr_error undr_value_repr_short(undr_buffer *buffer, const undr_value *value, size_t bytes) {
    return print_short(buffer, value, bytes, true);
}
