/* print.c: prints cases and their lines in the canonical form. */
#include "notation/print.h"

#include "base/writer.h"
#include "notation/parse_step.h"
#include "notation/step_form.h"

#include <inttypes.h>

static void write_type(check_writer *out, uint8_t type) {
    bool letter = type == 'n' || type == 't' || type == 'm' || type == 's';
    check_write_format(out, letter ? "%c" : "0x%02x", type);
}

undr_error check_print_type(undr_buffer *buffer, uint8_t type) {
    check_writer out = check_writer_to(buffer);
    write_type(&out, type);
    return out.error;
}

static void write_pattern(check_writer *out, const check_payload *payload) {
    if (check_writer_goes_on(out)) {
        check_writer_keep(out, check_print_pattern(out->to, payload));
    }
}

/* ---- receives ---- */

static void write_frame_sight(check_writer *out, const check_expectation *one) {
    write_type(out, one->type);
    write_pattern(out, &one->payload);
}

static void write_message_sight(check_writer *out, const check_expectation *one) {
    check_write(out, "message");
    write_pattern(out, &one->payload);
}

static void write_exit(check_writer *out, int status) {
    if (status < 0) {
        check_write(out, status == -1 ? "exit nonzero" : "exit");
    } else {
        check_write_format(out, "exit %d", status);
    }
}

static void write_end(check_writer *out, const check_expectation *one) {
    static const char *const ends[] = {"end", "end fin", "end reset"};
    check_write(out, ends[one->end]);
    if (one->exits) {
        check_write_format(out, " exit %d", one->status);
    }
}

static void write_expectation(check_writer *out, const check_expectation *one) {
    /* unreachable: the enum has no other value */
    switch (one->sight) {
    case CHECK_SEES_FRAME: write_frame_sight(out, one); break;
    case CHECK_SEES_END: write_end(out, one); break;
    case CHECK_SEES_OK: check_write(out, "ok"); break;
    case CHECK_SEES_ERROR: check_write(out, "error"); break;
    case CHECK_SEES_DONE: check_write(out, "done"); break;
    case CHECK_SEES_CLOSED: check_write(out, "closed"); break;
    case CHECK_SEES_MESSAGE: write_message_sight(out, one); break;
    case CHECK_SEES_EXIT: write_exit(out, one->status); break;
    }
}

undr_error check_print_expectation(undr_buffer *buffer, const check_expectation *one) {
    check_writer out = check_writer_to(buffer);
    write_expectation(&out, one);
    return out.error;
}

static void write_alternatives(check_writer *out, const check_step *step) {
    for (size_t i = 0; i < step->expectation_count; i++) {
        check_write(out, i == 0 ? " " : " or ");
        write_expectation(out, &step->expectations[i]);
    }
}

/* ---- steps ---- */

static void write_argument(check_writer *out, const check_step *step, check_argument argument) {
    /* unreachable: the enum has no other value */
    switch (argument) {
    case CHECK_TAKES_NOTHING: break;
    case CHECK_TAKES_FRAME:
        write_type(out, step->type);
        write_pattern(out, &step->payload);
        break;
    case CHECK_TAKES_HEADER:
        check_write(out, " ");
        write_type(out, step->type);
        check_write_format(out, " %" PRIu64, step->number);
        break;
    case CHECK_TAKES_TASK:
        check_write_format(out, " %" PRId64, (int64_t)step->number);
        write_pattern(out, &step->payload);
        break;
    case CHECK_TAKES_BYTES:
    case CHECK_TAKES_MESSAGE: write_pattern(out, &step->payload); break;
    case CHECK_TAKES_POLICY: check_write_format(out, " %s", check_policy_name(step->number)); break;
    case CHECK_TAKES_SIGNAL: check_write_format(out, " %s", check_signal_name((int)step->number)); break;
    case CHECK_TAKES_TIME:
        if (step->number > 0) {
            check_write_format(out, " %" PRIu64, step->number);
        }
        break;
    case CHECK_TAKES_FILES:
    case CHECK_TAKES_TIMES: check_write_format(out, " %" PRIu64, step->number); break;
    case CHECK_TAKES_NAME: check_write_format(out, " ?%s", step->name); break;
    }
}

static void write_requirement(check_writer *out, const check_requirement *requirement) {
    static const char *const levels[] = {"must", "should", "may"};
    check_write_format(out, "%s  %s  %s", levels[requirement->level], requirement->id, requirement->sentence);
}

static void write_line(check_writer *out, const check_step *step) {
    const check_step_form *form = check_form_of(step->what);
    const char *index = step->indexed ? "[i]" : "", *word = form->word == NULL ? "" : form->word;
    /* unreachable: the enum has no other value */
    switch (form->shape) {
    case CHECK_SHAPE_SENT:
        check_write_format(out, "%s%s ->%s %s", step->channel, index, step->bad ? " bad" : "", word);
        break;
    case CHECK_SHAPE_VERB: check_write_format(out, "%s%s %s", step->channel, index, word); break;
    case CHECK_SHAPE_ALONE: check_write(out, word); break;
    case CHECK_SHAPE_RECEIVED: check_write_format(out, "%s%s <-", step->channel, index); break;
    case CHECK_SHAPE_POLL: check_write_format(out, "poll %s%s %c until", step->channel, index, step->type); break;
    case CHECK_SHAPE_REQUIREMENT: write_requirement(out, &step->requirement); break;
    }
    write_argument(out, step, form->argument);
    write_alternatives(out, step);
}

static void write_step(check_writer *out, const check_step *step, int indent) {
    check_write_format(out, "%*s", indent, "");
    write_line(out, step);
    check_write(out, "\n");
    for (size_t i = 0; i < step->step_count; i++) {
        write_step(out, &step->steps[i], indent + 2);
    }
}

undr_error check_print_step(undr_buffer *buffer, const check_step *step, int indent) {
    check_writer out = check_writer_to(buffer);
    write_step(&out, step, indent);
    return out.error;
}

/* ---- heads ---- */

static void write_role(check_writer *out, const check_case *one) {
    static const char *const names[] = {"manager", "worker", "pool"};
    unsigned workers = one->role == CHECK_ROLE_POOL ? 2 : 0;
    if (one->workers == workers && one->levels == 2 && !one->log_directory) {
        return;
    }
    check_write_format(out, "  role %s", names[one->role]);
    if (one->workers != workers) {
        check_write_format(out, " workers %u", one->workers);
    }
    if (one->levels != 2) {
        check_write_format(out, " levels %u", one->levels);
    }
    if (one->log_directory) {
        check_write(out, one->log_missing ? " log-directory missing" : " log-directory");
    }
    check_write(out, "\n");
}

static void write_needs(check_writer *out, const check_case *one) {
    for (size_t i = 0; i < one->need_count; i++) {
        const check_need *need = &one->needs[i];
        check_write_format(out, "  needs %s", need->capability);
        if (need->minimum != 0) {
            check_write_format(out, " %" PRId64, need->minimum);
        }
        check_write(out, "\n");
    }
}

static void write_texts(check_writer *out, const char *word, const char **texts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        check_write_format(out, "  %s %s\n", word, texts[i]);
    }
}

static void write_requirements(check_writer *out, const check_case *one) {
    for (size_t i = 0; i < one->requirement_count; i++) {
        check_write(out, "  ");
        write_requirement(out, &one->requirements[i]);
        check_write(out, "\n");
    }
}

static void write_flags(check_writer *out, const check_case *one) {
    static const char *const reaches[] = {"", "  delivery whole\n", "  delivery pipeline\n"};
    check_write(out, reaches[one->reach]);
    check_write(out, one->load ? "  set load\n" : "");
    check_write(out, one->destructive ? "  destructive\n" : "");
}

undr_error check_print(undr_buffer *buffer, const check_case *one) {
    check_writer out = check_writer_to(buffer);
    check_write_format(&out, "case %s\n", one->name);
    write_requirements(&out, one);
    write_texts(&out, "note", one->notes, one->note_count);
    write_role(&out, one);
    write_needs(&out, one);
    write_flags(&out, one);
    write_texts(&out, "after", one->after, one->after_count);
    if (one->since != NULL) {
        check_write_format(&out, "  since %s\n", one->since);
    }
    write_texts(&out, "was", one->was, one->was_count);
    check_write(&out, "\n");
    for (size_t i = 0; i < one->step_count; i++) {
        bool apart = one->steps[i].what == CHECK_REQUIREMENT; /* never the first: that one is in the head */
        check_write(&out, apart ? "\n" : "");
        write_step(&out, &one->steps[i], 2);
    }
    return out.error;
}
