/* check_honest.c: the harness checks itself: a frame of its own that breaks the specification must say `bad`, and one
 * that says `bad` must break something. The player checks what shows only while a case is played (a `t` without a task
 * out, an answer that was not asked for); `bad` is allowed where that is possible. */
#include "notation/check_honest.h"
#include "notation/names.h"
#include "notation/parse_step.h"
#include "notation/walk.h"

#include "undr/frame.h"
#include "undr/pickle.h"
#include "undr/task.h"

typedef struct honesty {
    const check_lexer *lexer;
    const check_case *one;
} honesty;

/* Above this size, repeated bytes are not decoded: they are a pickle only by chance. */
enum { LOOKED_INTO = 1 << 20 };

static bool is_empty(const check_payload *payload) {
    if (payload->form != CHECK_PAYLOAD_WIRE) {
        return payload->form == CHECK_PAYLOAD_EMPTY;
    }
    const check_term *term = payload->term;
    return term->kind == CHECK_TERM_TIMES ? term->number == 0 || term->parts[0]->value->bytes.size == 0
                                          : term->value->bytes.size == 0;
}

static bool is_large(const check_term *term) {
    return term->kind == CHECK_TERM_TIMES && term->number > LOOKED_INTO / (term->parts[0]->value->bytes.size + 1);
}

/* The value of bytes on the wire; *value is NULL when they are not a pickle. */
static undr_error read_wire(const check_payload *payload, undr_arena *arena, undr_value **value) {
    undr_buffer bytes = {0};
    *value = NULL;
    if (is_large(payload->term)) {
        return UNDR_OK;
    }
    undr_error error = check_build_payload(payload, NULL, &bytes, NULL);
    if (error == UNDR_OK) {
        error = undr_pickle_read(undr_buffer_slice(&bytes), NULL, arena, value, NULL, NULL);
        if (error != UNDR_OK) {
            *value = NULL;
        }
    }
    undr_buffer_free(&bytes);
    return error == UNDR_MEMORY ? error : UNDR_OK;
}

bool check_is_never_task(const undr_value *value) {
    return value->kind == UNDR_NONE || undr_value_is_instance(value, UNDR_CLASS_CLOSE_REQUEST);
}

static undr_error look_into(const check_payload *payload, check_content *found) {
    *found = (check_content){.empty = is_empty(payload)};
    if (payload->form == CHECK_PAYLOAD_EMPTY) {
        return UNDR_OK;
    }
    const check_term *term = payload->term;
    if (payload->form == CHECK_PAYLOAD_PICKLE) {
        bool close_request = term->kind == CHECK_TERM_OBJECT
            && check_slice_is(undr_slice_text(term->text), UNDR_CLASS_CLOSE_REQUEST);
        found->pickle = true;
        found->no_task = close_request || (term->kind == CHECK_TERM_VALUE && check_is_never_task(term->value));
        return UNDR_OK;
    }
    undr_arena arena = {0};
    undr_value *value;
    undr_error error = read_wire(payload, &arena, &value);
    if (error == UNDR_OK && value != NULL) {
        found->pickle = true;
        found->no_task = check_is_never_task(value);
    }
    undr_arena_free(&arena);
    return error;
}

const char *check_request_breach(unsigned levels, uint8_t type, const check_content *found) {
    if (type >= UNDR_TYPE_SCHEDULE) {
        return (unsigned)type - UNDR_TYPE_SCHEDULE >= levels ? "the manager has no queue for this priority (SCHED-5)"
            : found->no_task ? "None and CloseRequest are never scheduled as tasks (SCHED-12)"
                             : NULL;
    }
    switch (type) {
    case UNDR_TYPE_NEXT: return found->empty ? NULL : "`n` carries no payload (REQ-5)";
    case UNDR_TYPE_TASK: return found->empty ? NULL : "`t` to a manager carries no payload (REQ-5)";
    case UNDR_TYPE_MESSAGE:
        return found->empty ? "`m` must carry a pickle (MSG-3)"
            : found->pickle ? NULL
                            : "`m` carries a pickle, but these bytes are not one (MSG-3)";
    default: return "a worker never sends this type (REQ-4)";
    }
}

const char *check_answer_breach(uint8_t type, const check_content *found) {
    switch (type) {
    case UNDR_TYPE_TASK:
        return found->empty || found->pickle
            ? NULL
            : "`t` to a worker carries a pickle, but these bytes are not one (WORK-16)";
    case UNDR_TYPE_MESSAGE:
    case UNDR_TYPE_SCHEDULED: return found->empty ? NULL : "an acknowledgement carries no payload (WORK-14)";
    default: return "a manager never sends this type (WORK-16)";
    }
}

/* What the adapter is told to schedule or send. */
static const char *command_breach(const check_step *step, const check_content *found) {
    if (!found->pickle) {
        return "the adapter takes pickles, but these bytes are not one";
    }
    bool no_task = step->what == CHECK_COMMAND_SCHEDULE && found->no_task;
    return no_task ? "None and CloseRequest are never scheduled as tasks (SCHED-12)" : NULL;
}

static const char *breach_of(const honesty *work, const check_step *step, const check_content *found) {
    if (step->what != CHECK_SEND_FRAME) {
        return command_breach(step, found);
    }
    return work->one->role == CHECK_ROLE_WORKER ? check_answer_breach(step->type, found)
                                                : check_request_breach(work->one->levels, step->type, found);
}

/* A `t` may settle a task that is not out, and an answer may come when none is due: it shows only when the case is
 * played. */
static bool may_be_bad(const honesty *work, const check_step *step) {
    return step->what == CHECK_SEND_FRAME && (work->one->role == CHECK_ROLE_WORKER || step->type == UNDR_TYPE_TASK);
}

static undr_error visit_step(void *context, const check_step *step, const check_step *block) {
    const honesty *work = context;
    bool command = step->what == CHECK_COMMAND_SCHEDULE || step->what == CHECK_COMMAND_MESSAGE;
    (void)block;
    if (step->what != CHECK_SEND_FRAME && !command) {
        return UNDR_OK;
    }
    check_content found;
    undr_error error = look_into(&step->payload, &found);
    if (error != UNDR_OK) {
        return error;
    }
    const char *reason = breach_of(work, step, &found);
    if (reason != NULL && !step->bad) {
        return check_step_fail(work->lexer, step->line, "%s: write `bad` before it if that is intended", reason);
    }
    if (reason == NULL && step->bad && !may_be_bad(work, step)) {
        return check_step_fail(
            work->lexer, step->line, "`bad` is before a step that does not break the protocol: remove `bad`");
    }
    return UNDR_OK;
}

undr_error check_case_honesty(const check_lexer *lexer, const check_case *one) {
    honesty work = {lexer, one};
    return check_each_step(one, visit_step, &work);
}
