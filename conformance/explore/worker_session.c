/* worker_session.c: a session as a case of the worker role: the harness is the manager, and hands out one task after
 * the other. */
#include "explore/requirement.h"
#include "explore/role_sessions.h"
#include "explore/tasks.h"

struct script {
    check_writer out;
    const char *above;
};

static const char asks[] = "WORK-3  after None a worker asks again with `n`";
static const char settles[] = "WORK-6  a task is run once, followed by exactly one `t`";
static const char sends[] = "WORK-8  a message of a task is sent as `m` with its pickle; the task goes on when it is "
                            "acknowledged";
static const char schedules[] = "WORK-9  a task that a task schedules with priority p is sent as 0x80+p with its "
                                "pickle";
static const char reports[] = "WORK-10  a task that fails is reported with a WorkerException before `t`";
static const char cannot_run[] = "WORK-15  a task that can't be run is reported with a WorkerException and settled";
static const char leaves[] = "WORK-4  after CloseRequest a worker sends no further frame and ends the connection";

/* Lines below a requirement. */
static void write_expectation(struct script *script, const char *requirement, const char *lines) {
    check_explored_blame(&script->above, &script->out, requirement);
    check_write(&script->out, lines);
}

static void write_effect(struct script *script, const check_effect *effect) {
    undr_slice value = undr_buffer_slice(&effect->text);
    switch (effect->kind) {
    case CHECK_EFFECT_MESSAGE:
        write_expectation(script, sends, "  A <- m ");
        check_write_slice(&script->out, value);
        check_write(&script->out, "\n  A -> m\n");
        break;
    case CHECK_EFFECT_SCHEDULE:
        write_expectation(script, schedules, "  A <- ");
        check_write_format(&script->out, "0x%02x Probe([('message', ", 0x80 + effect->priority);
        check_write_slice(&script->out, value);
        check_write(&script->out, ")])\n  A -> s\n");
        break;
    default: write_expectation(script, reports, "  A <- m WorkerException\n  A -> m\n"); break;
    }
}

static void write_task(struct script *script, const check_explored_one *one) {
    check_write(&script->out, "  A -> t");
    if (one->idle) {
        check_write(&script->out, " None\n");
        write_expectation(script, asks, "  A <- n\n");
        return;
    }
    check_write(&script->out, one->text.size > 0 ? " " : "");
    check_write_slice(&script->out, undr_buffer_slice(&one->text));
    check_write(&script->out, "\n");
    if (one->cannot_run) {
        write_expectation(script, cannot_run, "  A <- m WorkerException\n  A -> m\n  A <- t\n");
        return;
    }
    for (size_t i = 0; i < one->effect_count; i++) {
        write_effect(script, &one->effects[i]);
    }
    write_expectation(script, settles, "  A <- t\n");
}

undr_error check_explored_write_worker(const check_explored *session, undr_buffer *text) {
    struct script script = {.out = check_writer_to(text)};
    check_explored_tasks tasks;
    check_writer_keep(&script.out, check_explored_tasks_make(session, &tasks));
    write_expectation(&script, "WORK-1  a worker's first frame is `n`", "\n  A <- n\n");
    for (size_t i = 0; i < tasks.count; i++) {
        write_task(&script, &tasks.at[i]);
    }
    write_expectation(&script, leaves, "  A -> t CloseRequest\n  A <- end\n  P <- exit 0\n");
    check_explored_tasks_free(&tasks);
    return script.out.error;
}
