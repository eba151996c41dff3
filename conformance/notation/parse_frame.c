/* parse_frame.c: prints frames that crossed a connection, for transcripts, replays and `undr-check decode`. */
#include "base/writer.h"
#include "notation/lexer.h"
#include "notation/names.h"
#include "notation/parse_step.h"
#include "notation/print.h"

#include "undr/pickle.h"
#include "undr/task.h"

#include <string.h>

enum {
    UNIFORM = 64, /* from this many equal bytes on, V * N is printed */
    SHORT = 200,  /* the length of shortened text, at most, about */
    KEPT = 120,
    FREE_BYTES = 4096,
    TIMES_ITS_SIZE = 16, /* what a value prints as, at most, for each byte of its payload */
    DECODED = 1 << 20    /* larger payloads are not decoded when the text would be cut anyway */
};

/* ---- bytes ---- */

static bool is_uniform(undr_slice bytes) {
    return bytes.size >= UNIFORM && memcmp(bytes.data, bytes.data + 1, bytes.size - 1) == 0;
}

/* A str or bytes, as 'x' * 65536 when that says it. A str that begins with two equal bytes begins with ASCII. */
static void write_text(check_writer *out, undr_kind kind, undr_slice bytes) {
    bool uniform = is_uniform(bytes);
    const undr_value value = {.kind = kind, .bytes = undr_slice_of(bytes.data, uniform ? 1 : bytes.size)};
    check_write_value(out, &value);
    if (uniform) {
        check_write_format(out, " * %zu", bytes.size);
    }
}

static void write_bytes(check_writer *out, undr_slice payload, bool shorten) {
    size_t before = out->to->size;
    if (!shorten || payload.size <= SHORT || is_uniform(payload)) {
        write_text(out, UNDR_BYTES, payload);
        if (!shorten || out->to->size - before <= SHORT) {
            return;
        }
        out->to->size = before;
    }
    write_text(out, UNDR_BYTES, undr_slice_of(payload.data, KEPT / 3));
    check_write_format(out, "... (%zu bytes)", payload.size);
}

/* ---- WorkerException: named, with the text of the error that it carries ---- */

/* Of an object that was read: its arguments are a tuple. */
static const undr_value *first_argument(const undr_value *object) {
    const undr_items args = object->object.args->items;
    return args.count > 0 ? args.at[0] : NULL;
}

/* TracebackException keeps the text in `_str`; the reduced form has it as an argument of the exception. */
static const undr_value *error_text(const undr_value *exception) {
    const undr_value *report = first_argument(exception);
    const undr_value *text = undr_value_attribute(report, "_str");
    if (text == NULL && report != NULL && report->kind == UNDR_OBJECT) {
        undr_items args = report->object.args->items;
        for (size_t i = 0; text == NULL && i < args.count; i++) {
            text = args.at[i]->kind == UNDR_OBJECT ? first_argument(args.at[i]) : NULL;
        }
    }
    return text != NULL && text->kind == UNDR_STR && text->bytes.size > 0 ? text : NULL;
}

static void write_exception(check_writer *out, const undr_value *exception) {
    const undr_value *text = error_text(exception);
    check_write(out, "WorkerException");
    if (text != NULL) {
        check_write(out, " contains ");
        check_write_value(out, text);
    }
}

/* ---- values ---- */

/* An opcode makes one value at most: a payload with more values than bytes shares containers, and is shown as bytes. So
 * is one that shares long texts: what a payload says once prints as at most four times as much, but names of classes
 * and keys repeat. */
static undr_error print_decoded(check_writer *out, const undr_value *value, size_t payload_size, bool *readable) {
    *readable = true;
    if (value->kind == UNDR_STR) {
        write_text(out, UNDR_STR, value->bytes);
        return out->error;
    }
    if (value->kind != UNDR_BYTES) {
        size_t bytes = SIZE_MAX;
        if (payload_size < (SIZE_MAX - FREE_BYTES) / TIMES_ITS_SIZE) { /* unreachable: on 64 bits, a larger payload */
            bytes = FREE_BYTES + payload_size * TIMES_ITS_SIZE;
        }
        return check_print_value_within(out->to, value, payload_size, bytes, readable);
    }
    check_write(out, "pickle(");
    write_text(out, UNDR_BYTES, value->bytes);
    check_write(out, ")");
    return out->error;
}

static undr_error read_back(undr_slice text, undr_arena *arena, check_payload *payload) {
    check_lexer lexer = check_lex_over(text, NULL, arena, NULL);
    if (!check_lex_line(&lexer)) { /* unreachable: a literal is never empty */
        return UNDR_ARGUMENT;
    }
    undr_error error = check_read_payload(&lexer, false, payload);
    return error == UNDR_OK ? check_lex_finish(&lexer) : error;
}

/* Would this payload be sent as these bytes? */
static undr_error is_exact(const check_payload *payload, undr_slice wire, bool *same) {
    undr_buffer bytes = {0};
    undr_error error = check_build_payload(payload, NULL, &bytes, NULL);
    *same = error == UNDR_OK && undr_slice_equal(undr_buffer_slice(&bytes), wire);
    undr_buffer_free(&bytes);
    return error == UNDR_MEMORY ? error : UNDR_OK;
}

static undr_error wrap(undr_buffer *text, const check_payload *payload) {
    check_writer out = check_writer_to(text);
    text->size = 0;
    check_write_format(&out, "pickle%d(", payload->protocol);
    check_writer_keep(&out, check_print_term(text, payload->term));
    check_write(&out, ")");
    return out.error;
}

/* Writes `pickleN(...)` around the text when only a protocol makes it these bytes. */
static undr_error find_exact(undr_buffer *text, check_payload *payload, undr_slice wire, bool *same) {
    undr_error error = is_exact(payload, wire, same);
    for (int protocol = 0; error == UNDR_OK && !*same && protocol <= 5; protocol++) {
        payload->protocol = protocol;
        error = is_exact(payload, wire, same);
        if (error == UNDR_OK && *same) {
            error = wrap(text, payload);
        }
    }
    return error;
}

static undr_error is_equal(const check_payload *payload, const undr_value *value, bool *same) {
    undr_arena arena = {0};
    undr_value *again;
    *same = false;
    undr_error error = check_build_value(payload->term, NULL, &arena, &again, NULL);
    error = error == UNDR_OK ? undr_value_equal(again, value, same) : error;
    undr_arena_free(&arena);
    return error == UNDR_MEMORY ? error : UNDR_OK;
}

/* Does the text say the same as the payload? */
static undr_error check_same(undr_buffer *text, undr_slice wire, const undr_value *value, bool exact, bool *same) {
    undr_arena arena = {0};
    check_payload payload;
    *same = false;
    undr_error error = read_back(undr_buffer_slice(text), &arena, &payload);
    if (error == UNDR_OK) {
        error = exact ? find_exact(text, &payload, wire, same) : is_equal(&payload, value, same);
    }
    undr_arena_free(&arena);
    return error == UNDR_MEMORY ? error : UNDR_OK;
}

/* The payload as a value, if the notation can express it. */
static undr_error describe_payload(undr_buffer *text, undr_slice payload, bool exact, bool *said) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    check_writer out = check_writer_to(text);
    size_t used = 0;
    *said = false;
    undr_error error = undr_pickle_read(payload, NULL, &arena, &value, &used, NULL);
    if (error == UNDR_OK && used == payload.size) {
        if (!exact && undr_value_is_instance(value, UNDR_CLASS_WORKER_EXCEPTION)) {
            write_exception(&out, value);
            error = out.error;
            *said = true;
        } else {
            error = print_decoded(&out, value, payload.size, said);
            error = error == UNDR_OK && *said ? check_same(text, payload, value, exact, said) : error;
        }
    }
    undr_arena_free(&arena);
    *said = *said && error == UNDR_OK;
    return error == UNDR_MEMORY ? error : UNDR_OK;
}

static void write_said(check_writer *out, undr_slice text, size_t size, bool shorten) {
    if (!shorten || text.size <= SHORT) {
        check_write_slice(out, text);
        return;
    }
    check_write_slice(out, undr_slice_of(text.data, KEPT)); /* ASCII: literals escape everything else */
    check_write_format(out, "... (%zu bytes)", size);
}

undr_error check_print_payload(undr_buffer *buffer, undr_slice payload, bool exact, bool shorten) {
    if (payload.size == 0) {
        return UNDR_OK;
    }
    undr_buffer text = {0};
    check_writer out = check_writer_to(buffer);
    bool said = false;
    if (!shorten || payload.size <= DECODED) {
        check_writer_keep(&out, describe_payload(&text, payload, exact, &said));
    }
    if (said) {
        write_said(&out, undr_buffer_slice(&text), payload.size, shorten);
    } else {
        write_bytes(&out, payload, shorten);
    }
    undr_buffer_free(&text);
    return out.error;
}

undr_error check_print_frame(
    undr_buffer *buffer, const char *channel, const char *arrow, uint8_t type, undr_slice payload, bool shorten) {
    check_writer out = check_writer_to(buffer);
    check_write_format(&out, "%s %s ", channel, arrow);
    if (out.error != UNDR_OK) {
        return out.error;
    }
    check_writer_keep(&out, check_print_type(buffer, type));
    check_write(&out, payload.size > 0 ? " " : "");
    return out.error == UNDR_OK ? check_print_payload(buffer, payload, strcmp(arrow, "<-") != 0, shorten) : out.error;
}
