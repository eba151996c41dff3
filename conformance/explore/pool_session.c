/* pool_session.c: a session as a case of the pool role: one worker, held back by a gate until all is scheduled, then
 * runs everything in one order, which the inbox must show.
 *
 * All tasks have one priority: a worker may have asked for its next task before one that is more urgent comes. */
#include "explore/contents.h"
#include "explore/requirement.h"
#include "explore/role_sessions.h"
#include "explore/tasks.h"

#include <stdlib.h>

/* What waits to be run: a task of the session, or one that such a task scheduled, which sends one message. */
struct queued {
    const check_explored_one *one; /* NULL: the other kind */
    const undr_buffer *message;
};

struct script {
    check_writer out;
    const char *above;
    struct queued *queue; /* in the order of their scheduling */
    size_t count;
};

static const char in_order[] = "SCHED-3  one worker runs tasks of one priority in the order in which they were "
                               "scheduled, and its messages are read in the order in which they were sent";
static const char reports[] = "PAY-7  a task that fails is reported with a WorkerException";
static const char ends[] = "MSGS-2  messages() ends when the inbox is empty and no task is left";
static const char closes[] = "CLOSE-4  after a close has returned, the manager's own worker processes have ended";

static void enqueue_task(struct script *script, struct queued queued) {
    struct queued *grown = realloc(script->queue, (script->count + 1) * sizeof *grown);
    if (grown == NULL) {
        check_writer_keep(&script->out, UNDR_MEMORY);
        return;
    }
    script->queue = grown;
    script->queue[script->count++] = queued;
}

static void schedule_all(struct script *script, const check_explored_tasks *tasks) {
    check_write(&script->out, "  M -> schedule 1 Probe([('wait', G)])\n  G accept\n");
    for (size_t i = 0; i < tasks->count; i++) {
        const check_explored_one *one = &tasks->at[i];
        if (!one->idle && !one->cannot_run) {
            check_write(&script->out, "  M -> schedule 1 ");
            check_write_slice(&script->out, undr_buffer_slice(&one->text));
            check_write(&script->out, "\n");
            enqueue_task(script, (struct queued){one, NULL});
        }
    }
}

static bool is_own(const check_operation *operation) {
    return operation->kind == CHECK_OPERATION_OWN_MESSAGE;
}

static void send_own(struct script *script, const check_explored *session) {
    for (size_t i = 0; i < session->count; i++) {
        if (is_own(&session->at[i])) {
            check_write(&script->out, "  M -> message ");
            check_explored_value(&script->out, &session->at[i], i);
            check_write(&script->out, "\n");
        }
    }
    check_write(&script->out, "  G close\n");
}

/* The manager's own messages come before those of the tasks. */
static void expect_own(struct script *script, const check_explored *session) {
    for (size_t i = 0; i < session->count; i++) {
        if (is_own(&session->at[i])) {
            check_write(&script->out, "  M -> next\n  M <- message ");
            check_explored_value(&script->out, &session->at[i], i);
            check_write(&script->out, "\n");
        }
    }
}

static void expect_message(struct script *script, const undr_buffer *value) {
    check_explored_blame(&script->above, &script->out, in_order);
    check_write(&script->out, "  M -> next\n  M <- message ");
    check_write_slice(&script->out, undr_buffer_slice(value));
    check_write(&script->out, "\n");
}

static void run_effect(struct script *script, const check_effect *effect) {
    switch (effect->kind) {
    case CHECK_EFFECT_MESSAGE: expect_message(script, &effect->text); break;
    case CHECK_EFFECT_SCHEDULE: enqueue_task(script, (struct queued){NULL, &effect->text}); break;
    default:
        check_explored_blame(&script->above, &script->out, reports);
        check_write(&script->out, "  M -> next\n  M <- message WorkerException\n");
        break;
    }
}

/* The queue grows while it is run. */
static void run_all(struct script *script) {
    for (size_t i = 0; i < script->count; i++) {
        const check_explored_one *one = script->queue[i].one;
        if (one == NULL) {
            expect_message(script, script->queue[i].message);
        }
        for (size_t k = 0; one != NULL && k < one->effect_count; k++) {
            run_effect(script, &one->effects[k]);
        }
    }
}

static void finish_session(struct script *script, const check_explored *session) {
    static const char *const policies[] = {"join", "cancel", "kill"};
    unsigned choice = 0;
    for (size_t i = 0; i < session->count; i++) {
        choice = session->at[i].kind == CHECK_OPERATION_CLOSE ? session->at[i].choice : choice;
    }
    check_explored_blame(&script->above, &script->out, ends);
    check_write(&script->out, "  M -> next\n  M <- done\n");
    check_explored_blame(&script->above, &script->out, closes);
    check_write_format(&script->out, "  M -> close %s\n  M <- closed\n  P alone\n",
        policies[choice % (sizeof policies / sizeof *policies)]);
}

static void write_all(struct script *script, const check_explored *session, const check_explored_tasks *tasks) {
    check_explored_blame(&script->above, &script->out, in_order);
    check_write(&script->out, "  role pool workers 1\n\n");
    schedule_all(script, tasks);
    send_own(script, session);
    expect_own(script, session);
    run_all(script);
    finish_session(script, session);
}

undr_error check_explored_write_pool(const check_explored *session, undr_buffer *text) {
    struct script script = {.out = check_writer_to(text)};
    check_explored_tasks tasks;
    check_writer_keep(&script.out, check_explored_tasks_make(session, &tasks));
    write_all(&script, session, &tasks);
    check_explored_tasks_free(&tasks);
    free(script.queue);
    return script.out.error;
}
