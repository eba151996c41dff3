/* decode.c: prints captured bytes of one direction of a connection in the exchange notation. */
#include "notation/decode.h"
#include "base/writer.h"
#include "notation/check_honest.h"
#include "notation/print.h"
#include "undr/frame.h"
#include "undr/pickle.h"
#include "undr/task.h"

#include <string.h>

typedef struct decoding {
    FILE *out;
    undr_slice input;
    const check_decode_options *options;
    check_side side;
    size_t offset, wrong;
} decoding;

/* ---- whose bytes are these? ---- */

static check_side side_of(const undr_frame *frame) {
    bool empty = frame->payload.size == 0;
    if (frame->type == UNDR_TYPE_NEXT || frame->type >= UNDR_TYPE_SCHEDULE) {
        return CHECK_SIDE_WORKER;
    }
    if (frame->type == UNDR_TYPE_SCHEDULED) {
        return CHECK_SIDE_MANAGER;
    }
    if (!empty && (frame->type == UNDR_TYPE_TASK || frame->type == UNDR_TYPE_MESSAGE)) {
        return frame->type == UNDR_TYPE_TASK ? CHECK_SIDE_MANAGER : CHECK_SIDE_WORKER;
    }
    return CHECK_SIDE_GUESS;
}

static check_side guess_side(undr_slice input, uint64_t limit) {
    size_t offset = 0;
    undr_frame frame;
    uint64_t size;
    while (
        undr_frame_decode(undr_slice_of(input.data + offset, input.size - offset), limit, &frame, &size) == UNDR_OK) {
        if (side_of(&frame) != CHECK_SIDE_GUESS) {
            return side_of(&frame);
        }
        offset += (size_t)size;
    }
    bool acknowledgement = input.size > 0 && input.data[0] == UNDR_TYPE_MESSAGE;
    return acknowledgement ? CHECK_SIDE_MANAGER : CHECK_SIDE_WORKER;
}

check_side check_decode_guess(undr_slice input) {
    return guess_side(input, UNDR_PAYLOAD_MAXIMUM);
}

/* ---- one frame ---- */

/* Prints what was written, and frees it. */
static undr_error print_lines(decoding *work, undr_buffer *lines, undr_error error) {
    if (error == UNDR_OK && fwrite(lines->data, 1, lines->size, work->out) != lines->size) {
        error = UNDR_SYSTEM;
    }
    undr_buffer_free(lines);
    return error;
}

typedef struct look {
    check_content content;
    bool exception; /* a WorkerException */
    undr_error why;
    undr_pickle_fault fault;
} look;

static undr_error look_into(undr_slice payload, look *found) {
    *found = (look){.content = {.empty = payload.size == 0}};
    if (found->content.empty) {
        return UNDR_OK;
    }
    undr_arena arena = {0};
    undr_value *value;
    found->why = undr_pickle_read(payload, NULL, &arena, &value, NULL, &found->fault);
    found->content.pickle = found->why == UNDR_OK;
    found->content.no_task = found->content.pickle && check_is_never_task(value);
    found->exception = found->content.pickle && undr_value_is_instance(value, UNDR_CLASS_WORKER_EXCEPTION);
    undr_arena_free(&arena);
    return found->why == UNDR_MEMORY ? UNDR_MEMORY : UNDR_OK;
}

static void write_reason(check_writer *out, const char *where, const char *reason, const look *found, bool of_pickle) {
    check_write_format(out, "  # %s%s", where, reason);
    if (of_pickle) {
        check_write_format(out, "; at offset %zu of the payload: %s", found->fault.offset, undr_error_text(found->why));
    }
    check_write(out, "\n");
}

/* A line that could be sent again has a worker's report as bytes: what it says stands above. */
static void write_exception(check_writer *out, undr_slice payload) {
    check_write(out, "  # ");
    if (check_writer_goes_on(out)) {
        check_writer_keep(out, check_print_payload(out->to, payload, false, true));
    }
    check_write(out, "\n");
}

undr_error check_decode_frame(
    undr_buffer *to, check_side side, const undr_frame *frame, const char *where, bool shorten, bool *wrong) {
    enum { ALL_PRIORITIES = 128 };
    look found;
    check_writer out = check_writer_to(to);
    bool worker = side == CHECK_SIDE_WORKER;
    undr_error error = look_into(frame->payload, &found);
    if (error != UNDR_OK) {
        return error;
    }
    const char *reason = worker ? check_request_breach(ALL_PRIORITIES, frame->type, &found.content)
                                : check_answer_breach(frame->type, &found.content);
    *wrong = reason != NULL && where != NULL;
    if (*wrong) {
        uint8_t carrier = worker ? UNDR_TYPE_MESSAGE : UNDR_TYPE_TASK;
        write_reason(&out, where, reason, &found, found.why != UNDR_OK && frame->type == carrier);
    }
    if (worker && found.exception && frame->type == UNDR_TYPE_MESSAGE) {
        write_exception(&out, frame->payload);
    }
    check_write(&out, "  ");
    if (check_writer_goes_on(&out)) {
        const char *arrow = !worker ? "<-" : *wrong ? "-> bad" : "->";
        check_writer_keep(&out, check_print_frame(to, "A", arrow, frame->type, frame->payload, shorten));
    }
    check_write(&out, "\n");
    return out.error;
}

static undr_error decode_frame(decoding *work, const undr_frame *frame) {
    undr_buffer lines = {0};
    char where[40];
    bool wrong;
    (void)snprintf(where, sizeof where, "offset %zu: ", work->offset);
    undr_error error = check_decode_frame(&lines, work->side, frame, where, !work->options->whole, &wrong);
    work->wrong += wrong;
    return print_lines(work, &lines, error);
}

/* ---- what is left when no frame fits ---- */

static undr_error print_rest(decoding *work, undr_slice rest, const char *reason) {
    undr_buffer text = {0};
    check_writer line = check_writer_to(&text);
    work->wrong++;
    check_write_format(&line, "  # offset %zu: %s\n", work->offset, reason);
    /* A receive has no `raw`: an unfinished frame of a manager is a comment. */
    check_write(&line, work->side == CHECK_SIDE_WORKER ? "  A -> raw " : "  # raw ");
    size_t shown = work->options->whole || rest.size <= 64 ? rest.size : 64;
    const undr_value bytes = {.kind = UNDR_BYTES, .bytes = undr_slice_of(rest.data, shown)};
    check_write_value(&line, &bytes);
    if (shown < rest.size) {
        check_write_format(&line, "... (%zu bytes)", rest.size);
    }
    check_write(&line, "\n");
    return print_lines(work, &text, line.error);
}

static bool is_type(uint8_t type) {
    return type == UNDR_TYPE_NEXT || type == UNDR_TYPE_TASK || type == UNDR_TYPE_MESSAGE || type == UNDR_TYPE_SCHEDULED
        || type >= UNDR_TYPE_SCHEDULE;
}

static undr_error decode_rest(decoding *work, undr_slice rest, undr_error why) {
    char reason[240];
    if (rest.size < UNDR_HEADER_SIZE) {
        (void)snprintf(reason, sizeof reason, "the bytes end inside a header, after %zu of %d (FRAME-5)", rest.size,
            UNDR_HEADER_SIZE);
    } else {
        undr_cursor cursor = undr_cursor_over(rest);
        uint8_t type = 0;
        uint64_t length = 0;
        bool header = undr_read_u8(&cursor, &type) && undr_read_u64le(&cursor, &length);
        (void)header; /* it is whole: rest is longer */
        const char *format = length > INT64_MAX
            ? "the header announces %llu bytes, but %zu follow; 2^63 bytes or more fit nowhere (FRAME-7)"
            : why == UNDR_PAYLOAD_TOO_LARGE
            ? "the header announces %llu bytes, more than the limit; %zu follow (FRAME-7)"
            : "the bytes end inside a payload: the header announces %llu, but %zu follow (FRAME-5)";
        int used = snprintf(reason, sizeof reason, format, (unsigned long long)length, rest.size - UNDR_HEADER_SIZE);
        if (!is_type(type) && used > 0) {
            (void)snprintf(reason + used, sizeof reason - (size_t)used, "; type 0x%02x does not exist (REQ-4)", type);
        }
    }
    return print_rest(work, rest, reason);
}

static undr_error decode_all(decoding *work) {
    uint64_t limit = work->options->payload_limit == 0 ? UINT64_MAX : work->options->payload_limit;
    work->side = work->options->side == CHECK_SIDE_GUESS ? guess_side(work->input, limit) : work->options->side;
    while (work->offset < work->input.size) {
        undr_slice rest = undr_slice_of(work->input.data + work->offset, work->input.size - work->offset);
        undr_frame frame;
        uint64_t size;
        undr_error error = undr_frame_decode(rest, limit, &frame, &size);
        if (error != UNDR_OK) {
            return decode_rest(work, rest, error);
        }
        error = decode_frame(work, &frame);
        if (error != UNDR_OK) {
            return error;
        }
        work->offset += (size_t)size;
    }
    return UNDR_OK;
}

undr_error check_decode(undr_slice input, FILE *out, const check_decode_options *options, size_t *wrong) {
    decoding work = {.out = out, .input = input, .options = options};
    undr_error error = decode_all(&work);
    if (error == UNDR_OK && fflush(out) != 0) {
        error = UNDR_SYSTEM;
    }
    *wrong = work.wrong;
    return error;
}
