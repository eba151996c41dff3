/* worker_session.c: a session as a case of the worker role: the harness is the manager, and hands out one task after
 * the other. */
#include "explore/requirement.h"
#include "explore/session_case.h"
#include "explore/tasks.h"

struct script {
    undr_buffer *text;
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
static undr_error expect(struct script *script, const char *requirement, const char *lines) {
    undr_error error = check_explored_blame(&script->above, script->text, requirement);
    return error == UNDR_OK ? undr_put_text(script->text, lines) : error;
}

static undr_error write_effect(struct script *script, const check_effect *effect) {
    int size = (int)effect->text.size;
    const char *value = (const char *)effect->text.data;
    undr_error error = UNDR_OK;
    switch (effect->kind) {
    case CHECK_EFFECT_MESSAGE:
        error = expect(script, sends, "  A <- m ");
        return error == UNDR_OK ? undr_put_format(script->text, "%.*s\n  A -> m\n", size, value) : error;
    case CHECK_EFFECT_SCHEDULE:
        error = expect(script, schedules, "  A <- ");
        return error != UNDR_OK ? error
                                : undr_put_format(script->text, "0x%02x Probe([('message', %.*s)])\n  A -> s\n",
                                      0x80 + effect->priority, size, value);
    default: return expect(script, reports, "  A <- m WorkerException\n  A -> m\n");
    }
}

static undr_error write_task(struct script *script, const check_explored_one *one) {
    if (one->idle) {
        undr_error error = undr_put_text(script->text, "  A -> t None\n");
        return error == UNDR_OK ? expect(script, asks, "  A <- n\n") : error;
    }
    undr_error error = undr_put_format(script->text, "  A -> t%s%.*s\n", one->text.size > 0 ? " " : "",
        (int)one->text.size, (const char *)one->text.data);
    if (error == UNDR_OK && one->cannot_run) {
        return expect(script, cannot_run, "  A <- m WorkerException\n  A -> m\n  A <- t\n");
    }
    for (size_t i = 0; i < one->effect_count && error == UNDR_OK; i++) {
        error = write_effect(script, &one->effects[i]);
    }
    return error == UNDR_OK ? expect(script, settles, "  A <- t\n") : error;
}

undr_error check_explored_write_worker(const check_explored *session, undr_buffer *text) {
    struct script script = {.text = text};
    check_explored_tasks tasks;
    undr_error error = check_explored_tasks_make(session, &tasks);
    error = error == UNDR_OK ? expect(&script, "WORK-1  a worker's first frame is `n`", "\n  A <- n\n") : error;
    for (size_t i = 0; i < tasks.count && error == UNDR_OK; i++) {
        error = write_task(&script, &tasks.at[i]);
    }
    if (error == UNDR_OK) {
        error = expect(&script, leaves, "  A -> t CloseRequest\n  A <- end\n  P <- exit 0\n");
    }
    check_explored_tasks_free(&tasks);
    return error;
}
