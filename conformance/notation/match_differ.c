/* match_differ.c: says in one clause how a value or bytes differ from what was expected. */
#include "notation/match_differ.h"
#include "notation/print.h"

#include <string.h>

enum { SHORT = 100, KEPT = 80, LONG_TEXT = 60, MOST_DEPTH = 100 };

/* Cuts what was appended since `before`; the text is ASCII but for a name's letters, so no more than one is torn. */
static void cut_text(check_writer *out, size_t before) {
    if (!check_writer_goes_on(out) || out->to->size - before <= SHORT) {
        return;
    }
    size_t size = before + KEPT;
    while (size > before && (out->to->data[size] & 0xc0) == 0x80) {
        size--;
    }
    out->to->size = size;
    check_write(out, "...");
}

static void write_short_bytes(check_writer *out, undr_kind kind, undr_slice bytes) {
    if (!check_writer_goes_on(out)) {
        return;
    }
    size_t size = bytes.size < KEPT ? bytes.size : KEPT;
    while (kind == UNDR_STR && size > 0 && size < bytes.size && (bytes.data[size] & 0xc0) == 0x80) {
        size--;
    }
    const undr_value shown = {.kind = kind, .bytes = undr_slice_of(bytes.data, size)};
    size_t before = out->to->size;
    check_writer_keep(out, undr_value_print(out->to, &shown));
    cut_text(out, before);
    if (size < bytes.size) {
        check_write_format(out, "... (%zu bytes)", bytes.size);
    }
}

static bool is_bytes(const undr_value *value) {
    return value->kind == UNDR_STR || value->kind == UNDR_BYTES;
}

void check_write_short_value(check_writer *out, const undr_value *value) {
    if (is_bytes(value)) {
        write_short_bytes(out, value->kind, value->bytes);
    } else if (check_writer_goes_on(out)) {
        size_t before = out->to->size;
        check_writer_keep(out, check_print_value_start(out->to, value, SHORT));
        cut_text(out, before);
    }
}

void check_write_short_term(check_writer *out, const check_term *term) {
    if (term->kind == CHECK_TERM_VALUE) {
        check_write_short_value(out, term->value);
    } else if (check_writer_goes_on(out)) {
        size_t before = out->to->size;
        check_writer_keep(out, check_print_term(out->to, term));
        cut_text(out, before);
    }
}

void check_write_short_pattern(check_writer *out, const check_payload *pattern) {
    if (pattern->form == CHECK_PAYLOAD_EMPTY) {
        check_write(out, "an empty payload");
        return;
    }
    if (!check_writer_goes_on(out)) {
        return;
    }
    size_t before = out->to->size;
    check_writer_keep(out, check_print_pattern(out->to, pattern));
    if (out->to->size > before) { /* without its leading blank */
        memmove(out->to->data + before, out->to->data + before + 1, out->to->size - before - 1);
        out->to->size--;
    }
    cut_text(out, before);
}

/* ---- differences ---- */

static size_t first_difference(undr_slice a, undr_slice b) {
    size_t at = 0;
    while (at < a.size && at < b.size && a.data[at] == b.data[at]) {
        at++;
    }
    return at;
}

static void write_where(check_writer *why, undr_slice a, undr_slice b) {
    if (a.size > LONG_TEXT || b.size > LONG_TEXT) {
        check_write_format(why, ", which differ from byte %zu on", first_difference(a, b));
    }
}

void check_write_bytes_difference(check_writer *why, undr_slice expected, undr_slice received) {
    check_write(why, "expected ");
    write_short_bytes(why, UNDR_BYTES, expected);
    check_write(why, ", received ");
    if (received.size == 0) {
        check_write(why, "an empty payload");
        return;
    }
    write_short_bytes(why, UNDR_BYTES, received);
    write_where(why, expected, received);
}

typedef struct differ {
    check_writer *why, *path;
} differ;

void check_write_place(check_writer *why, const check_writer *path) {
    if (path->to->size > 0) {
        check_write(why, "at ");
        check_write_slice(why, undr_buffer_slice(path->to));
        check_write(why, ": ");
    }
}

static undr_error write_pair(const differ *out, const undr_value *expected, const undr_value *received) {
    check_write_place(out->why, out->path);
    check_write(out->why, "expected ");
    check_write_short_value(out->why, expected);
    check_write(out->why, ", received ");
    check_write_short_value(out->why, received);
    if (is_bytes(expected) && expected->kind == received->kind) {
        write_where(out->why, expected->bytes, received->bytes);
    }
    return UNDR_OK;
}

static undr_error differ_at(const differ *out, const undr_value *expected, const undr_value *received, unsigned depth);

/* Equal as far as that can be known: what can't be compared counts as different. */
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
    size_t before = out->path->to->size;
    check_write_format(out->path, "[%zu]", index);
    undr_error error = differ_at(out, expected, received, depth);
    out->path->to->size = before;
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
    check_write_place(out->why, out->path);
    check_write_format(out->why, "expected %zu items, received %zu", a.count, b.count);
    return UNDR_OK;
}

static undr_error find_entry(undr_items dict, const undr_value *key, const undr_value **entry) {
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

void check_write_key(check_writer *path, const undr_value *key) {
    check_write(path, "[");
    check_write_short_value(path, key);
    check_write(path, "]");
}

/* "at ['a']: expected 1, received nothing" and the other way round */
static undr_error differ_missing(const differ *out, const undr_value *key, const undr_value *entry, bool expected) {
    size_t before = out->path->to->size;
    check_write_key(out->path, key);
    check_write_place(out->why, out->path);
    out->path->to->size = before;
    check_write(out->why, expected ? "expected " : "expected nothing, received ");
    check_write_short_value(out->why, entry);
    check_write(out->why, expected ? ", received nothing" : "");
    return UNDR_OK;
}

static undr_error differ_in_entry(
    const differ *out, const undr_value *key, const undr_value *expected, const undr_value *received, unsigned depth) {
    size_t before = out->path->to->size;
    check_write_key(out->path, key);
    undr_error error = differ_at(out, expected, received, depth);
    out->path->to->size = before;
    return error;
}

/* The first entry of `a` that `b` lacks or has with another value. */
static undr_error differ_entries(const differ *out, undr_items a, undr_items b, bool back, unsigned depth, bool *said) {
    *said = false;
    for (size_t i = 0; !*said && i + 1 < a.count; i += 2) {
        const undr_value *entry;
        bool equal = false;
        undr_error error = find_entry(b, a.at[i], &entry);
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
    return error == UNDR_OK && !said ? write_pair(out, expected, received) : error;
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
        return error != UNDR_OK ? error : write_pair(out, expected, received);
    }
    size_t before = out->path->to->size;
    check_write(out->path, ".state");
    error = differ_at(out, a, b, depth);
    out->path->to->size = before;
    return error;
}

static undr_error differ_at(const differ *out, const undr_value *expected, const undr_value *received, unsigned depth) {
    if (expected->kind != received->kind || depth == 0) {
        return write_pair(out, expected, received);
    }
    switch (expected->kind) {
    case UNDR_LIST:
    case UNDR_TUPLE: return differ_sequence(out, expected->items, received->items, depth - 1);
    case UNDR_DICT: return differ_dict(out, expected, received, depth - 1);
    case UNDR_OBJECT: return differ_state(out, expected, received, depth - 1);
    default: return write_pair(out, expected, received);
    }
}

undr_error check_write_difference(
    check_writer *why, check_writer *path, const undr_value *expected, const undr_value *received) {
    differ out = {why, path};
    return check_writer_goes_on(why) ? differ_at(&out, expected, received, MOST_DEPTH) : UNDR_OK;
}
