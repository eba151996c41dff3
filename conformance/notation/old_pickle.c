/* old_pickle.c: writes pickles of the protocols 0 (text) and 1 (binary), as CPython still reads them. */
#include "notation/old_pickle.h"

#include <string.h>

enum { MOST_DEPTH = 200, MOST_VALUES = 10000000 };

typedef struct writer {
    undr_buffer *buffer;
    bool binary; /* protocol 1 */
    size_t left;
} writer;

static undr_error write_value(writer *out, const undr_value *value, unsigned depth);

static undr_error put(writer *out, const char *text) {
    return undr_put_text(out->buffer, text);
}

static undr_error put_text_value(writer *out, const undr_value *value, const char *before, const char *after) {
    undr_error error = put(out, before);
    error = error == UNDR_OK ? undr_value_print(out->buffer, value) : error;
    return error == UNDR_OK ? put(out, after) : error;
}

static undr_error write_int(writer *out, const undr_value *value) {
    int64_t number;
    if (!undr_value_int64(value, &number) || number < INT32_MIN || number > INT32_MAX) {
        return put_text_value(out, value, "L", "L\n");
    }
    if (!out->binary) {
        return put_text_value(out, value, "I", "\n");
    }
    undr_error error = put(out, number >= 0 && number <= 0xff ? "K" : number >= 0 && number <= 0xffff ? "M" : "J");
    if (error != UNDR_OK) {
        return error;
    }
    if (number >= 0 && number <= 0xff) {
        return undr_put_u8(out->buffer, (uint8_t)number);
    }
    return number >= 0 && number <= 0xffff ? undr_put_u16le(out->buffer, (uint16_t)number)
                                           : undr_put_u32le(out->buffer, (uint32_t)number);
}

static undr_error write_float(writer *out, const undr_value *value) {
    if (!out->binary) {
        return put_text_value(out, value, "F", "\n");
    }
    undr_error error = put(out, "G");
    return error == UNDR_OK ? undr_put_f64be(out->buffer, value->real) : error;
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
static undr_error put_escaped(writer *out, uint32_t code) {
    bool plain = code < 0x100 && code != '\\' && code != '\n' && code != '\r' && code != 0 && code != 0x1a;
    if (plain) {
        return undr_put_u8(out->buffer, (uint8_t)code);
    }
    return undr_put_format(out->buffer, code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
}

static undr_error write_str(writer *out, undr_slice text) {
    undr_error error;
    if (out->binary) {
        if (text.size > UINT32_MAX) {
            return UNDR_ARGUMENT;
        }
        error = put(out, "X");
        error = error == UNDR_OK ? undr_put_u32le(out->buffer, (uint32_t)text.size) : error;
        return error == UNDR_OK ? undr_put_slice(out->buffer, text) : error;
    }
    error = put(out, "V");
    for (size_t offset = 0; error == UNDR_OK && offset < text.size;) {
        error = put_escaped(out, next_character(text, &offset));
    }
    return error == UNDR_OK ? put(out, "\n") : error;
}

/* These protocols have no bytes: _codecs.encode(text, 'latin1') makes them. */
static undr_error write_bytes(writer *out, undr_slice bytes) {
    undr_buffer text = {0};
    undr_error error = put(out, "c_codecs\nencode\n(");
    for (size_t i = 0; error == UNDR_OK && i < bytes.size; i++) {
        uint8_t byte = bytes.data[i];
        if (byte >= 0x80) {
            error = undr_put_u8(&text, (uint8_t)(0xc0 | byte >> 6));
            byte = (uint8_t)(0x80 | (byte & 0x3f));
        }
        error = error == UNDR_OK ? undr_put_u8(&text, byte) : error;
    }
    error = error == UNDR_OK ? write_str(out, undr_buffer_slice(&text)) : error;
    error = error == UNDR_OK ? write_str(out, undr_slice_text("latin1")) : error;
    undr_buffer_free(&text);
    return error == UNDR_OK ? put(out, "tR") : error;
}

static undr_error write_bytearray(writer *out, undr_slice bytes) {
    undr_error error = put(out, "c__builtin__\nbytearray\n(");
    error = error == UNDR_OK ? write_bytes(out, bytes) : error;
    return error == UNDR_OK ? put(out, "tR") : error;
}

static undr_error write_each(writer *out, undr_items items, unsigned depth) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; error == UNDR_OK && i < items.count; i++) {
        error = write_value(out, items.at[i], depth);
    }
    return error;
}

static undr_error write_between(writer *out, const char *before, undr_items items, const char *after, unsigned depth) {
    undr_error error = put(out, before);
    error = error == UNDR_OK ? write_each(out, items, depth) : error;
    return error == UNDR_OK ? put(out, after) : error;
}

static undr_error write_list(writer *out, undr_items items, unsigned depth) {
    if (out->binary) {
        return write_between(out, "](", items, "e", depth);
    }
    undr_error error = put(out, "(l");
    for (size_t i = 0; error == UNDR_OK && i < items.count; i++) {
        error = write_value(out, items.at[i], depth);
        error = error == UNDR_OK ? put(out, "a") : error;
    }
    return error;
}

static undr_error write_dict(writer *out, undr_items items, unsigned depth) {
    if (out->binary) {
        return write_between(out, "}(", items, "u", depth);
    }
    undr_error error = put(out, "(d");
    for (size_t i = 0; error == UNDR_OK && i + 1 < items.count; i += 2) {
        error = write_value(out, items.at[i], depth);
        error = error == UNDR_OK ? write_value(out, items.at[i + 1], depth) : error;
        error = error == UNDR_OK ? put(out, "s") : error;
    }
    return error;
}

/* set([...]), frozenset([...]) */
static undr_error write_set(writer *out, const undr_value *value, unsigned depth) {
    undr_error error = put(out, value->kind == UNDR_SET ? "c__builtin__\nset\n(" : "c__builtin__\nfrozenset\n(");
    error = error == UNDR_OK ? write_list(out, value->items, depth) : error;
    return error == UNDR_OK ? put(out, "tR") : error;
}

static undr_error write_class(writer *out, const undr_value *value) {
    undr_error error = put(out, "c");
    error = error == UNDR_OK ? undr_put_slice(out->buffer, value->class_name.module) : error;
    error = error == UNDR_OK ? put(out, "\n") : error;
    error = error == UNDR_OK ? undr_put_slice(out->buffer, value->class_name.name) : error;
    return error == UNDR_OK ? put(out, "\n") : error;
}

/* copy_reg._reconstructor(class, object, None), then its state. */
static undr_error write_object(writer *out, const undr_object *object, unsigned depth) {
    bool plain = object->callable != NULL && object->callable->kind == UNDR_CLASS && object->kwargs == NULL
        && (object->args == NULL || object->args->items.count == 0) && object->appended.count == 0
        && object->entries.count == 0;
    if (!plain) {
        return UNDR_ARGUMENT;
    }
    undr_error error = put(out, "ccopy_reg\n_reconstructor\n(");
    error = error == UNDR_OK ? write_class(out, object->callable) : error;
    error = error == UNDR_OK ? put(out, "c__builtin__\nobject\nNtR") : error;
    if (error == UNDR_OK && object->state != NULL) {
        error = write_value(out, object->state, depth);
        error = error == UNDR_OK ? put(out, "b") : error;
    }
    return error;
}

static undr_error write_value(writer *out, const undr_value *value, unsigned depth) {
    if (depth == 0) {
        return UNDR_LIMIT_DEPTH;
    }
    if (out->left-- == 0) {
        out->left = 0;
        return UNDR_LIMIT_NODES;
    }
    switch (value->kind) {
    case UNDR_NONE: return put(out, "N");
    case UNDR_BOOL: return put(out, value->boolean ? "I01\n" : "I00\n");
    case UNDR_INT: return write_int(out, value);
    case UNDR_FLOAT: return write_float(out, value);
    case UNDR_STR: return write_str(out, value->bytes);
    case UNDR_BYTES: return write_bytes(out, value->bytes);
    case UNDR_BYTEARRAY: return write_bytearray(out, value->bytes);
    case UNDR_LIST: return write_list(out, value->items, depth - 1);
    case UNDR_TUPLE: return write_between(out, "(", value->items, "t", depth - 1);
    case UNDR_DICT: return write_dict(out, value->items, depth - 1);
    case UNDR_SET:
    case UNDR_FROZENSET: return write_set(out, value, depth - 1);
    case UNDR_CLASS: return write_class(out, value);
    case UNDR_OBJECT: return write_object(out, &value->object, depth - 1);
    }
    return UNDR_ARGUMENT;
}

undr_error check_old_pickle(const undr_value *value, int protocol, undr_buffer *buffer) {
    if (protocol != 0 && protocol != 1) {
        return UNDR_ARGUMENT;
    }
    writer out = {.buffer = buffer, .binary = protocol == 1, .left = MOST_VALUES};
    undr_error error = write_value(&out, value, MOST_DEPTH);
    return error == UNDR_OK ? put(&out, ".") : error;
}
