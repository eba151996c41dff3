/* worker_session.c: a session as a case of the worker role: tasks, one after the other, and what a worker must send
 * while it runs them. */
#include "session.h"

#include <stdio.h>

struct script {
    const check_explored *session;
    undr_buffer *text;
    undr_buffer steps;      /* of the task that is being put together, as its payload is written */
    undr_buffer sent;       /* lines for what the worker sends while it runs it */
    bool open, chain;       /* a task is being put together; it is a Chain */
    bool failed;            /* its later steps never run */
    bool first_step;
    const char *blamed;
};

static const char asks[] = "must WORK-3  after None a worker asks again with `n`";
static const char settles[] = "must WORK-6  a task is run once, followed by exactly one `t`";
static const char sends[] = "must WORK-8  a message of a task is sent as `m` with its pickle; the task goes on when it is acknowledged";
static const char schedules[] = "must WORK-9  a task that a task schedules with priority p is sent as 0x80+p with its pickle";
static const char reports[] = "must WORK-10  a task that fails is reported with a WorkerException before `t`";
static const char cannot_run[] = "must WORK-15  a task that can't be run is reported with a WorkerException and settled";
static const char leaves[] = "must WORK-4  after CloseRequest a worker sends no further frame and ends the connection";

static undr_error blame(struct script *script, undr_buffer *text, const char *requirement) {
    if (script->blamed == requirement) {
        return UNDR_OK;
    }
    script->blamed = requirement;
    return undr_put_format(text, "  %s\n", requirement);
}

/* Sends the task that was put together, reads all that the worker sends for it. */
static undr_error end_task(struct script *script) {
    if (!script->open) {
        return UNDR_OK;
    }
    script->open = false;
    undr_error error = undr_put_text(&script->steps, script->chain ? "])])" : "])");
    error = error == UNDR_OK ? undr_put_text(script->text, "  A -> t ") : error;
    error = error == UNDR_OK ? undr_put_slice(script->text, undr_buffer_slice(&script->steps)) : error;
    error = error == UNDR_OK ? undr_put_u8(script->text, '\n') : error;
    error = error == UNDR_OK ? undr_put_slice(script->text, undr_buffer_slice(&script->sent)) : error;
    error = error == UNDR_OK ? blame(script, script->text, settles) : error;
    return error == UNDR_OK ? undr_put_text(script->text, "  A <- t\n") : error;
}

static undr_error begin_task(struct script *script, bool chain) {
    undr_error error = end_task(script);
    script->open = true;
    script->chain = chain;
    script->failed = false;
    script->first_step = true;
    script->steps.size = script->sent.size = 0;
    return error == UNDR_OK ? undr_put_text(&script->steps, chain ? "Chain([Probe([" : "Probe([") : error;
}

/* The next task of a Chain. */
static undr_error begin_link(struct script *script) {
    if (!script->open || !script->chain) {
        return UNDR_OK;
    }
    script->first_step = true;
    return undr_put_text(&script->steps, "]), Probe([");
}

/* ---- steps ---- */

static undr_error begin_step(struct script *script) {
    undr_error error = script->open ? UNDR_OK : begin_task(script, false);
    if (error == UNDR_OK && !script->first_step) {
        error = undr_put_text(&script->steps, ", ");
    }
    script->first_step = false;
    return error;
}

/* The lines of a frame that the worker sends and of its acknowledgement. */
static undr_error expect(struct script *script, const char *requirement, const char *type, undr_slice payload, char answer) {
    undr_error error = blame(script, &script->sent, requirement);
    return error == UNDR_OK ? undr_put_format(&script->sent, "  A <- %s %.*s\n  A -> %c\n", type, (int)payload.size,
                                  (const char *)payload.data, answer)
                            : error;
}

static undr_error add_message(struct script *script, undr_slice value) {
    undr_error error = undr_put_format(
        &script->steps, "('message', %.*s)", (int)value.size, (const char *)value.data);
    return error == UNDR_OK && !script->failed ? expect(script, sends, "m", value, 'm') : error;
}

static undr_error add_schedule(struct script *script, undr_slice value, unsigned choice) {
    undr_buffer task = {0};
    char type[8] = "";
    unsigned priority = choice % 4 == 0 ? 1 : choice % 128; /* one in four leaves it to the default */
    undr_error error = undr_put_format(
        &task, "Probe([('message', %.*s)])", (int)value.size, (const char *)value.data);
    if (error == UNDR_OK) {
        error = undr_put_format(&script->steps, "('schedule', %.*s", (int)task.size, (const char *)task.data);
    }
    if (error == UNDR_OK) {
        error = choice % 4 == 0 ? undr_put_u8(&script->steps, ')')
                                : undr_put_format(&script->steps, ", %u)", priority);
    }
    snprintf(type, sizeof type, "0x%02x", 0x80 + priority);
    if (error == UNDR_OK && !script->failed) {
        error = expect(script, schedules, type, undr_buffer_slice(&task), 's');
    }
    undr_buffer_free(&task);
    return error;
}

static undr_error add_raise(struct script *script, size_t identity) {
    undr_error error = undr_put_format(&script->steps, "('raise', 'error %zu')", identity);
    if (error == UNDR_OK && !script->failed) {
        error = expect(script, reports, "m", undr_slice_text("WorkerException"), 'm');
    }
    script->failed = true;
    return error;
}

static undr_error add_step(struct script *script, const check_operation *operation, size_t identity) {
    undr_buffer value = {0};
    undr_error error = begin_step(script);
    if (error == UNDR_OK) {
        error = check_explored_value(&value, operation, identity);
    }
    if (error == UNDR_OK) {
        switch (operation->kind) {
            case CHECK_OPERATION_STEP_MESSAGE: error = add_message(script, undr_buffer_slice(&value)); break;
            case CHECK_OPERATION_STEP_SCHEDULE:
                error = add_schedule(script, undr_buffer_slice(&value), operation->choice);
                break;
            default: error = add_raise(script, identity); break;
        }
    }
    undr_buffer_free(&value);
    return error;
}

/* ---- answers without a task that could run ---- */

static undr_error answer_nothing(struct script *script) {
    undr_error error = end_task(script);
    error = error == UNDR_OK ? undr_put_text(script->text, "  A -> t None\n") : error;
    error = error == UNDR_OK ? blame(script, script->text, asks) : error;
    return error == UNDR_OK ? undr_put_text(script->text, "  A <- n\n") : error;
}

static undr_error answer_what_cannot_run(struct script *script, unsigned choice) {
    static const char *const payloads[] = {"", " 5", " 'text'", " [1]"};
    undr_error error = end_task(script);
    if (error == UNDR_OK) {
        error = undr_put_format(script->text, "  A -> t%s\n", payloads[choice % (sizeof payloads / sizeof *payloads)]);
    }
    error = error == UNDR_OK ? blame(script, script->text, cannot_run) : error;
    return error == UNDR_OK
        ? undr_put_text(script->text, "  A <- m WorkerException\n  A -> m\n  A <- t\n") : error;
}

static undr_error act(struct script *script, size_t identity) {
    const check_operation *operation = &script->session->at[identity];
    switch (operation->kind) {
        case CHECK_OPERATION_TASK: return begin_task(script, false);
        case CHECK_OPERATION_CHAIN: return begin_task(script, true);
        case CHECK_OPERATION_LINK: return begin_link(script);
        case CHECK_OPERATION_STEP_MESSAGE:
        case CHECK_OPERATION_STEP_SCHEDULE:
        case CHECK_OPERATION_STEP_RAISE: return add_step(script, operation, identity);
        case CHECK_OPERATION_NO_TASK: return answer_nothing(script);
        case CHECK_OPERATION_EMPTY: return answer_what_cannot_run(script, operation->choice);
        default: return UNDR_OK;
    }
}

static undr_error finish(struct script *script) {
    undr_error error = end_task(script);
    error = error == UNDR_OK ? blame(script, script->text, leaves) : error;
    return error == UNDR_OK ? undr_put_text(script->text, "  A -> t CloseRequest\n  A <- end\n  P <- exit 0\n") : error;
}

undr_error check_explored_write_worker(const check_explored *session, undr_buffer *text) {
    struct script script = {.session = session, .text = text};
    undr_error error = undr_put_text(text, "  must WORK-1  a worker's first frame is `n`\n\n  A <- n\n");
    for (size_t i = 0; i < session->count && error == UNDR_OK; i++) {
        error = act(&script, i);
    }
    error = error == UNDR_OK ? finish(&script) : error;
    undr_buffer_free(&script.steps);
    undr_buffer_free(&script.sent);
    return error;
}
