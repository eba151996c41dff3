/* decode.c: prints captured bytes of one direction of a connection in the exchange notation. */
#include "notation/decode.h"
#include "base/writer.h"
#include "notation/check_honest.h"
#include "notation/print.h"
#include "undr/frame.h"
#include "undr/pickle.h"

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

/* ---- one frame ---- */

/* Ends the line, prints it, and frees it. */
static undr_error print_line(decoding *work, check_writer *line) {
    check_write(line, "\n");
    if (line->error == UNDR_OK && fwrite(line->to->data, 1, line->to->size, work->out) != line->to->size) {
        line->error = UNDR_SYSTEM;
    }
    undr_buffer_free(line->to);
    return line->error;
}

static undr_error print_wrong(
    decoding *work, const char *reason, undr_error fault_error, const undr_pickle_fault *fault) {
    undr_buffer text = {0};
    check_writer line = check_writer_to(&text);
    work->wrong++;
    check_write_format(&line, "  # offset %zu: %s", work->offset, reason);
    if (fault != NULL) {
        check_write_format(&line, "; at offset %zu of the payload: %s", fault->offset, undr_error_text(fault_error));
    }
    return print_line(work, &line);
}

static undr_error look_into(undr_slice payload, check_content *found, undr_error *why, undr_pickle_fault *fault) {
    *found = (check_content){.empty = payload.size == 0};
    *why = UNDR_OK;
    if (found->empty) {
        return UNDR_OK;
    }
    undr_arena arena = {0};
    undr_value *value;
    *why = undr_pickle_read(payload, NULL, &arena, &value, NULL, fault);
    found->pickle = *why == UNDR_OK;
    found->no_task = found->pickle && check_is_never_task(value);
    undr_arena_free(&arena);
    return *why == UNDR_MEMORY ? UNDR_MEMORY : UNDR_OK;
}

static undr_error print_frame(decoding *work, const undr_frame *frame, bool bad) {
    undr_buffer text = {0};
    check_writer line = check_writer_to(&text);
    const char *sent = bad ? "-> bad" : "->", *arrow = work->side == CHECK_SIDE_WORKER ? sent : "<-";
    check_write(&line, "  ");
    if (check_writer_goes_on(&line)) {
        check_writer_keep(
            &line, check_print_frame(&text, "A", arrow, frame->type, frame->payload, !work->options->whole));
    }
    return print_line(work, &line);
}

static undr_error decode_frame(decoding *work, const undr_frame *frame) {
    enum { ALL_PRIORITIES = 128 };
    check_content found;
    undr_error why;
    undr_pickle_fault fault = {0};
    undr_error error = look_into(frame->payload, &found, &why, &fault);
    if (error != UNDR_OK) {
        return error;
    }
    const char *reason = work->side == CHECK_SIDE_WORKER ? check_request_breach(ALL_PRIORITIES, frame->type, &found)
                                                         : check_answer_breach(frame->type, &found);
    if (reason != NULL) {
        uint8_t carrier = work->side == CHECK_SIDE_WORKER ? UNDR_TYPE_MESSAGE : UNDR_TYPE_TASK;
        bool of_pickle = why != UNDR_OK && frame->type == carrier;
        error = print_wrong(work, reason, why, of_pickle ? &fault : NULL);
    }
    return error == UNDR_OK ? print_frame(work, frame, reason != NULL) : error;
}

/* ---- what is left when no frame fits ---- */

static undr_error print_rest(decoding *work, undr_slice rest) {
    undr_buffer text = {0};
    check_writer line = check_writer_to(&text);
    /* A receive has no `raw`: an unfinished frame of a manager is a comment. */
    check_write(&line, work->side == CHECK_SIDE_WORKER ? "  A -> raw " : "  # raw ");
    size_t shown = work->options->whole || rest.size <= 64 ? rest.size : 64;
    const undr_value bytes = {.kind = UNDR_BYTES, .bytes = undr_slice_of(rest.data, shown)};
    check_write_value(&line, &bytes);
    if (shown < rest.size) {
        check_write_format(&line, "... (%zu bytes)", rest.size);
    }
    return print_line(work, &line);
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
    undr_error error = print_wrong(work, reason, UNDR_OK, NULL);
    return error == UNDR_OK ? print_rest(work, rest) : error;
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
