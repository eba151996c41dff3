/* pool_session.c: a session as a case of the pool role: one worker, held back by a gate until all is scheduled, then
 * runs everything in one order, which the inbox must show.
 *
 * All tasks have one priority: a worker may have asked for its next task before one that is more urgent comes. */
#include "explore/contents.h"
#include "explore/requirement.h"
#include "explore/session_case.h"
#include "explore/tasks.h"

#include <stdlib.h>

/* What waits to be run: a task of the session, or one that such a task scheduled, which sends one message. */
struct queued {
    const check_explored_one *one; /* NULL: the other kind */
    const undr_buffer *message;
};

struct script {
    undr_buffer *text;
    const char *above;
    struct queued *queue; /* in the order of their scheduling */
    size_t count;
};

static const char in_order[] = "SCHED-3  one worker runs tasks of one priority in the order in which they were "
                               "scheduled, and its messages are read in the order in which they were sent";
static const char reports[] = "PAY-7  a task that fails is reported with a WorkerException";
static const char ends[] = "MSGS-2  messages() ends when the inbox is empty and no task is left";
static const char closes[] = "CLOSE-4  after a close has returned, the manager's own worker processes have ended";

static undr_error enqueue(struct script *script, struct queued queued) {
    struct queued *grown = realloc(script->queue, (script->count + 1) * sizeof *grown);
    if (grown == NULL) {
        return UNDR_MEMORY;
    }
    script->queue = grown;
    script->queue[script->count++] = queued;
    return UNDR_OK;
}

static undr_error schedule_all(struct script *script, const check_explored_tasks *tasks) {
    undr_error error = undr_put_text(script->text, "  M -> schedule 1 Probe([('wait', G)])\n  G accept\n");
    for (size_t i = 0; i < tasks->count && error == UNDR_OK; i++) {
        const check_explored_one *one = &tasks->at[i];
        if (one->idle || one->cannot_run) {
            continue;
        }
        error = undr_put_format(
            script->text, "  M -> schedule 1 %.*s\n", (int)one->text.size, (const char *)one->text.data);
        error = error == UNDR_OK ? enqueue(script, (struct queued){one, NULL}) : error;
    }
    return error;
}

/* The manager's own messages come before those of the tasks. */
static undr_error send_own(struct script *script, const check_explored *session, undr_buffer *expected) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < session->count && error == UNDR_OK; i++) {
        undr_buffer value = {0};
        if (session->at[i].kind != CHECK_OPERATION_OWN_MESSAGE) {
            continue;
        }
        error = check_explored_value(&value, &session->at[i], i);
        if (error == UNDR_OK) {
            error = undr_put_format(script->text, "  M -> message %.*s\n", (int)value.size, (const char *)value.data);
        }
        if (error == UNDR_OK) {
            error = undr_put_format(
                expected, "  M -> next\n  M <- message %.*s\n", (int)value.size, (const char *)value.data);
        }
        undr_buffer_free(&value);
    }
    return error == UNDR_OK ? undr_put_text(script->text, "  G close\n") : error;
}

static undr_error expect_message(struct script *script, const undr_buffer *value) {
    undr_error error = check_explored_blame(&script->above, script->text, in_order);
    return error == UNDR_OK ? undr_put_format(script->text, "  M -> next\n  M <- message %.*s\n", (int)value->size,
                                  (const char *)value->data)
                            : error;
}

static undr_error run_effect(struct script *script, const check_effect *effect) {
    switch (effect->kind) {
    case CHECK_EFFECT_MESSAGE: return expect_message(script, &effect->text);
    case CHECK_EFFECT_SCHEDULE: return enqueue(script, (struct queued){NULL, &effect->text});
    default: {
        undr_error error = check_explored_blame(&script->above, script->text, reports);
        return error == UNDR_OK ? undr_put_text(script->text, "  M -> next\n  M <- message WorkerException\n") : error;
    }
    }
}

/* The queue grows while it is run. */
static undr_error run_all(struct script *script) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < script->count && error == UNDR_OK; i++) {
        const check_explored_one *one = script->queue[i].one;
        if (one == NULL) {
            error = expect_message(script, script->queue[i].message);
        }
        for (size_t k = 0; one != NULL && k < one->effect_count && error == UNDR_OK; k++) {
            error = run_effect(script, &one->effects[k]);
        }
    }
    return error;
}

static undr_error finish(struct script *script, const check_explored *session) {
    static const char *const policies[] = {"join", "cancel", "kill"};
    unsigned choice = 0;
    for (size_t i = 0; i < session->count; i++) {
        choice = session->at[i].kind == CHECK_OPERATION_CLOSE ? session->at[i].choice : choice;
    }
    undr_error error = check_explored_blame(&script->above, script->text, ends);
    error = error == UNDR_OK ? undr_put_text(script->text, "  M -> next\n  M <- done\n") : error;
    error = error == UNDR_OK ? check_explored_blame(&script->above, script->text, closes) : error;
    return error == UNDR_OK ? undr_put_format(script->text, "  M -> close %s\n  M <- closed\n  P alone\n",
                                  policies[choice % (sizeof policies / sizeof *policies)])
                            : error;
}

static undr_error write_all(struct script *script, const check_explored *session, const check_explored_tasks *tasks) {
    undr_buffer expected = {0};
    undr_error error = check_explored_blame(&script->above, script->text, in_order);
    error = error == UNDR_OK ? undr_put_text(script->text, "  role pool workers 1\n\n") : error;
    error = error == UNDR_OK ? schedule_all(script, tasks) : error;
    error = error == UNDR_OK ? send_own(script, session, &expected) : error;
    error = error == UNDR_OK ? undr_put_slice(script->text, undr_buffer_slice(&expected)) : error;
    error = error == UNDR_OK ? run_all(script) : error;
    undr_buffer_free(&expected);
    return error == UNDR_OK ? finish(script, session) : error;
}

undr_error check_explored_write_pool(const check_explored *session, undr_buffer *text) {
    struct script script = {.text = text};
    check_explored_tasks tasks;
    undr_error error = check_explored_tasks_make(session, &tasks);
    if (error == UNDR_OK) {
        error = write_all(&script, session, &tasks);
    }
    check_explored_tasks_free(&tasks);
    free(script.queue);
    return error;
}
