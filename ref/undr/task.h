/* task.h: what undr.task calls Task, Chain, CloseRequest, WorkerException and Manager.
 *
 * A task is a value: an instance of a class, with a state. What it does is a run function that a program registers
 * under the class's name. Spec: "Payloads", "Workers". */
#ifndef UNDR_TASK_H
#define UNDR_TASK_H

#include "undr/value.h"

UNDR_API_BEGIN

#define UNDR_CLASS_CLOSE_REQUEST "undr.task.CloseRequest"
#define UNDR_CLASS_WORKER_EXCEPTION "undr.task.WorkerException"
#define UNDR_CLASS_CHAIN "undr.task.Chain"

enum {
    UNDR_DEFAULT_PRIORITY = 1, /* WORK-9 */
    UNDR_DEFAULT_PRIORITY_LEVELS = 2,
    UNDR_MAXIMUM_PRIORITY_LEVELS = 128
};

/* The interface Manager: what a running task sees of the manager. Implementations put it first in their struct.
 * Both functions block until the manager has acknowledged; they return UNDR_OK or why not. Values are borrowed. */
typedef struct undr_manager undr_manager;
struct undr_manager {
    undr_error (*schedule)(undr_manager *self, const undr_value *task, unsigned priority);
    undr_error (*send_message)(undr_manager *self, const undr_value *message);
};
/* schedule: UNDR_NOT_A_TASK for None and CloseRequest (SCHED-13). */
UNDR_MUST_USE undr_error undr_schedule(undr_manager *manager, const undr_value *task, unsigned priority);
UNDR_MUST_USE undr_error undr_send_message_to(undr_manager *manager, const undr_value *message);

/* False for None and CloseRequest, which a worker would take for the manager's own (SCHED-12). */
bool undr_is_schedulable(const undr_value *task);

/* NullManager: ignores messages; schedule is refused with UNDR_NOT_IMPLEMENTED. One for all, never freed. */
undr_manager *undr_null_manager(void);

/* What a run function says about its failure: a Python exception class name ("RuntimeError") and a text for a
 * person. */
typedef struct undr_failure {
    char class_name[64];
    char text[2048];
} undr_failure;

/* Fills *failure as printf does (text cut at its end) and returns UNDR_TASK, so that a run function can
 * `return undr_fail(failure, "RuntimeError", "no such file %s", path);` */
undr_error undr_fail(undr_failure *failure, const char *class_name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs one task. `task` is borrowed for the call. `session` is what the worker's make_session returned.
 * Anything but UNDR_OK is a failure: UNDR_TASK with *failure filled, or another error (of undr_schedule, ...) which
 * is then described by its own text. UNDR_END / UNDR_RESET from `manager` end the worker (WORK-18). */
typedef struct undr_registry undr_registry;
typedef undr_error (*undr_run)(
    const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager, undr_failure *failure);

typedef struct undr_task_type {
    const char *class_name; /* "module.Name" */
    undr_run run;
} undr_task_type;

/* The program's task types (Chain is always there) and the counterpart of requests.Session: made once per worker
 * before the first task, freed when the worker leaves. Either callback may be NULL. */
struct undr_registry {
    const undr_task_type *types;
    size_t count;
    void *(*make_session)(void *context);
    void (*free_session)(void *session, void *context);
    void *context;
};

/* Finds the task's class in the registry and runs it. Not registered, or not an instance: UNDR_NOT_A_TASK with
 * *failure filled (WORK-15). A Chain runs its tasks in order and stops at the first failure (WORK-12,
 * WORK-13); one that goes on for more than a million tasks, however it names them, fails then. */
UNDR_MUST_USE undr_error undr_task_run(
    const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager, undr_failure *failure);

/* Appends what Task.__repr__ prints: `<class 'module.Name'>({'key': value})`, values as Python's repr() prints them,
 * tasks inside of it in the same way. It differs for instances of classes that are not tasks (Python would ask them)
 * and for a set, whose elements are in the order of their texts. Beyond 64 KiB it is cut and ends in `...`. */
UNDR_MUST_USE undr_error undr_task_repr(undr_buffer *buffer, const undr_value *task);

/* Chain over `tasks`, borrowed as long as the arena. */
UNDR_MUST_USE undr_error undr_chain(undr_arena *arena, undr_value *const *tasks, size_t count, undr_value **chain);
UNDR_MUST_USE undr_error undr_close_request(undr_arena *arena, undr_value **close_request);

/* A WorkerException that every Python from 3.9 unpickles and whose str() shows "class_name: text" (PAY-8, PAY-9):
 * WorkerException(TracebackException(exception class, exception class(text), None)). A class name that is not one of
 * builtins' exceptions becomes RuntimeError, its name put before the text. */
UNDR_MUST_USE undr_error undr_worker_exception(undr_arena *arena, const undr_failure *failure, undr_value **exception);

/* The text of one that was made like that, a str inside of it; NULL: Python made it, or it is none. */
const undr_value *undr_worker_exception_text(const undr_value *exception);

UNDR_API_END

#endif
