/* match_differ.c: tells how a value or bytes differ from what was expected, in one clause. */
#include "notation/match_differ.h"
#include "notation/print.h"

#include <string.h>

enum { SHORT = 100, KEPT = 80, LONG_TEXT = 60, MOST_DEPTH = 100 };

/* Cuts what was appended since `before`; the text is ASCII but for a name's letters, so no more than one is torn. */
static undr_error cut(undr_buffer *buffer, size_t before) {
    if (buffer->size - before <= SHORT) {
        return UNDR_OK;
    }
    size_t size = before + KEPT;
    while (size > before && (buffer->data[size] & 0xc0) == 0x80) {
        size--;
    }
    buffer->size = size;
    return undr_put_text(buffer, "...");
}

static undr_error put_short_bytes(undr_buffer *buffer, undr_kind kind, undr_slice bytes) {
    size_t size = bytes.size < KEPT ? bytes.size : KEPT;
    while (kind == UNDR_STR && size > 0 && size < bytes.size && (bytes.data[size] & 0xc0) == 0x80) {
        size--;
    }
    const undr_value shown = {.kind = kind, .bytes = undr_slice_of(bytes.data, size)};
    size_t before = buffer->size;
    undr_error error = undr_value_print(buffer, &shown);
    error = error == UNDR_OK ? cut(buffer, before) : error;
    return error == UNDR_OK && size < bytes.size ? undr_put_format(buffer, "... (%zu bytes)", bytes.size) : error;
}

static bool is_bytes(const undr_value *value) {
    return value->kind == UNDR_STR || value->kind == UNDR_BYTES;
}

undr_error check_put_short_value(undr_buffer *buffer, const undr_value *value) {
    if (is_bytes(value)) {
        return put_short_bytes(buffer, value->kind, value->bytes);
    }
    size_t before = buffer->size;
    undr_error error = check_print_value_start(buffer, value, SHORT);
    return error == UNDR_OK ? cut(buffer, before) : error;
}

undr_error check_put_short_term(undr_buffer *buffer, const check_term *term) {
    size_t before = buffer->size;
    if (term->kind == CHECK_TERM_VALUE) {
        return check_put_short_value(buffer, term->value);
    }
    undr_error error = check_print_term(buffer, term);
    return error == UNDR_OK ? cut(buffer, before) : error;
}

undr_error check_put_short_pattern(undr_buffer *buffer, const check_payload *pattern) {
    if (pattern->form == CHECK_PAYLOAD_EMPTY) {
        return undr_put_text(buffer, "an empty payload");
    }
    size_t before = buffer->size;
    undr_error error = check_print_pattern(buffer, pattern);
    if (error == UNDR_OK && buffer->size > before) { /* without its leading blank */
        memmove(buffer->data + before, buffer->data + before + 1, buffer->size - before - 1);
        buffer->size--;
    }
    return error == UNDR_OK ? cut(buffer, before) : error;
}

/* ---- differences ---- */

static size_t first_difference(undr_slice a, undr_slice b) {
    size_t at = 0;
    while (at < a.size && at < b.size && a.data[at] == b.data[at]) {
        at++;
    }
    return at;
}

static undr_error put_where(undr_buffer *why, undr_slice a, undr_slice b) {
    if (a.size <= LONG_TEXT && b.size <= LONG_TEXT) {
        return UNDR_OK;
    }
    return undr_put_format(why, ", which differ from byte %zu on", first_difference(a, b));
}

undr_error check_put_bytes_difference(undr_buffer *why, undr_slice expected, undr_slice received) {
    undr_error error = undr_put_text(why, "expected ");
    error = error == UNDR_OK ? put_short_bytes(why, UNDR_BYTES, expected) : error;
    error = error == UNDR_OK ? undr_put_text(why, ", received ") : error;
    if (error == UNDR_OK && received.size == 0) {
        return undr_put_text(why, "an empty payload");
    }
    error = error == UNDR_OK ? put_short_bytes(why, UNDR_BYTES, received) : error;
    return error == UNDR_OK ? put_where(why, expected, received) : error;
}

typedef struct differ {
    undr_buffer *why, *path;
} differ;

static undr_error put_place(const differ *out) {
    if (out->path->size == 0) {
        return UNDR_OK;
    }
    undr_error error = undr_put_text(out->why, "at ");
    error = error == UNDR_OK ? undr_put_slice(out->why, undr_buffer_slice(out->path)) : error;
    return error == UNDR_OK ? undr_put_text(out->why, ": ") : error;
}

static undr_error put_pair(const differ *out, const undr_value *expected, const undr_value *received) {
    undr_error error = put_place(out);
    error = error == UNDR_OK ? undr_put_text(out->why, "expected ") : error;
    error = error == UNDR_OK ? check_put_short_value(out->why, expected) : error;
    error = error == UNDR_OK ? undr_put_text(out->why, ", received ") : error;
    error = error == UNDR_OK ? check_put_short_value(out->why, received) : error;
    return error == UNDR_OK && is_bytes(expected) && expected->kind == received->kind
        ? put_where(out->why, expected->bytes, received->bytes)
        : error;
}

static undr_error differ_at(const differ *out, const undr_value *expected, const undr_value *received, unsigned depth);

static undr_error differ_count(const differ *out, size_t expected, size_t received, const char *what) {
    undr_error error = put_place(out);
    return error == UNDR_OK ? undr_put_format(out->why, "expected %zu %s, received %zu", expected, what, received)
                            : error;
}

/* Equal as far as can be told: what can't be compared counts as different. */
static undr_error is_equal(const undr_value *a, const undr_value *b, bool *equal) {
    undr_error error = undr_value_equal(a, b, equal);
    if (error == UNDR_LIMIT_DEPTH || error == UNDR_LIMIT_NODES) {
        *equal = false;
        return UNDR_OK;
    }
    return error;
}

static undr_error differ_in_item(
    const differ *out, size_t index, const undr_value *expected, const undr_value *received, unsigned depth) {
    size_t before = out->path->size;
    undr_error error = undr_put_format(out->path, "[%zu]", index);
    error = error == UNDR_OK ? differ_at(out, expected, received, depth) : error;
    out->path->size = before;
    return error;
}

static undr_error differ_sequence(const differ *out, undr_items a, undr_items b, unsigned depth) {
    for (size_t i = 0; i < a.count && i < b.count; i++) {
        bool equal = false;
        undr_error error = is_equal(a.at[i], b.at[i], &equal);
        if (error != UNDR_OK) {
            return error;
        }
        if (!equal) {
            return differ_in_item(out, i, a.at[i], b.at[i], depth);
        }
    }
    return differ_count(out, a.count, b.count, "items");
}

static undr_error find(undr_items dict, const undr_value *key, const undr_value **entry) {
    *entry = NULL;
    for (size_t i = 0; i + 1 < dict.count; i += 2) {
        bool equal = false;
        undr_error error = is_equal(dict.at[i], key, &equal);
        if (error != UNDR_OK) {
            return error;
        }
        if (equal) {
            *entry = dict.at[i + 1];
            return UNDR_OK;
        }
    }
    return UNDR_OK;
}

static undr_error put_key(undr_buffer *path, const undr_value *key) {
    undr_error error = undr_put_text(path, "[");
    error = error == UNDR_OK ? check_put_short_value(path, key) : error;
    return error == UNDR_OK ? undr_put_text(path, "]") : error;
}

/* "at ['a']: expected 1, received nothing" and the other way round */
static undr_error differ_missing(const differ *out, const undr_value *key, const undr_value *entry, bool expected) {
    size_t before = out->path->size;
    undr_error error = put_key(out->path, key);
    error = error == UNDR_OK ? put_place(out) : error;
    out->path->size = before;
    error = error == UNDR_OK ? undr_put_text(out->why, expected ? "expected " : "expected nothing, received ") : error;
    error = error == UNDR_OK ? check_put_short_value(out->why, entry) : error;
    return error == UNDR_OK && expected ? undr_put_text(out->why, ", received nothing") : error;
}

static undr_error differ_in_entry(
    const differ *out, const undr_value *key, const undr_value *expected, const undr_value *received, unsigned depth) {
    size_t before = out->path->size;
    undr_error error = put_key(out->path, key);
    error = error == UNDR_OK ? differ_at(out, expected, received, depth) : error;
    out->path->size = before;
    return error;
}

/* The first entry of `a` that `b` lacks or has otherwise. */
static undr_error differ_entries(const differ *out, undr_items a, undr_items b, bool back, unsigned depth, bool *said) {
    *said = false;
    for (size_t i = 0; !*said && i + 1 < a.count; i += 2) {
        const undr_value *entry;
        bool equal = false;
        undr_error error = find(b, a.at[i], &entry);
        if (error == UNDR_OK && entry != NULL) {
            error = is_equal(a.at[i + 1], entry, &equal);
        }
        *said = !equal;
        if (error == UNDR_OK && *said) {
            error = entry == NULL ? differ_missing(out, a.at[i], a.at[i + 1], !back)
                                  : differ_in_entry(out, a.at[i], a.at[i + 1], entry, depth);
        }
        if (error != UNDR_OK) {
            return error;
        }
    }
    return UNDR_OK;
}

static undr_error differ_dict(
    const differ *out, const undr_value *expected, const undr_value *received, unsigned depth) {
    bool said = false;
    undr_error error = differ_entries(out, expected->items, received->items, false, depth, &said);
    if (error == UNDR_OK && !said) {
        error = differ_entries(out, received->items, expected->items, true, depth, &said);
    }
    return error == UNDR_OK && !said ? put_pair(out, expected, received) : error;
}

static undr_error differ_state(
    const differ *out, const undr_value *expected, const undr_value *received, unsigned depth) {
    const undr_value *a = expected->object.state, *b = received->object.state;
    bool classes = false, states = false;
    undr_error error = UNDR_OK;
    if (expected->object.callable != NULL && received->object.callable != NULL && a != NULL && b != NULL) {
        error = is_equal(expected->object.callable, received->object.callable, &classes);
        error = error == UNDR_OK ? is_equal(a, b, &states) : error;
    }
    if (error != UNDR_OK || !classes || states) {
        return error != UNDR_OK ? error : put_pair(out, expected, received);
    }
    size_t before = out->path->size;
    error = undr_put_text(out->path, ".state");
    error = error == UNDR_OK ? differ_at(out, a, b, depth) : error;
    out->path->size = before;
    return error;
}

static undr_error differ_at(const differ *out, const undr_value *expected, const undr_value *received, unsigned depth) {
    if (expected->kind != received->kind || depth == 0) {
        return put_pair(out, expected, received);
    }
    switch (expected->kind) {
    case UNDR_LIST:
    case UNDR_TUPLE: return differ_sequence(out, expected->items, received->items, depth - 1);
    case UNDR_DICT: return differ_dict(out, expected, received, depth - 1);
    case UNDR_OBJECT: return differ_state(out, expected, received, depth - 1);
    default: return put_pair(out, expected, received);
    }
}

undr_error check_put_difference(
    undr_buffer *why, undr_buffer *path, const undr_value *expected, const undr_value *received) {
    differ out = {why, path};
    return differ_at(&out, expected, received, MOST_DEPTH);
}
