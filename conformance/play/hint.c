/* hint.c: classic mistakes, and what proves each of them. */
#include "play/hint.h"

#include "undr/frame.h"
#include "undr/pickle.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 24, DEEPEST = 8, MOST_OFF = 8 };

static const check_advice all_advice[CHECK_HINT_COUNT] = {
    [CHECK_HINT_BYTE_ORDER] = {"byte-order", "FRAME-1",
        "the length is big-endian here; on the wire it is little-endian (struct '<cQ', binary.LittleEndian, htole64)"},
    [CHECK_HINT_COUNTS_HEADER] = {"length-counts-header", "FRAME-1",
        "the length includes the 9 bytes of the header; it must be that of the payload alone"},
    [CHECK_HINT_LENGTH_SIZE] = {"length-size", "FRAME-1",
        "the length has 4 bytes here; on the wire it has 8, and the header 9"},
    [CHECK_HINT_PADDED_HEADER] = {"padded-header", "FRAME-1",
        "the header is padded to 16 bytes, as a compiler's struct or struct.pack('cQ') is; on the wire it has 9 "
        "(struct '<cQ', a packed struct, or a byte and 8 bytes)"},
    [CHECK_HINT_LENGTH_OFF] = {"length-off", "FRAME-1",
        "the length is off by a few bytes; it must be the number of bytes of the payload, no more and no less"},
    [CHECK_HINT_TEXT_MODE] = {"text-mode", "FRAME-1",
        "the bytes went through a text layer, which encodes them or adds line ends; write them to a binary stream"},
    [CHECK_HINT_ONE_RECV] = {"one-recv", "FRAME-3",
        "one recv() is taken for a whole frame; TCP may give fewer bytes: read until all 9 bytes of the header, then "
        "all bytes of the payload are there"},
    [CHECK_HINT_ACKNOWLEDGEMENT] = {"acknowledgement-unread", "WORK-2",
        "the worker does not wait for the acknowledgement of a message or of a scheduled task; it has to read that "
        "frame before it sends the next"},
    [CHECK_HINT_ANSWERS] = {"too-many-answers", "REQ-1",
        "more answers are sent than requests came: each request gets exactly one, and nothing else is sent"},
    [CHECK_HINT_CLASS] = {"class-for-instance", "PAY-2",
        "the class itself was pickled, not an instance of it: write Name() instead of Name"},
    [CHECK_HINT_MAIN_MODULE] = {"main-module", "PAY-2",
        "the class is pickled as one of __main__, the script; the other side looks for it in the module that the "
        "specification names: set the class's module to that (in Python: __module__)"},
    [CHECK_HINT_STR] = {"str-for-bytes", "PAY-3",
        "text was pickled instead of bytes, or the other way round: do not decode bytes"},
    [CHECK_HINT_NO_FLUSH] = {"no-flush", "ADAPTER-2",
        "standard output is not flushed: most languages write to a pipe only when a buffer is full; flush after each "
        "line, as print(..., flush=True) or fflush(stdout) does"},
    [CHECK_HINT_NO_INTERPRETER] = {"no-interpreter", "ADAPTER-5",
        "the adapter is a script without an interpreter line, so /bin/sh ran it: begin it with a line like "
        "#!/usr/bin/env python3, or name its interpreter in the command"},
    [CHECK_HINT_OUTPUT] = {"output-on-stdout", "ADAPTER-2",
        "something prints to standard output, which carries only answers: print to standard error instead"},
};

const check_advice *check_hint_advice(check_hint hint) {
    return hint > CHECK_HINT_NONE && hint < CHECK_HINT_COUNT ? &all_advice[hint] : NULL;
}

/* "b'm\x00'...: " and the sentence. */
static undr_error give_hint(
    check_hint *to, check_hint hint, undr_buffer *seen, undr_slice bytes, const char *sentence) {
    const undr_value shown = {
        .kind = UNDR_BYTES, .bytes = undr_slice_of(bytes.data, bytes.size < SHOWN ? bytes.size : SHOWN)};
    *to = hint;
    undr_error error = undr_value_print(seen, &shown);
    return error == UNDR_OK ? undr_put_format(seen, "%s: %s", bytes.size > SHOWN ? "..." : "", sentence) : error;
}

/* ---- streams ---- */

static uint64_t number_at(undr_slice bytes, size_t at, size_t size, bool big) {
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        number = number << 8 | bytes.data[at + (big ? i : size - 1 - i)];
    }
    return number;
}

static bool is_type(uint8_t byte) {
    return byte == UNDR_TYPE_NEXT || byte == UNDR_TYPE_TASK || byte == UNDR_TYPE_MESSAGE || byte == UNDR_TYPE_SCHEDULED
        || byte >= UNDR_TYPE_SCHEDULE;
}

/* Exactly one whole frame. */
static bool is_frame(undr_slice bytes) {
    return bytes.size >= UNDR_HEADER_SIZE && is_type(bytes.data[0])
        && number_at(bytes, 1, 8, false) == bytes.size - UNDR_HEADER_SIZE;
}

static bool is_zero(undr_slice bytes, size_t from, size_t to) {
    bool zero = true;
    for (size_t i = from; i < to && zero; i++) {
        zero = bytes.data[i] == 0;
    }
    return zero;
}

/* Characters U+0080 to U+00ff in UTF-8 become one byte again; false: it is not that, or nothing changes. */
static bool undo_utf8(undr_slice bytes, undr_buffer *to, undr_error *error) {
    *error = UNDR_OK;
    for (size_t i = 0; i < bytes.size && *error == UNDR_OK; i++) {
        uint8_t byte = bytes.data[i];
        if (byte >= 0x80) {
            bool pair = (byte == 0xc2 || byte == 0xc3) && i + 1 < bytes.size && (bytes.data[i + 1] & 0xc0) == 0x80;
            if (!pair) {
                return false;
            }
            byte = (uint8_t)(byte << 6 | (bytes.data[++i] & 0x3f));
        }
        *error = undr_put_u8(to, byte);
    }
    return *error == UNDR_OK && to->size < bytes.size;
}

/* A text layer leaves no \n without its \r. */
static bool undo_crlf(undr_slice bytes, undr_buffer *to, undr_error *error) {
    *error = UNDR_OK;
    for (size_t i = 0; i < bytes.size && *error == UNDR_OK; i++) {
        bool pair = bytes.data[i] == '\r' && i + 1 < bytes.size && bytes.data[i + 1] == '\n';
        if (bytes.data[i] == '\n') {
            return false;
        }
        *error = undr_put_u8(to, bytes.data[pair ? ++i : i]);
    }
    return *error == UNDR_OK && to->size < bytes.size;
}

static undr_error try_text(undr_slice bytes, bool followed, check_hint *hint, undr_buffer *seen) {
    bool newline = bytes.size > 0 && bytes.data[0] == '\n';
    bool pair = bytes.size > 1 && bytes.data[0] == '\r' && bytes.data[1] == '\n';
    if (followed && (newline || pair)) {
        return give_hint(hint, CHECK_HINT_TEXT_MODE, seen, bytes, "a frame is followed by a line end");
    }
    undr_buffer plain = {0};
    undr_error error = UNDR_OK;
    bool undone = !is_frame(bytes) && undo_utf8(bytes, &plain, &error) && is_frame(undr_buffer_slice(&plain));
    if (undone) {
        error = give_hint(hint, CHECK_HINT_TEXT_MODE, seen, bytes,
            "a frame whose bytes above 0x7f were written as characters, in UTF-8");
    } else if (error == UNDR_OK && !is_frame(bytes)) {
        plain.size = 0;
        undone = undo_crlf(bytes, &plain, &error) && is_frame(undr_buffer_slice(&plain));
        error = undone ? give_hint(hint, CHECK_HINT_TEXT_MODE, seen, bytes, "a frame in which each \\n became \\r\\n")
                       : error;
    }
    undr_buffer_free(&plain);
    return error;
}

/* One pickle, up to the last byte. */
static bool is_pickle(undr_slice bytes, undr_error *error) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    size_t used = 0;
    undr_error read = undr_pickle_read(bytes, NULL, &arena, &value, &used, NULL);
    undr_arena_free(&arena);
    *error = read == UNDR_MEMORY ? read : *error;
    return read == UNDR_OK && used == bytes.size;
}

/* What follows the header is a whole pickle, and what the header announces is not; or it announces bytes of a frame that
 * never has any. */
static undr_error try_off(undr_slice bytes, check_hint *hint, undr_buffer *seen) {
    uint64_t announced = number_at(bytes, 1, 8, false);
    size_t rest = bytes.size - UNDR_HEADER_SIZE;
    uint64_t off = announced > rest ? announced - rest : rest - announced;
    if (off == 0 || off > MOST_OFF) {
        return UNDR_OK;
    }
    undr_error error = UNDR_OK;
    undr_slice payload = undr_slice_of(bytes.data + UNDR_HEADER_SIZE, rest);
    bool never = rest == 0 && (bytes.data[0] == UNDR_TYPE_NEXT || bytes.data[0] == UNDR_TYPE_SCHEDULED);
    bool whole = rest > 0 && is_pickle(payload, &error)
        && (announced > rest || !is_pickle(undr_slice_of(payload.data, (size_t)announced), &error));
    char said[160];
    snprintf(said, sizeof said, "it announces %llu bytes, and %llu follow%s", (unsigned long long)announced,
        (unsigned long long)rest, whole ? ", which are a whole pickle" : "");
    return error == UNDR_OK && (never || whole) ? give_hint(hint, CHECK_HINT_LENGTH_OFF, seen, bytes, said) : error;
}

static undr_error try_length(undr_slice bytes, check_hint *hint, undr_buffer *seen) {
    uint64_t little = number_at(bytes, 1, 8, false), big = number_at(bytes, 1, 8, true);
    char said[160];
    if (big != little && big == bytes.size - UNDR_HEADER_SIZE && little > big) {
        snprintf(said, sizeof said, "read as big-endian, its length is %llu, and that many bytes follow",
            (unsigned long long)big);
        return give_hint(hint, CHECK_HINT_BYTE_ORDER, seen, bytes, said);
    }
    if (little == bytes.size) {
        snprintf(said, sizeof said, "it announces %llu bytes, which is the size of the whole frame, header included",
            (unsigned long long)little);
        return give_hint(hint, CHECK_HINT_COUNTS_HEADER, seen, bytes, said);
    }
    if (bytes.size >= 16 && is_zero(bytes, 1, 8) && number_at(bytes, 8, 8, false) == bytes.size - 16) {
        return give_hint(
            hint, CHECK_HINT_PADDED_HEADER, seen, bytes, "there are seven zero bytes between the type and the length");
    }
    return try_off(bytes, hint, seen);
}

static undr_error try_short(undr_slice bytes, check_hint *hint, undr_buffer *seen) {
    uint64_t little = number_at(bytes, 1, 4, false), big = number_at(bytes, 1, 4, true), rest = bytes.size - 5;
    if (little != rest && big != rest) {
        return UNDR_OK;
    }
    char said[160];
    snprintf(said, sizeof said, "the length %llu has four bytes, and that many bytes follow", (unsigned long long)rest);
    return give_hint(hint, CHECK_HINT_LENGTH_SIZE, seen, bytes, said);
}

undr_error check_hint_of_stream(undr_slice unread, bool followed, check_hint *hint, undr_buffer *seen) {
    undr_error error = UNDR_OK;
    *hint = CHECK_HINT_NONE;
    if (unread.size == 0 || is_frame(unread)) {
        return UNDR_OK;
    }
    if (followed && unread.size == 7 && is_zero(unread, 0, 7)) {
        return give_hint(
            hint, CHECK_HINT_PADDED_HEADER, seen, unread, "seven zero bytes follow a header without payload");
    }
    if (unread.size >= UNDR_HEADER_SIZE && is_type(unread.data[0])) {
        error = try_length(unread, hint, seen);
    }
    if (error == UNDR_OK && *hint == CHECK_HINT_NONE && unread.size >= 5 && is_type(unread.data[0])) {
        error = try_short(unread, hint, seen);
    }
    return error == UNDR_OK && *hint == CHECK_HINT_NONE ? try_text(unread, followed, hint, seen) : error;
}

/* ---- payloads ---- */

/* The class of an instance, or the class itself; NULL: neither. */
static const undr_value *class_of(const undr_value *value) {
    const undr_value *of = value->kind == UNDR_OBJECT ? value->object.callable : value;
    return of != NULL && of->kind == UNDR_CLASS ? of : NULL;
}

static bool is_text(const undr_value *value) {
    return value->kind == UNDR_STR || value->kind == UNDR_BYTES;
}

/* Is one of them the text of the other's bytes, in UTF-8 or Latin-1? */
static bool is_its_text(const undr_value *a, const undr_value *b) {
    const undr_value *text = a->kind == UNDR_STR ? a : b, *bytes = a->kind == UNDR_STR ? b : a;
    undr_buffer latin = {0};
    undr_error error = UNDR_OK;
    bool is = undr_slice_equal(text->bytes, bytes->bytes)
        || (undo_utf8(text->bytes, &latin, &error) && undr_slice_equal(undr_buffer_slice(&latin), bytes->bytes));
    undr_buffer_free(&latin);
    return is;
}

/* Equal except for text in the place of bytes, or the other way round; *found: there is such a place. */
static bool is_text_for_bytes(const undr_value *a, const undr_value *b, int depth, bool *found) {
    bool equal = false;
    if (is_text(a) && is_text(b) && a->kind != b->kind) {
        *found = true;
        return is_its_text(a, b);
    }
    if ((a->kind != UNDR_LIST && a->kind != UNDR_TUPLE) || a->kind != b->kind || depth == 0) {
        return undr_value_equal(a, b, &equal) == UNDR_OK && equal;
    }
    equal = a->items.count == b->items.count;
    for (size_t i = 0; i < a->items.count && equal; i++) {
        equal = is_text_for_bytes(a->items.at[i], b->items.at[i], depth - 1, found);
    }
    return equal;
}

static undr_error put_class(undr_buffer *seen, const char *before, const undr_value *of, const char *behind) {
    return undr_put_format(seen, "%s%.*s.%.*s%s", before, (int)of->class_name.module.size,
        (const char *)of->class_name.module.data, (int)of->class_name.name.size, (const char *)of->class_name.name.data,
        behind);
}

static undr_error judge_value(
    const undr_value *value, const undr_value *expected, check_hint *hint, undr_buffer *seen) {
    const undr_value *of = class_of(value);
    bool found = false;
    if (of != NULL && undr_slice_equal(of->class_name.module, undr_slice_text("__main__"))) {
        *hint = CHECK_HINT_MAIN_MODULE;
        return put_class(seen, "the payload names the class ", of, "");
    }
    if (of != NULL && value->kind == UNDR_CLASS
        && (undr_slice_equal(of->class_name.module, undr_slice_text("undr.task"))
            || undr_slice_equal(of->class_name.module, undr_slice_text("undr_conformance")))) {
        *hint = CHECK_HINT_CLASS;
        return put_class(seen, "the payload is the class ", of, ", not an instance of it");
    }
    if (expected != NULL && is_text_for_bytes(expected, value, DEEPEST, &found) && found) {
        *hint = CHECK_HINT_STR;
        return undr_put_text(seen, "only the type differs from what was sent: text instead of bytes");
    }
    return UNDR_OK;
}

undr_error check_hint_of_payload(undr_slice payload, undr_slice expected, check_hint *hint, undr_buffer *seen) {
    undr_arena arena = {0};
    undr_value *value = NULL, *due = NULL;
    *hint = CHECK_HINT_NONE;
    undr_error error = payload.size == 0 ? UNDR_ARGUMENT : undr_pickle_read(payload, NULL, &arena, &value, NULL, NULL);
    if (error == UNDR_OK) {
        undr_error known = expected.size == 0 ? UNDR_ARGUMENT
                                              : undr_pickle_read(expected, NULL, &arena, &due, NULL, NULL);
        error = known == UNDR_MEMORY ? known : judge_value(value, known == UNDR_OK ? due : NULL, hint, seen);
    } else {
        error = error == UNDR_MEMORY ? error : UNDR_OK; /* not a pickle: there is nothing to say */
    }
    undr_arena_free(&arena);
    return error;
}

/* ---- lines and files ---- */

static bool begins(undr_slice text, const char *start) {
    size_t size = strlen(start);
    return text.size >= size && memcmp(text.data, start, size) == 0;
}

static bool holds(undr_slice text, const char *part) {
    return text.size > 0 && memmem(text.data, text.size, part, strlen(part)) != NULL;
}

undr_error check_hint_of_line(undr_slice line, check_hint *hint, undr_buffer *seen) {
    const char *what = begins(line, "(Pdb)") || begins(line, "(gdb)") || begins(line, "(dlv)") || begins(line, "(lldb)")
            || (begins(line, "> ") && holds(line, ")"))
        ? "a debugger's line"
        : holds(line, "Warning: ") || holds(line, "WARNING") ? "a warning"
                                                             : "a line that is not an answer of the contract";
    *hint = CHECK_HINT_OUTPUT;
    return undr_put_format(seen, "%s arrived where answers are read", what);
}

bool check_hint_no_interpreter(undr_slice file) {
    bool text = file.size > 0 && !begins(file, "#!");
    for (size_t i = 0; i < file.size && text; i++) {
        uint8_t byte = file.data[i];
        text = byte >= ' ' || byte == '\n' || byte == '\t' || byte == '\r';
    }
    return text;
}
