/* print.c: prints cases and their lines in the canonical form. */
#include "notation/print.h"
#include "notation/parse_step.h"

#include <inttypes.h>

undr_error check_print_type(undr_buffer *buffer, uint8_t type) {
    bool letter = type == 'n' || type == 't' || type == 'm' || type == 's';
    return letter ? undr_put_u8(buffer, type) : undr_put_format(buffer, "0x%02x", type);
}

/* ---- receives ---- */

static undr_error print_frame_sight(undr_buffer *buffer, const check_expectation *one) {
    undr_error error = check_print_type(buffer, one->type);
    return error == UNDR_OK ? check_print_pattern(buffer, &one->payload) : error;
}

static undr_error print_exit(undr_buffer *buffer, int status) {
    if (status < 0) {
        return undr_put_text(buffer, status == -1 ? "exit nonzero" : "exit");
    }
    return undr_put_format(buffer, "exit %d", status);
}

static undr_error print_message_sight(undr_buffer *buffer, const check_expectation *one) {
    undr_error error = undr_put_text(buffer, "message");
    return error == UNDR_OK ? check_print_pattern(buffer, &one->payload) : error;
}

static undr_error print_end(undr_buffer *buffer, const check_expectation *one) {
    static const char *const ends[] = {"end", "end fin", "end reset"};
    undr_error error = undr_put_text(buffer, ends[one->end]);
    return error == UNDR_OK && one->exits ? undr_put_format(buffer, " exit %d", one->status) : error;
}

undr_error check_print_expectation(undr_buffer *buffer, const check_expectation *one) {
    /* unreachable: the enum has no other value */
    switch (one->sight) {
    case CHECK_SEES_FRAME: return print_frame_sight(buffer, one);
    case CHECK_SEES_END: return print_end(buffer, one);
    case CHECK_SEES_OK: return undr_put_text(buffer, "ok");
    case CHECK_SEES_ERROR: return undr_put_text(buffer, "error");
    case CHECK_SEES_DONE: return undr_put_text(buffer, "done");
    case CHECK_SEES_CLOSED: return undr_put_text(buffer, "closed");
    case CHECK_SEES_MESSAGE: return print_message_sight(buffer, one);
    case CHECK_SEES_EXIT: return print_exit(buffer, one->status);
    }
    return UNDR_ARGUMENT; /* unreachable: likewise */
}

static undr_error print_alternatives(undr_buffer *buffer, const check_step *step) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; error == UNDR_OK && i < step->expectation_count; i++) {
        error = undr_put_text(buffer, i == 0 ? " " : " or ");
        error = error == UNDR_OK ? check_print_expectation(buffer, &step->expectations[i]) : error;
    }
    return error;
}

/* ---- steps ---- */

static undr_error print_channel(undr_buffer *buffer, const check_step *step) {
    return undr_put_format(buffer, "%s%s", step->channel, step->indexed ? "[i]" : "");
}

static undr_error print_arrow(undr_buffer *buffer, const check_step *step) {
    undr_error error = print_channel(buffer, step);
    return error == UNDR_OK ? undr_put_text(buffer, step->bad ? " -> bad " : " -> ") : error;
}

static undr_error print_send(undr_buffer *buffer, const check_step *step) {
    undr_error error = print_arrow(buffer, step);
    if (error != UNDR_OK) {
        return error;
    }
    switch (step->what) {
    case CHECK_SEND_FRAME:
        error = check_print_type(buffer, step->type);
        return error == UNDR_OK ? check_print_pattern(buffer, &step->payload) : error;
    case CHECK_SEND_HEADER:
        error = undr_put_text(buffer, "header ");
        error = error == UNDR_OK ? check_print_type(buffer, step->type) : error;
        return error == UNDR_OK ? undr_put_format(buffer, " %" PRIu64, step->number) : error;
    case CHECK_SEND_RAW:
        error = undr_put_text(buffer, "raw");
        return error == UNDR_OK ? check_print_pattern(buffer, &step->payload) : error;
    case CHECK_SEND_CLOSE: return undr_put_text(buffer, "close");
    case CHECK_SEND_HALF_CLOSE: return undr_put_text(buffer, "half-close");
    case CHECK_SEND_RESET: return undr_put_text(buffer, "reset");
    default: return undr_put_text(buffer, "open");
    }
}

static undr_error print_command(undr_buffer *buffer, const check_step *step) {
    static const char *const policies[] = {"join", "cancel", "kill"};
    undr_error error = print_arrow(buffer, step);
    if (error != UNDR_OK) {
        return error;
    }
    switch (step->what) {
    case CHECK_COMMAND_SCHEDULE:
        error = undr_put_format(buffer, "schedule %" PRId64, (int64_t)step->number);
        return error == UNDR_OK ? check_print_pattern(buffer, &step->payload) : error;
    case CHECK_COMMAND_MESSAGE:
        error = undr_put_text(buffer, "message");
        return error == UNDR_OK ? check_print_pattern(buffer, &step->payload) : error;
    case CHECK_COMMAND_CLOSE: return undr_put_format(buffer, "close %s", policies[step->number]);
    case CHECK_COMMAND_NEXT: return undr_put_text(buffer, "next");
    case CHECK_SIGNAL: return undr_put_format(buffer, "signal %s", check_signal_name((int)step->number));
    default: return undr_put_text(buffer, "end");
    }
}

static undr_error print_receive(undr_buffer *buffer, const check_step *step) {
    undr_error error = print_channel(buffer, step);
    error = error == UNDR_OK ? undr_put_text(buffer, " <-") : error;
    return error == UNDR_OK ? print_alternatives(buffer, step) : error;
}

static undr_error print_poll(undr_buffer *buffer, const check_step *step) {
    undr_error error = undr_put_text(buffer, "poll ");
    error = error == UNDR_OK ? print_channel(buffer, step) : error;
    error = error == UNDR_OK ? undr_put_format(buffer, " %c until", step->type) : error;
    return error == UNDR_OK ? print_alternatives(buffer, step) : error;
}

static undr_error print_verb(undr_buffer *buffer, const check_step *step, const char *verb) {
    undr_error error = print_channel(buffer, step);
    return error == UNDR_OK ? undr_put_format(buffer, " %s", verb) : error;
}

static undr_error print_wait(undr_buffer *buffer, const check_step *step, const char *verb) {
    undr_error error = print_verb(buffer, step, verb);
    return error == UNDR_OK && step->number > 0 ? undr_put_format(buffer, " %" PRIu64, step->number) : error;
}

static undr_error print_requirement(undr_buffer *buffer, const check_requirement *requirement) {
    static const char *const levels[] = {"must", "should", "may"};
    return undr_put_format(buffer, "%s  %s  %s", levels[requirement->level], requirement->id, requirement->sentence);
}

static undr_error print_line(undr_buffer *buffer, const check_step *step) {
    /* unreachable: the enum has no other value */
    switch (step->what) {
    case CHECK_SEND_FRAME:
    case CHECK_SEND_HEADER:
    case CHECK_SEND_RAW:
    case CHECK_SEND_CLOSE:
    case CHECK_SEND_HALF_CLOSE:
    case CHECK_SEND_RESET:
    case CHECK_SEND_OPEN: return print_send(buffer, step);
    case CHECK_COMMAND_SCHEDULE:
    case CHECK_COMMAND_MESSAGE:
    case CHECK_COMMAND_NEXT:
    case CHECK_COMMAND_CLOSE:
    case CHECK_COMMAND_END:
    case CHECK_SIGNAL: return print_command(buffer, step);
    case CHECK_RECEIVE: return print_receive(buffer, step);
    case CHECK_POLL: return print_poll(buffer, step);
    case CHECK_QUIET: return print_wait(buffer, step, "quiet");
    case CHECK_PAUSES: return print_verb(buffer, step, "pauses");
    case CHECK_DEAF: return print_wait(buffer, step, "deaf");
    case CHECK_REFUSED: return print_verb(buffer, step, "refused");
    case CHECK_ALIVE: return print_verb(buffer, step, "alive");
    case CHECK_ALONE: return print_verb(buffer, step, "alone");
    case CHECK_LOOPBACK: return print_verb(buffer, step, "loopback");
    case CHECK_LOGS: return undr_put_format(buffer, "%s logs %" PRIu64, step->channel, step->number);
    case CHECK_KILL: return undr_put_format(buffer, "kill ?%s", step->name);
    case CHECK_GONE: return undr_put_format(buffer, "gone ?%s", step->name);
    case CHECK_GATE_ACCEPT: return print_verb(buffer, step, "accept");
    case CHECK_GATE_CLOSE: return print_verb(buffer, step, "close");
    case CHECK_GATE_UNTOUCHED: return print_verb(buffer, step, "untouched");
    case CHECK_REPEAT: return undr_put_format(buffer, "repeat %" PRIu64, step->number);
    case CHECK_TOGETHER: return undr_put_text(buffer, "together");
    case CHECK_UNORDERED: return undr_put_text(buffer, "unordered");
    case CHECK_REQUIREMENT: return print_requirement(buffer, &step->requirement);
    }
    return UNDR_ARGUMENT; /* unreachable: likewise */
}

undr_error check_print_step(undr_buffer *buffer, const check_step *step, int indent) {
    undr_error error = undr_put_format(buffer, "%*s", indent, "");
    error = error == UNDR_OK ? print_line(buffer, step) : error;
    error = error == UNDR_OK ? undr_put_text(buffer, "\n") : error;
    for (size_t i = 0; error == UNDR_OK && i < step->step_count; i++) {
        error = check_print_step(buffer, &step->steps[i], indent + 2);
    }
    return error;
}

/* ---- heads ---- */

static undr_error print_role(undr_buffer *buffer, const check_case *one) {
    static const char *const names[] = {"manager", "worker", "pool"};
    unsigned workers = one->role == CHECK_ROLE_POOL ? 2 : 0;
    if (one->workers == workers && one->levels == 2 && !one->log_directory) {
        return UNDR_OK;
    }
    undr_error error = undr_put_format(buffer, "  role %s", names[one->role]);
    if (error == UNDR_OK && one->workers != workers) {
        error = undr_put_format(buffer, " workers %u", one->workers);
    }
    if (error == UNDR_OK && one->levels != 2) {
        error = undr_put_format(buffer, " levels %u", one->levels);
    }
    if (error == UNDR_OK && one->log_directory) {
        error = undr_put_text(buffer, one->log_missing ? " log-directory missing" : " log-directory");
    }
    return error == UNDR_OK ? undr_put_text(buffer, "\n") : error;
}

static undr_error print_needs(undr_buffer *buffer, const check_case *one) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; error == UNDR_OK && i < one->need_count; i++) {
        const check_need *need = &one->needs[i];
        error = need->minimum == 0
            ? undr_put_format(buffer, "  needs %s\n", need->capability)
            : undr_put_format(buffer, "  needs %s %" PRId64 "\n", need->capability, need->minimum);
    }
    return error;
}

static undr_error print_texts(undr_buffer *buffer, const char *word, const char **texts, size_t count) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; error == UNDR_OK && i < count; i++) {
        error = undr_put_format(buffer, "  %s %s\n", word, texts[i]);
    }
    return error;
}

static undr_error print_requirements(undr_buffer *buffer, const check_case *one) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; error == UNDR_OK && i < one->requirement_count; i++) {
        error = undr_put_text(buffer, "  ");
        error = error == UNDR_OK ? print_requirement(buffer, &one->requirements[i]) : error;
        error = error == UNDR_OK ? undr_put_text(buffer, "\n") : error;
    }
    return error;
}

static undr_error print_flags(undr_buffer *buffer, const check_case *one) {
    static const char *const reaches[] = {"", "  delivery whole\n", "  delivery pipeline\n"};
    undr_error error = undr_put_text(buffer, reaches[one->reach]);
    if (error == UNDR_OK && one->load) {
        error = undr_put_text(buffer, "  set load\n");
    }
    if (error == UNDR_OK && one->destructive) {
        error = undr_put_text(buffer, "  destructive\n");
    }
    return error;
}

undr_error check_print(undr_buffer *buffer, const check_case *one) {
    undr_error error = undr_put_format(buffer, "case %s\n", one->name);
    error = error == UNDR_OK ? print_requirements(buffer, one) : error;
    error = error == UNDR_OK ? print_texts(buffer, "note", one->notes, one->note_count) : error;
    error = error == UNDR_OK ? print_role(buffer, one) : error;
    error = error == UNDR_OK ? print_needs(buffer, one) : error;
    error = error == UNDR_OK ? print_flags(buffer, one) : error;
    error = error == UNDR_OK ? print_texts(buffer, "after", one->after, one->after_count) : error;
    error = error == UNDR_OK ? undr_put_text(buffer, "\n") : error;
    for (size_t i = 0; error == UNDR_OK && i < one->step_count; i++) {
        bool apart = one->steps[i].what == CHECK_REQUIREMENT; /* never the first: that one is in the head */
        error = apart ? undr_put_text(buffer, "\n") : UNDR_OK;
        error = error == UNDR_OK ? check_print_step(buffer, &one->steps[i], 2) : error;
    }
    return error;
}
