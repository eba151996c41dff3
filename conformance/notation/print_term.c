/* print_term.c: prints terms and values in the notation. */
#include "notation/print_term.h"
#include "base/writer.h"
#include "notation/parse_word.h"
#include "notation/term.h"

#include "undr/pickle.h"

#include <inttypes.h>
#include <string.h>

/* The bounds for a case's own literals; what has more is printed as `...`. Values from the wire have bounds of their
 * own: a few bytes can make a value of a million leaves. */
enum { MOST_VALUES = 200000, MOST_BYTES = 256 * 1024 * 1024 };

typedef struct printer {
    check_writer to;
    size_t left;   /* values that may still be printed */
    size_t end;    /* of the buffer, about */
    size_t leaf;   /* bytes of a value that is not a container, about */
    bool readable; /* everything so far can be read back */
} printer;

static void print_value(printer *out, const undr_value *value, unsigned depth);

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

static void print_str(check_writer *out, const char *text, size_t size) {
    const undr_value value = {.kind = UNDR_STR, .bytes = undr_slice_of(text, size)};
    check_write_value(out, &value);
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

static void print_container(printer *out, const undr_value *value, unsigned depth) {
    undr_items items = value->items;
    brackets around = brackets_of(value->kind, items.count);
    check_write(&out->to, around.before);
    for (size_t i = 0; i < items.count && out->readable && out->to.error == UNDR_OK; i++) {
        check_write(&out->to, i == 0 ? "" : value->kind == UNDR_DICT && i % 2 == 1 ? ": " : ", ");
        print_value(out, items.at[i], depth);
    }
    check_write(&out->to, around.after);
}

static bool is_empty(const undr_value *container) {
    return container == NULL
        || ((container->kind == UNDR_TUPLE || container->kind == UNDR_DICT) && container->items.count == 0);
}

static void print_object(printer *out, const undr_object *object, unsigned depth) {
    bool plain = object->callable != NULL && is_plain_class(object->callable) && is_empty(object->args)
        && is_empty(object->kwargs) && object->appended.count == 0 && object->entries.count == 0;
    if (!plain) {
        out->readable = false;
        return;
    }
    char class_name[256];
    const char *key = NULL;
    class_text(object->callable, class_name);
    const char *name = check_class_short(class_name, &key);
    const undr_value *state = object->state;
    if (name != NULL && state == NULL) {
        check_write(&out->to, name);
        return;
    }
    const undr_value *entry = name != NULL && key != NULL ? check_value_only_entry(state, key) : NULL;
    if (entry != NULL) {
        check_write_format(&out->to, "%s(", name);
        print_value(out, entry, depth);
    } else {
        check_write(&out->to, "object(");
        print_str(&out->to, class_name, strlen(class_name));
        check_write(&out->to, state != NULL ? ", " : "");
        if (state != NULL) {
            print_value(out, state, depth);
        }
    }
    check_write(&out->to, ")");
}

static void print_class_name(check_writer *out, const char *name) {
    check_write(out, "class(");
    print_str(out, name, strlen(name));
    check_write(out, ")");
}

static void print_class(printer *out, const undr_value *value) {
    char class_name[256];
    if (!is_plain_class(value)) {
        out->readable = false;
        return;
    }
    class_text(value, class_name);
    print_class_name(&out->to, class_name);
}

/* A value that is not a container. Is it longer than there is room for? Each of its bytes prints as one character at
 * least, and four at most. print_value has seen that there is room for something. */
static void print_leaf(printer *out, const undr_value *value) {
    bool has_bytes = value->kind == UNDR_STR || value->kind == UNDR_BYTES || value->kind == UNDR_BYTEARRAY
        || value->kind == UNDR_INT;
    if (out->leaf != SIZE_MAX) {
        check_writer_keep(&out->to, undr_value_print_short(out->to.to, value, out->leaf));
    } else if (has_bytes && value->bytes.size > out->end - out->to.to->size) {
        out->readable = false;
    } else {
        check_write_value(&out->to, value);
    }
}

static void print_value(printer *out, const undr_value *value, unsigned depth) {
    if (depth == 0 || out->left == 0 || out->to.to->size > out->end) {
        out->readable = false;
        return;
    }
    out->left--;
    switch (value->kind) {
    case UNDR_LIST:
    case UNDR_TUPLE:
    case UNDR_DICT:
    case UNDR_SET:
    case UNDR_FROZENSET: print_container(out, value, depth - 1); break;
    case UNDR_OBJECT: print_object(out, &value->object, depth - 1); break;
    case UNDR_CLASS: print_class(out, value); break;
    default: print_leaf(out, value); break;
    }
}

undr_error check_print_value_within(
    undr_buffer *buffer, const undr_value *value, size_t most, size_t bytes, bool *readable) {
    size_t before = buffer->size, end = before > SIZE_MAX - bytes ? SIZE_MAX : before + bytes;
    printer out = {.to = check_writer_to(buffer), .left = most, .end = end, .leaf = SIZE_MAX, .readable = true};
    print_value(&out, value, CHECK_TERM_DEPTH);
    *readable = out.readable && out.to.error == UNDR_OK;
    if (!*readable) {
        buffer->size = before;
    }
    return out.to.error;
}

undr_error check_print_value_start(undr_buffer *buffer, const undr_value *value, size_t size) {
    size_t before = buffer->size;
    printer out = {
        .to = check_writer_to(buffer), .left = size + 1, .end = SIZE_MAX, .leaf = size + 1, .readable = true};
    print_value(&out, value, CHECK_TERM_DEPTH);
    if (out.to.error != UNDR_OK || out.readable || buffer->size - before > size) { /* each value has a byte, at least */
        return out.to.error;
    }
    buffer->size = before;
    return undr_value_print_short(buffer, value, size + 1);
}

undr_error check_print_value(undr_buffer *buffer, const undr_value *value, bool *readable) {
    size_t before = buffer->size;
    undr_error error = check_print_value_within(buffer, value, MOST_VALUES, MOST_BYTES, readable);
    if (error == UNDR_OK && !*readable) {
        error = undr_value_print(buffer, value);
    }
    if (undr_pickle_is_too_large(error)) {
        buffer->size = before;
        return undr_put_text(buffer, "...");
    }
    return error;
}

/* ---- terms: as deep as the parser lets them nest ---- */

static void write_term(check_writer *out, const check_term *term);

static void write_literal(check_writer *out, const undr_value *value) {
    bool readable;
    if (check_writer_goes_on(out)) {
        check_writer_keep(out, check_print_value(out->to, value, &readable));
    }
}

static void write_parts(check_writer *out, const check_term *term, const char *before, const char *after) {
    check_write(out, before);
    for (size_t i = 0; i < term->part_count; i++) {
        check_write(out, i == 0 ? "" : term->kind == CHECK_TERM_DICT && i % 2 == 1 ? ": " : ", ");
        write_term(out, term->parts[i]);
    }
    check_write(out, after);
}

static void write_object_term(check_writer *out, const check_term *term) {
    const char *key = NULL;
    const char *name = check_class_short(term->text, &key);
    if (term->bare) { /* only what has a short name can be */
        check_write(out, name);
        return;
    }
    const check_term *state = term->part_count > 0 ? term->parts[0] : NULL, *entry = NULL;
    const undr_value *value = NULL;
    if (name != NULL && key != NULL && state != NULL) {
        entry = check_term_only_entry(state, key);
        value = state->kind == CHECK_TERM_VALUE ? check_value_only_entry(state->value, key) : NULL;
    }
    if (entry != NULL || value != NULL) {
        check_write_format(out, "%s(", name);
    } else {
        check_write(out, "object(");
        print_str(out, term->text, strlen(term->text));
        check_write(out, state != NULL ? ", " : "");
        entry = state;
    }
    if (entry != NULL) {
        write_term(out, entry);
    } else if (value != NULL) {
        write_literal(out, value);
    }
    check_write(out, ")");
}

static void write_term(check_writer *out, const check_term *term) {
    /* unreachable: the enum has no other value */
    switch (term->kind) {
    case CHECK_TERM_VALUE: write_literal(out, term->value); break;
    case CHECK_TERM_LIST: write_parts(out, term, "[", "]"); break;
    case CHECK_TERM_TUPLE: write_parts(out, term, "(", term->part_count == 1 ? ",)" : ")"); break;
    case CHECK_TERM_DICT:
    case CHECK_TERM_SET: write_parts(out, term, "{", "}"); break;
    case CHECK_TERM_OBJECT: write_object_term(out, term); break;
    case CHECK_TERM_CLASS: print_class_name(out, term->text); break;
    case CHECK_TERM_BIND: check_write_format(out, "?%s", term->text); break;
    case CHECK_TERM_ANY: check_write(out, "_"); break;
    case CHECK_TERM_GATE: check_write(out, term->text); break;
    case CHECK_TERM_COUNTER: check_write(out, "i"); break;
    case CHECK_TERM_TIMES:
        write_term(out, term->parts[0]);
        check_write_format(out, " * %" PRIu64, term->number);
        break;
    }
}

undr_error check_print_term(undr_buffer *buffer, const check_term *term) {
    check_writer out = check_writer_to(buffer);
    write_term(&out, term);
    return out.error;
}

undr_error check_print_pattern(undr_buffer *buffer, const check_payload *payload) {
    if (payload->form == CHECK_PAYLOAD_EMPTY) {
        return UNDR_OK;
    }
    check_writer out = check_writer_to(buffer);
    bool wire = payload->form == CHECK_PAYLOAD_WIRE, numbered = !wire && payload->protocol != CHECK_NO_PROTOCOL;
    bool wrapped = !wire && !numbered && check_is_wire_literal(payload->term);
    check_write(&out, wrapped ? " pickle(" : " ");
    if (numbered) {
        check_write_format(&out, "pickle%d(", payload->protocol);
    }
    write_term(&out, payload->term);
    check_write(&out, wrapped || numbered ? ")" : "");
    if (payload->contains != NULL) { /* not of bytes on the wire: the parser refuses that */
        check_write(&out, " contains ");
        print_str(&out, payload->contains, payload->contains_size);
    }
    return out.error;
}
