/* pickle_write.c: the broken peer's own small pickle writer. */
#include "pickle.h"

#include "bugs.h"

#include <stdlib.h>
#include <string.h>

typedef struct writer {
    bytes out;
    size_t room;
    int protocol;
    unsigned depth;
} writer;

static void put(writer *w, const void *data, size_t size) {
    if (w->out.size + size > w->room) {
        w->room = (w->out.size + size) * 2 + 64;
        w->out.data = must_have(realloc(w->out.data, w->room));
    }
    if (size > 0) {
        memcpy(w->out.data + w->out.size, data, size);
    }
    w->out.size += size;
}

static void put_byte(writer *w, uint8_t byte) {
    put(w, &byte, 1);
}

static void put_sized(writer *w, uint8_t small, uint8_t large, const uint8_t *data, size_t size) {
    if (small != 0 && size < 256) {
        put_byte(w, small);
        put_byte(w, (uint8_t)size);
    } else {
        uint32_t width = (uint32_t)size;
        put_byte(w, large);
        put(w, (uint8_t[]){(uint8_t)width, (uint8_t)(width >> 8), (uint8_t)(width >> 16), (uint8_t)(width >> 24)}, 4);
    }
    put(w, data, size);
}

static void put_float(writer *w, double real) {
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    put_byte(w, 'G');
    for (int i = 56; i >= 0; i -= 8) {
        put_byte(w, (uint8_t)(bits >> i));
    }
}

static void put_class(writer *w, const val *v) {
    size_t dot = v->size;
    while (dot > 0 && v->data[dot - 1] != '.') {
        dot--;
    }
    put_byte(w, 'c');
    put(w, v->data, dot > 0 ? dot - 1 : 0);
    put_byte(w, '\n');
    put(w, v->data + dot, v->size - dot);
    put_byte(w, '\n');
}

static void put_value(writer *w, const val *v);

static void put_items(writer *w, const val *v, const char *empty, uint8_t fill) {
    put(w, empty, strlen(empty));
    put_byte(w, '(');
    for (size_t i = 0; i < v->count; i++) {
        put_value(w, v->items[i]);
    }
    put_byte(w, fill);
}

static void put_bytes_value(writer *w, const val *v) {
    if (w->protocol >= 3) {
        put_sized(w, 'C', 'B', v->data, v->size);
        return;
    }
    writer text = {0}; /* protocol 2: _codecs.encode(str, 'latin1') */
    for (size_t i = 0; i < v->size; i++) {
        if (v->data[i] >= 0x80) {
            put_byte(&text, (uint8_t)(0xc0 | v->data[i] >> 6));
            put_byte(&text, (uint8_t)(0x80 | (v->data[i] & 0x3f)));
        } else {
            put_byte(&text, v->data[i]);
        }
    }
    put(w, "c_codecs\nencode\n", 16);
    put_sized(w, 0, 'X', text.out.data, text.out.size);
    put_sized(w, 0, 'X', (const uint8_t *)"latin1", 6);
    put(w, "\x86R", 2);
    free(text.out.data);
}

static void put_object(writer *w, const val *v) {
    put_value(w, v->class);
    put_value(w, v->args);
    put_byte(w, v->by_newobj ? 0x81 : 'R');
    if (v->state != NULL) {
        put_value(w, v->state);
        put_byte(w, 'b');
    }
}

static void put_set(writer *w, const val *v) {
    if (w->protocol >= 4 && v->frozen) {
        put_items(w, v, "", 0x91);
        return;
    }
    if (w->protocol >= 4) {
        put_items(w, v, "\x8f", 0x90);
        return;
    }
    put(w, v->frozen ? "c__builtin__\nfrozenset\n" : "c__builtin__\nset\n", v->frozen ? 23 : 17);
    put_items(w, v, "]", 'e');
    put(w, "\x85R", 2);
}

static void put_kind(writer *w, const val *v) {
    switch (v->kind) {
    case K_NONE: put_byte(w, 'N'); return;
    case K_BOOL: put_byte(w, v->truth ? 0x88 : 0x89); return;
    case K_INT:
        if (v->size < 256) {
            put_byte(w, 0x8a);
            put_byte(w, (uint8_t)v->size);
            put(w, v->data, v->size);
        } else {
            put_sized(w, 0, 0x8b, v->data, v->size);
        }
        return;
    case K_FLOAT: put_float(w, v->real); return;
    case K_STR: put_sized(w, w->protocol >= 4 ? 0x8c : 0, 'X', v->data, v->size); return;
    case K_BYTES: put_bytes_value(w, v); return;
    case K_LIST: put_items(w, v, "]", 'e'); return;
    case K_TUPLE: put_items(w, v, "", 't'); return;
    case K_DICT: put_items(w, v, "}", 'u'); return;
    case K_SET: put_set(w, v); return;
    case K_CLASS: put_class(w, v); return;
    case K_OBJECT: put_object(w, v); return;
    case K_MARK: return;
    }
}

static void put_value(writer *w, const val *v) {
    static const val none = {.kind = K_NONE};
    w->depth++;
    put_kind(w, w->depth > 16 && bug(BUG_deep_values_lost) ? &none : v);
    w->depth--;
}

bytes pickle_dumps(const val *v, int protocol) {
    writer w = {.protocol = protocol};
    put_value(&w, v);
    put_byte(&w, '.');
    writer whole = {.protocol = protocol};
    put(&whole, (uint8_t[]){0x80, (uint8_t)protocol}, 2);
    if (protocol >= 4) {
        put_byte(&whole, 0x95);
        for (int i = 0; i < 64; i += 8) {
            put_byte(&whole, (uint8_t)((uint64_t)w.out.size >> i));
        }
    }
    put(&whole, w.out.data, w.out.size);
    free(w.out.data);
    return whole.out;
}
