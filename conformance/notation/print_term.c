/* print_term.c: prints terms and values in the notation. */
#include "notation/parse_word.h"
#include "notation/print.h"
#include "notation/term.h"

#include "undr/pickle.h"

#include <inttypes.h>
#include <string.h>

/* Of a case's own literals so many values are printed as what they are. Values from the wire have bounds of their own:
 * a few bytes can make a value of a million leaves. */
enum { MOST_VALUES = 200000, MOST_BYTES = 256 * 1024 * 1024 };

typedef struct printer {
    undr_buffer *buffer;
    size_t left; /* values that may still be printed */
    size_t end;  /* of the buffer, about */
    size_t leaf; /* bytes of one that is no container, about */
    bool whole;  /* everything so far can be read back */
} printer;

static undr_error print_value(printer *out, const undr_value *value, unsigned depth);

static undr_error give_up(printer *out) {
    out->whole = false;
    return UNDR_OK;
}

/* A module and a name that object('m.N') and class('m.N') can say: identifiers, the last dot between the two. */
static bool is_plain_class(const undr_value *value) {
    undr_slice module = value->class_name.module, name = value->class_name.name;
    if (value->kind != UNDR_CLASS || name.size == 0 || module.size + name.size > 200) {
        return false;
    }
    if (memchr(name.data, '.', name.size) != NULL || memchr(name.data, '\0', name.size) != NULL) {
        return false;
    }
    return check_is_class_name(module, false) && check_is_class_name(name, false);
}

static void class_text(const undr_value *value, char text[256]) {
    undr_slice module = value->class_name.module, name = value->class_name.name;
    memcpy(text, module.data, module.size);
    text[module.size] = '.';
    memcpy(text + module.size + 1, name.data, name.size);
    text[module.size + 1 + name.size] = '\0';
}

static undr_error print_str(undr_buffer *buffer, const char *text, size_t size) {
    const undr_value value = {.kind = UNDR_STR, .bytes = undr_slice_of(text, size)};
    return undr_value_print(buffer, &value);
}

static undr_error print_items(printer *out, undr_items items, bool pairs, unsigned depth) {
    for (size_t i = 0; i < items.count && out->whole; i++) {
        undr_error error = i == 0 ? UNDR_OK : undr_put_text(out->buffer, pairs && i % 2 == 1 ? ": " : ", ");
        if (error == UNDR_OK) {
            error = print_value(out, items.at[i], depth);
        }
        if (error != UNDR_OK) {
            return error;
        }
    }
    return UNDR_OK;
}

typedef struct brackets {
    const char *before, *after;
} brackets;

static brackets brackets_of(undr_kind kind, size_t count) {
    switch (kind) {
    case UNDR_LIST: return (brackets){"[", "]"};
    case UNDR_TUPLE: return (brackets){"(", count == 1 ? ",)" : ")"};
    case UNDR_SET: return count == 0 ? (brackets){"set(", ")"} : (brackets){"{", "}"};
    case UNDR_FROZENSET: return count == 0 ? (brackets){"frozenset(", ")"} : (brackets){"frozenset({", "})"};
    default: return (brackets){"{", "}"};
    }
}

static undr_error print_container(printer *out, const undr_value *value, unsigned depth) {
    brackets around = brackets_of(value->kind, value->items.count);
    undr_error error = undr_put_text(out->buffer, around.before);
    if (error == UNDR_OK) {
        error = print_items(out, value->items, value->kind == UNDR_DICT, depth);
    }
    return error == UNDR_OK ? undr_put_text(out->buffer, around.after) : error;
}

static bool is_empty(const undr_value *container) {
    return container == NULL
        || ((container->kind == UNDR_TUPLE || container->kind == UNDR_DICT) && container->items.count == 0);
}

/* BEFORE ( [VALUE] ) */
static undr_error print_call(printer *out, const char *name, const undr_value *value, unsigned depth) {
    undr_error error = undr_put_format(out->buffer, "%s(", name);
    if (error == UNDR_OK) {
        error = print_value(out, value, depth);
    }
    return error == UNDR_OK ? undr_put_text(out->buffer, ")") : error;
}

static undr_error print_object_of(printer *out, const char *class_name, const undr_value *state, unsigned depth) {
    undr_error error = undr_put_text(out->buffer, "object(");
    if (error == UNDR_OK) {
        error = print_str(out->buffer, class_name, strlen(class_name));
    }
    if (error == UNDR_OK && state != NULL) {
        error = undr_put_text(out->buffer, ", ");
        error = error == UNDR_OK ? print_value(out, state, depth) : error;
    }
    return error == UNDR_OK ? undr_put_text(out->buffer, ")") : error;
}

static undr_error print_object(printer *out, const undr_object *object, unsigned depth) {
    bool plain = object->callable != NULL && is_plain_class(object->callable) && is_empty(object->args)
        && is_empty(object->kwargs) && object->appended.count == 0 && object->entries.count == 0;
    if (!plain) {
        return give_up(out);
    }
    char class_name[256];
    const char *key = NULL;
    class_text(object->callable, class_name);
    const char *name = check_class_short(class_name, &key);
    const undr_value *state = object->state;
    if (name != NULL && state == NULL) {
        return undr_put_text(out->buffer, name);
    }
    const undr_value *entry = name != NULL && key != NULL ? check_value_only_entry(state, key) : NULL;
    return entry != NULL ? print_call(out, name, entry, depth) : print_object_of(out, class_name, state, depth);
}

static undr_error print_class(printer *out, const undr_value *value) {
    if (!is_plain_class(value)) {
        return give_up(out);
    }
    char class_name[256];
    class_text(value, class_name);
    undr_error error = undr_put_text(out->buffer, "class(");
    if (error == UNDR_OK) {
        error = print_str(out->buffer, class_name, strlen(class_name));
    }
    return error == UNDR_OK ? undr_put_text(out->buffer, ")") : error;
}

/* Does this value, which is not a container, have more bytes than there is room for? Each is a character at least, and
 * four at most. print_value has seen that there is room for something. */
static bool is_too_long(const printer *out, const undr_value *value) {
    bool has_bytes = value->kind == UNDR_STR || value->kind == UNDR_BYTES || value->kind == UNDR_BYTEARRAY
        || value->kind == UNDR_INT;
    return has_bytes && value->bytes.size > out->end - out->buffer->size;
}

static undr_error print_leaf(printer *out, const undr_value *value) {
    if (out->leaf != SIZE_MAX) {
        return undr_value_print_short(out->buffer, value, out->leaf);
    }
    return is_too_long(out, value) ? give_up(out) : undr_value_print(out->buffer, value);
}

static undr_error print_value(printer *out, const undr_value *value, unsigned depth) {
    if (depth == 0 || out->left == 0 || out->buffer->size > out->end) {
        return give_up(out);
    }
    out->left--;
    switch (value->kind) {
    case UNDR_LIST:
    case UNDR_TUPLE:
    case UNDR_DICT:
    case UNDR_SET:
    case UNDR_FROZENSET: return print_container(out, value, depth - 1);
    case UNDR_OBJECT: return print_object(out, &value->object, depth - 1);
    case UNDR_CLASS: return print_class(out, value);
    default: return print_leaf(out, value);
    }
}

undr_error check_print_value_within(
    undr_buffer *buffer, const undr_value *value, size_t most, size_t bytes, bool *whole) {
    size_t before = buffer->size, end = before > SIZE_MAX - bytes ? SIZE_MAX : before + bytes;
    printer out = {.buffer = buffer, .left = most, .end = end, .leaf = SIZE_MAX, .whole = true};
    undr_error error = print_value(&out, value, CHECK_TERM_DEPTH);
    *whole = out.whole && error == UNDR_OK;
    if (!*whole) {
        buffer->size = before;
    }
    return error;
}

undr_error check_print_value_start(undr_buffer *buffer, const undr_value *value, size_t size) {
    size_t before = buffer->size;
    printer out = {.buffer = buffer, .left = size + 1, .end = SIZE_MAX, .leaf = size + 1, .whole = true};
    undr_error error = print_value(&out, value, CHECK_TERM_DEPTH);
    if (error != UNDR_OK || out.whole || buffer->size - before > size) { /* each value has a byte, at least */
        return error;
    }
    buffer->size = before;
    return undr_value_print_short(buffer, value, size + 1);
}

undr_error check_print_value(undr_buffer *buffer, const undr_value *value, bool *whole) {
    size_t before = buffer->size;
    undr_error error = check_print_value_within(buffer, value, MOST_VALUES, MOST_BYTES, whole);
    if (error == UNDR_OK && !*whole) {
        error = undr_value_print(buffer, value);
    }
    if (undr_pickle_is_too_large(error)) {
        buffer->size = before;
        return undr_put_text(buffer, "...");
    }
    return error;
}

/* ---- terms: as deep as the parser lets them nest ---- */

static undr_error print_parts(undr_buffer *buffer, const check_term *term, const char *before, const char *after) {
    undr_error error = undr_put_text(buffer, before);
    for (size_t i = 0; error == UNDR_OK && i < term->part_count; i++) {
        error = i == 0 ? UNDR_OK : undr_put_text(buffer, term->kind == CHECK_TERM_DICT && i % 2 == 1 ? ": " : ", ");
        if (error == UNDR_OK) {
            error = check_print_term(buffer, term->parts[i]);
        }
    }
    return error == UNDR_OK ? undr_put_text(buffer, after) : error;
}

static undr_error print_attribute(
    undr_buffer *buffer, const char *name, const check_term *entry, const undr_value *value) {
    bool whole = true;
    undr_error error = undr_put_format(buffer, "%s(", name);
    if (error == UNDR_OK) {
        error = entry != NULL ? check_print_term(buffer, entry) : check_print_value(buffer, value, &whole);
    }
    return error == UNDR_OK ? undr_put_text(buffer, ")") : error;
}

static undr_error print_object_term(undr_buffer *buffer, const check_term *term) {
    const char *key = NULL;
    const char *name = check_class_short(term->text, &key);
    if (term->bare) { /* only what has a short name can be */
        return undr_put_text(buffer, name);
    }
    const check_term *state = term->part_count > 0 ? term->parts[0] : NULL;
    if (name != NULL && key != NULL && state != NULL) {
        const check_term *entry = check_term_only_entry(state, key);
        const undr_value *value = state->kind == CHECK_TERM_VALUE ? check_value_only_entry(state->value, key) : NULL;
        if (entry != NULL || value != NULL) {
            return print_attribute(buffer, name, entry, value);
        }
    }
    undr_error error = undr_put_text(buffer, "object(");
    if (error == UNDR_OK) {
        error = print_str(buffer, term->text, strlen(term->text));
    }
    if (error == UNDR_OK && state != NULL) {
        error = undr_put_text(buffer, ", ");
        error = error == UNDR_OK ? check_print_term(buffer, state) : error;
    }
    return error == UNDR_OK ? undr_put_text(buffer, ")") : error;
}

static undr_error print_class_term(undr_buffer *buffer, const check_term *term) {
    undr_error error = undr_put_text(buffer, "class(");
    if (error == UNDR_OK) {
        error = print_str(buffer, term->text, strlen(term->text));
    }
    return error == UNDR_OK ? undr_put_text(buffer, ")") : error;
}

static undr_error print_times(undr_buffer *buffer, const check_term *term) {
    undr_error error = check_print_term(buffer, term->parts[0]);
    return error == UNDR_OK ? undr_put_format(buffer, " * %" PRIu64, term->number) : error;
}

undr_error check_print_term(undr_buffer *buffer, const check_term *term) {
    bool whole;
    /* unreachable: the enum has no other value */
    switch (term->kind) {
    case CHECK_TERM_VALUE: return check_print_value(buffer, term->value, &whole);
    case CHECK_TERM_LIST: return print_parts(buffer, term, "[", "]");
    case CHECK_TERM_TUPLE: return print_parts(buffer, term, "(", term->part_count == 1 ? ",)" : ")");
    case CHECK_TERM_DICT:
    case CHECK_TERM_SET: return print_parts(buffer, term, "{", "}");
    case CHECK_TERM_OBJECT: return print_object_term(buffer, term);
    case CHECK_TERM_CLASS: return print_class_term(buffer, term);
    case CHECK_TERM_BIND: return undr_put_format(buffer, "?%s", term->text);
    case CHECK_TERM_ANY: return undr_put_text(buffer, "_");
    case CHECK_TERM_GATE: return undr_put_text(buffer, term->text);
    case CHECK_TERM_COUNTER: return undr_put_text(buffer, "i");
    case CHECK_TERM_TIMES: return print_times(buffer, term);
    }
    return UNDR_ARGUMENT; /* unreachable: likewise */
}

static undr_error print_pickle(undr_buffer *buffer, const check_payload *payload, bool wrap) {
    undr_error error = UNDR_OK;
    if (payload->protocol != CHECK_NO_PROTOCOL) {
        error = undr_put_format(buffer, "pickle%d(", payload->protocol);
    } else if (wrap) {
        error = undr_put_text(buffer, "pickle(");
    }
    if (error == UNDR_OK) {
        error = check_print_term(buffer, payload->term);
    }
    return error == UNDR_OK && (wrap || payload->protocol != CHECK_NO_PROTOCOL) ? undr_put_text(buffer, ")") : error;
}

undr_error check_print_pattern(undr_buffer *buffer, const check_payload *payload) {
    if (payload->form == CHECK_PAYLOAD_EMPTY) {
        return UNDR_OK;
    }
    undr_error error = undr_put_text(buffer, " ");
    if (error == UNDR_OK && payload->form == CHECK_PAYLOAD_WIRE) {
        return check_print_term(buffer, payload->term);
    }
    if (error == UNDR_OK) {
        error = print_pickle(buffer, payload, check_is_wire_literal(payload->term));
    }
    if (error == UNDR_OK && payload->contains != NULL) {
        error = undr_put_text(buffer, " contains ");
        error = error == UNDR_OK ? print_str(buffer, payload->contains, payload->contains_size) : error;
    }
    return error;
}
