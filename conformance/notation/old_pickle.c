/* old_pickle.c: writes pickles of the protocols 0 (text) and 1 (binary), as CPython still reads them. */
#include "notation/old_pickle.h"

#include "base/writer.h"

#include <string.h>

enum { MOST_DEPTH = 200, MOST_VALUES = 10000000 };

typedef struct pickler {
    check_writer to;
    bool binary; /* protocol 1 */
    size_t left; /* values that may still be written */
} pickler;

static void write_value(pickler *out, const undr_value *value, unsigned depth);

static void write_text_value(pickler *out, const char *before, const undr_value *value, const char *after) {
    check_write(&out->to, before);
    check_write_value(&out->to, value);
    check_write(&out->to, after);
}

static void write_little_endian(pickler *out, int64_t number, int size) {
    for (int i = 0; i < size; i++) {
        check_write_byte(&out->to, (uint8_t)((uint64_t)number >> 8 * i));
    }
}

static void write_int(pickler *out, const undr_value *value) {
    int64_t number;
    if (!undr_value_int64(value, &number) || number < INT32_MIN || number > INT32_MAX) {
        write_text_value(out, "L", value, "L\n");
        return;
    }
    if (!out->binary) {
        write_text_value(out, "I", value, "\n");
        return;
    }
    int size = number >= 0 && number <= 0xff ? 1 : number >= 0 && number <= 0xffff ? 2 : 4;
    check_write(&out->to, size == 1 ? "K" : size == 2 ? "M" : "J");
    write_little_endian(out, number, size);
}

static void write_float(pickler *out, const undr_value *value) {
    if (!out->binary) {
        write_text_value(out, "F", value, "\n");
        return;
    }
    check_write(&out->to, "G");
    if (check_writer_goes_on(&out->to)) {
        check_writer_keep(&out->to, undr_put_f64be(out->to.to, value->real));
    }
}

/* The next character of UTF-8 (lone surrogates included); a byte that fits nowhere is returned as it is. */
static uint32_t next_character(undr_slice text, size_t *offset) {
    uint8_t first = text.data[(*offset)++];
    size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    if (more > text.size - *offset) {
        more = 0;
    }
    uint32_t code = more == 0 ? first : first & (0x3fu >> more);
    for (size_t i = 0; i < more; i++) {
        code = code << 6 | (text.data[(*offset)++] & 0x3fu);
    }
    return code;
}

/* "raw-unicode-escape": Latin-1, everything else as \u or \U; also what would end or change the line. */
static void write_escaped(pickler *out, uint32_t code) {
    bool plain = code < 0x100 && code != '\\' && code != '\n' && code != '\r' && code != 0 && code != 0x1a;
    if (plain) {
        check_write_byte(&out->to, (uint8_t)code);
    } else {
        check_write_format(&out->to, code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
    }
}

static void write_str(pickler *out, undr_slice text) {
    if (out->binary) {
        check_writer_keep(&out->to, text.size > UINT32_MAX ? UNDR_ARGUMENT : UNDR_OK);
        check_write(&out->to, "X");
        write_little_endian(out, (int64_t)text.size, 4);
        check_write_slice(&out->to, text);
        return;
    }
    check_write(&out->to, "V");
    for (size_t offset = 0; out->to.error == UNDR_OK && offset < text.size;) {
        write_escaped(out, next_character(text, &offset));
    }
    check_write(&out->to, "\n");
}

/* These protocols have no bytes: _codecs.encode(text, 'latin1') makes them. */
static void write_bytes(pickler *out, undr_slice bytes) {
    undr_buffer text = {0};
    check_writer latin = check_writer_to(&text);
    for (size_t i = 0; latin.error == UNDR_OK && i < bytes.size; i++) {
        uint8_t byte = bytes.data[i];
        if (byte >= 0x80) {
            check_write_byte(&latin, (uint8_t)(0xc0 | byte >> 6));
            byte = (uint8_t)(0x80 | (byte & 0x3f));
        }
        check_write_byte(&latin, byte);
    }
    check_writer_keep(&out->to, latin.error);
    check_write(&out->to, "c_codecs\nencode\n(");
    write_str(out, undr_buffer_slice(&text));
    write_str(out, undr_slice_text("latin1"));
    check_write(&out->to, "tR");
    undr_buffer_free(&text);
}

static void write_bytearray(pickler *out, undr_slice bytes) {
    check_write(&out->to, "c__builtin__\nbytearray\n(");
    write_bytes(out, bytes);
    check_write(&out->to, "tR");
}

/* Items between two marks, each with something behind it. */
static void write_items(
    pickler *out, const char *before, undr_items items, const char *behind, const char *after, unsigned depth) {
    check_write(&out->to, before);
    for (size_t i = 0; out->to.error == UNDR_OK && i < items.count; i++) {
        write_value(out, items.at[i], depth);
        check_write(&out->to, behind);
    }
    check_write(&out->to, after);
}

static void write_list(pickler *out, undr_items items, unsigned depth) {
    if (out->binary) {
        write_items(out, "](", items, "", "e", depth);
    } else {
        write_items(out, "(l", items, "a", "", depth);
    }
}

static void write_dict(pickler *out, undr_items items, unsigned depth) {
    if (out->binary) {
        write_items(out, "}(", items, "", "u", depth);
        return;
    }
    check_write(&out->to, "(d");
    for (size_t i = 0; out->to.error == UNDR_OK && i + 1 < items.count; i += 2) {
        write_value(out, items.at[i], depth);
        write_value(out, items.at[i + 1], depth);
        check_write(&out->to, "s");
    }
}

/* set([...]), frozenset([...]) */
static void write_set(pickler *out, const undr_value *value, unsigned depth) {
    check_write(&out->to, value->kind == UNDR_SET ? "c__builtin__\nset\n(" : "c__builtin__\nfrozenset\n(");
    write_list(out, value->items, depth);
    check_write(&out->to, "tR");
}

static void write_class(pickler *out, const undr_value *value) {
    check_write(&out->to, "c");
    check_write_slice(&out->to, value->class_name.module);
    check_write(&out->to, "\n");
    check_write_slice(&out->to, value->class_name.name);
    check_write(&out->to, "\n");
}

/* copy_reg._reconstructor(class, object, None), then its state. */
static void write_object(pickler *out, const undr_object *object, unsigned depth) {
    bool plain = object->callable != NULL && object->callable->kind == UNDR_CLASS && object->kwargs == NULL
        && (object->args == NULL || object->args->items.count == 0) && object->appended.count == 0
        && object->entries.count == 0;
    if (!plain) {
        check_writer_keep(&out->to, UNDR_ARGUMENT);
        return;
    }
    check_write(&out->to, "ccopy_reg\n_reconstructor\n(");
    write_class(out, object->callable);
    check_write(&out->to, "c__builtin__\nobject\nNtR");
    if (object->state != NULL) {
        write_value(out, object->state, depth);
        check_write(&out->to, "b");
    }
}

static void write_value(pickler *out, const undr_value *value, unsigned depth) {
    if (depth == 0 || out->left == 0) {
        check_writer_keep(&out->to, depth == 0 ? UNDR_LIMIT_DEPTH : UNDR_LIMIT_NODES);
        return;
    }
    out->left--;
    switch (value->kind) {
    case UNDR_NONE: check_write(&out->to, "N"); break;
    case UNDR_BOOL: check_write(&out->to, value->boolean ? "I01\n" : "I00\n"); break;
    case UNDR_INT: write_int(out, value); break;
    case UNDR_FLOAT: write_float(out, value); break;
    case UNDR_STR: write_str(out, value->bytes); break;
    case UNDR_BYTES: write_bytes(out, value->bytes); break;
    case UNDR_BYTEARRAY: write_bytearray(out, value->bytes); break;
    case UNDR_LIST: write_list(out, value->items, depth - 1); break;
    case UNDR_TUPLE: write_items(out, "(", value->items, "", "t", depth - 1); break;
    case UNDR_DICT: write_dict(out, value->items, depth - 1); break;
    case UNDR_SET:
    case UNDR_FROZENSET: write_set(out, value, depth - 1); break;
    case UNDR_CLASS: write_class(out, value); break;
    case UNDR_OBJECT: write_object(out, &value->object, depth - 1); break;
    }
}

undr_error check_old_pickle(const undr_value *value, int protocol, undr_buffer *buffer) {
    if (protocol != 0 && protocol != 1) {
        return UNDR_ARGUMENT;
    }
    pickler out = {.to = check_writer_to(buffer), .binary = protocol == 1, .left = MOST_VALUES};
    write_value(&out, value, MOST_DEPTH);
    check_write(&out.to, ".");
    return out.to.error;
}
