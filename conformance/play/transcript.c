/* transcript.c: payloads in the notation, and the lines of a play. */
#include "play/transcript.h"

#include "base/writer.h"
#include "notation/print.h"
#include "undr/frame.h"
#include "undr/pickle.h"
#include "undr/task.h"

#include <string.h>

enum {
    DECODED_AT_MOST = 64 * 1024, /* bytes of a payload; a larger one is shown by its first bytes */
    SHOWN_AT_MOST = 4096,        /* bytes of a printed value; who prints it for a person may show less */
    BYTES_SHOWN = 48,
    DEPTH = 64,
    HEAD_SIZE = 32 * 1024,
    TAIL_SIZE = 64 * 1024
};

/* ---- a value as a term of the notation ---- */

/* Where the terms live, and the names that stand for values (may be NULL). */
typedef struct term_maker {
    undr_arena arena;
    const check_names *names;
    size_t left;  /* terms that may still be made */
    size_t bytes; /* that they may still have: what is shared counts each time */
} term_maker;

static undr_error to_term(term_maker *maker, const undr_value *value, int depth, check_term **term);

static undr_error new_term(term_maker *maker, check_term_kind kind, size_t parts, check_term **term) {
    void *memory = NULL;
    undr_error error = undr_arena_take(&maker->arena, sizeof(check_term), &memory);
    if (error != UNDR_OK) {
        return error;
    }
    *term = memory;
    **term = (check_term){.kind = kind, .part_count = parts};
    if (parts > 0) {
        error = undr_arena_take(&maker->arena, parts * sizeof(check_term *), &memory);
        (*term)->parts = memory;
    }
    return error;
}

static undr_error items_to_term(
    term_maker *maker, check_term_kind kind, undr_items items, int depth, check_term **term) {
    undr_error error = new_term(maker, kind, items.count, term);
    for (size_t i = 0; i < items.count && error == UNDR_OK; i++) {
        error = to_term(maker, items.at[i], depth - 1, &(*term)->parts[i]);
    }
    return error;
}

/* UNDR_ARGUMENT: it is too large to print. */
static undr_error spend_bytes(term_maker *maker, size_t bytes) {
    bool fits = bytes <= maker->bytes;
    maker->bytes -= fits ? bytes : 0;
    return fits ? UNDR_OK : UNDR_ARGUMENT;
}

static undr_error class_text(term_maker *maker, const undr_value *class, const char **text) {
    undr_slice module = class->class_name.module, name = class->class_name.name;
    void *memory = NULL;
    undr_error error = spend_bytes(maker, module.size + name.size);
    error = error == UNDR_OK ? undr_arena_take(&maker->arena, module.size + name.size + 2, &memory) : error;
    if (error == UNDR_OK) {
        char *to = memory;
        memcpy(to, module.data, module.size);
        to[module.size] = '.';
        memcpy(to + module.size + 1, name.data, name.size);
        to[module.size + 1 + name.size] = '\0';
        *text = to;
    }
    return error;
}

/* An instance without arguments, with or without a state; the notation has no other. */
static undr_error object_to_term(term_maker *maker, const undr_object *object, int depth, check_term **term) {
    if (object->callable == NULL || object->callable->kind != UNDR_CLASS || object->kwargs != NULL
        || object->appended.count > 0 || object->entries.count > 0
        || (object->args != NULL && object->args->items.count > 0)) {
        return UNDR_ARGUMENT;
    }
    undr_error error = new_term(maker, CHECK_TERM_OBJECT, object->state == NULL ? 0 : 1, term);
    if (error == UNDR_OK) {
        error = class_text(maker, object->callable, &(*term)->text);
    }
    if (error == UNDR_OK && object->state != NULL) {
        error = to_term(maker, object->state, depth - 1, &(*term)->parts[0]);
    }
    if (error == UNDR_OK && object->state == NULL) {
        (*term)->bare = strcmp((*term)->text, "undr.task.CloseRequest") == 0
            || strcmp((*term)->text, "undr.task.WorkerException") == 0;
    }
    return error;
}

/* A number that is the port of a gate stands for the gate; "" when it is none. */
static const char *gate_of(const check_names *names, const undr_value *value) {
    static const char letters[26][2] = {"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P",
        "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z"};
    int64_t port = 0;
    for (size_t i = 0; i < 26 && names != NULL && undr_value_int64(value, &port); i++) {
        if (port != 0 && port == names->ports[i]) {
            return letters[i];
        }
    }
    return "";
}

static undr_error leaf_to_term(term_maker *maker, const undr_value *value, check_term **term) {
    const char *gate = gate_of(maker->names, value);
    undr_error error = new_term(maker, gate[0] != '\0' ? CHECK_TERM_GATE : CHECK_TERM_VALUE, 0, term);
    if (error == UNDR_OK && gate[0] != '\0') {
        (*term)->text = gate;
        return UNDR_OK;
    }
    bool has_bytes = value->kind == UNDR_STR || value->kind == UNDR_BYTES || value->kind == UNDR_BYTEARRAY;
    error = error == UNDR_OK && has_bytes ? spend_bytes(maker, value->bytes.size) : error;
    return error == UNDR_OK ? undr_value_copy(&maker->arena, value, &(*term)->value) : error;
}

/* Nothing in it but what Python has literals for. *left bounds the walk: a value may be shared many times. */
static bool is_literal(const undr_value *value, int depth, size_t *left) {
    bool holds = value->kind == UNDR_TUPLE || value->kind == UNDR_FROZENSET;
    bool literal = depth > 0 && *left > 0 && value->kind != UNDR_CLASS && value->kind != UNDR_OBJECT;
    *left -= literal ? 1 : 0;
    for (size_t i = 0; holds && literal && i < value->items.count; i++) {
        literal = is_literal(value->items.at[i], depth - 1, left);
    }
    return literal;
}

/* UNDR_ARGUMENT: the notation can't express it, or it is too large to print. */
static undr_error to_term(term_maker *maker, const undr_value *value, int depth, check_term **term) {
    if (depth == 0 || maker->left == 0) {
        return UNDR_ARGUMENT;
    }
    maker->left--;
    switch (value->kind) {
    case UNDR_NONE:
    case UNDR_BOOL:
    case UNDR_INT:
    case UNDR_FLOAT:
    case UNDR_STR:
    case UNDR_BYTES:
    case UNDR_BYTEARRAY: return leaf_to_term(maker, value, term);
    case UNDR_LIST: return items_to_term(maker, CHECK_TERM_LIST, value->items, depth, term);
    case UNDR_TUPLE: return items_to_term(maker, CHECK_TERM_TUPLE, value->items, depth, term);
    case UNDR_DICT: return items_to_term(maker, CHECK_TERM_DICT, value->items, depth, term);
    case UNDR_SET:
        return value->items.count == 0 ? leaf_to_term(maker, value, term)
                                       : items_to_term(maker, CHECK_TERM_SET, value->items, depth, term);
    case UNDR_FROZENSET: /* which holds no terms, but literals of Python */
        return is_literal(value, depth, &(size_t){SHOWN_AT_MOST}) ? leaf_to_term(maker, value, term) : UNDR_ARGUMENT;
    case UNDR_CLASS: {
        undr_error error = new_term(maker, CHECK_TERM_CLASS, 0, term);
        return error == UNDR_OK ? class_text(maker, value, &(*term)->text) : error;
    }
    case UNDR_OBJECT: return object_to_term(maker, &value->object, depth, term);
    }
    return UNDR_ARGUMENT;
}

/* ---- payloads ---- */

undr_error check_show_bytes(undr_buffer *to, undr_slice bytes) {
    undr_slice start = undr_slice_of(bytes.data, bytes.size > BYTES_SHOWN ? BYTES_SHOWN : bytes.size);
    undr_value value = {.kind = UNDR_BYTES, .bytes = start};
    check_writer out = check_writer_to(to);
    check_write_value(&out, &value);
    if (start.size < bytes.size) {
        check_write_format(&out, "... (%zu bytes)", bytes.size);
    }
    return out.error;
}

/* In the notation where that is possible, else as Python would print it. */
static undr_error show_value(undr_buffer *to, term_maker *maker, const undr_value *value, int protocol) {
    check_term *term = NULL;
    undr_error error = to_term(maker, value, DEPTH, &term);
    if (error == UNDR_ARGUMENT) {
        return undr_value_print_short(to, value, SHOWN_AT_MOST);
    }
    bool named = protocol != 4 || value->kind == UNDR_BYTES;
    if (error == UNDR_OK && named) {
        error = protocol == 4 ? undr_put_text(to, "pickle(") : undr_put_format(to, "pickle%d(", protocol);
    }
    if (error == UNDR_OK) {
        error = check_print_term(to, term);
    }
    return error == UNDR_OK && named ? undr_put_text(to, ")") : error;
}

static undr_error shorten(undr_buffer *to, size_t from, size_t size) {
    if (to->size - from <= SHOWN_AT_MOST) {
        return UNDR_OK;
    }
    to->size = from + SHOWN_AT_MOST;
    while ((to->data[to->size] & 0xc0) == 0x80) {
        to->size--; /* not in the middle of a character */
    }
    return undr_put_format(to, "... (%zu bytes)", size);
}

/* A WorkerException as workers send it: with the error that it reports. */
static bool carries_error(const undr_value *value) {
    return undr_value_is_instance(value, UNDR_CLASS_WORKER_EXCEPTION) && value->object.args != NULL
        && value->object.args->items.count > 0;
}

/* value_only: in any pickle protocol. */
static undr_error show_pickle(undr_buffer *to, undr_slice payload, bool value_only, const check_names *names) {
    /* An opcode makes one value at most: only a payload that shares containers has more values than bytes. */
    enum { FREE_BYTES = 4096, TIMES_ITS_SIZE = 16 };
    term_maker maker = {.names = names, .left = payload.size, .bytes = FREE_BYTES + TIMES_ITS_SIZE * payload.size};
    undr_value *value = NULL;
    size_t used = 0, before = to->size;
    undr_error error = undr_pickle_read(payload, NULL, &maker.arena, &value, &used, NULL);
    if (error != UNDR_OK || used != payload.size) {
        error = error == UNDR_MEMORY ? error : check_show_bytes(to, payload);
    } else if (carries_error(value)) {
        error = check_print_payload(to, payload, false, false); /* named, with the text of its error */
    } else {
        int protocol = payload.data[0] == 0x80 && used > 1 ? payload.data[1] : 0;
        error = show_value(to, &maker, value, value_only ? 4 : protocol);
    }
    undr_arena_free(&maker.arena);
    return error == UNDR_OK ? shorten(to, before, payload.size) : error;
}

undr_error check_show_payload(undr_buffer *to, undr_slice payload, bool wire, const check_names *names) {
    if (payload.size == 0) {
        return UNDR_OK;
    }
    return wire || payload.size > DECODED_AT_MOST ? check_show_bytes(to, payload)
                                                  : show_pickle(to, payload, false, names);
}

undr_error check_show_message(undr_buffer *to, undr_slice pickle, const check_names *names) {
    return pickle.size == 0 || pickle.size > DECODED_AT_MOST ? check_show_bytes(to, pickle)
                                                             : show_pickle(to, pickle, true, names);
}

undr_error check_show_frame(undr_buffer *to, uint8_t type, undr_slice payload, bool wire, const check_names *names) {
    bool letter = type == UNDR_TYPE_NEXT || type == UNDR_TYPE_TASK || type == UNDR_TYPE_MESSAGE
        || type == UNDR_TYPE_SCHEDULED;
    undr_error error = undr_put_format(to, letter ? "%c%s" : "0x%02x%s", type, payload.size > 0 ? " " : "");
    return error == UNDR_OK ? check_show_payload(to, payload, wire, names) : error;
}

/* ---- lines ---- */

void check_transcript_free(check_transcript *transcript) {
    undr_buffer_free(&transcript->head);
    undr_buffer_free(&transcript->tail);
    *transcript = (check_transcript){0};
}

/* Drops the older half of the tail, whole lines. */
static void drop_half(check_transcript *transcript) {
    undr_buffer *tail = &transcript->tail;
    size_t end = 0;
    while (end < tail->size && (end < TAIL_SIZE || tail->data[end - 1] != '\n')) {
        transcript->dropped += tail->data[end] == '\n' ? 1 : 0;
        end++;
    }
    memmove(tail->data, tail->data + end, tail->size - end);
    tail->size -= end;
}

undr_error check_transcript_add(check_transcript *transcript, undr_slice line) {
    bool early = transcript->tail.size == 0 && transcript->head.size < HEAD_SIZE;
    undr_buffer *to = early ? &transcript->head : &transcript->tail;
    check_writer out = check_writer_to(to);
    check_write_slice(&out, line);
    check_write(&out, "\n");
    if (transcript->tail.size > 2 * (size_t)TAIL_SIZE) {
        drop_half(transcript);
    }
    return out.error;
}

undr_error check_transcript_write(const check_transcript *transcript, undr_buffer *to) {
    check_writer out = check_writer_to(to);
    check_write_slice(&out, undr_buffer_slice(&transcript->head));
    if (transcript->dropped > 0) {
        check_write_format(&out, "# %llu lines left out\n", (unsigned long long)transcript->dropped);
    }
    check_write_slice(&out, undr_buffer_slice(&transcript->tail));
    return out.error;
}
