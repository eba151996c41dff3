/* task.c: running a task by its class name, Chain, NullManager, and the values that undr.task names. */
#include "undr/task.h"

#include "pickle/value_walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A Chain in a Chain in a Chain ...: as deep as a pickle may nest; one that contains itself ends here. */
enum { CHAIN_DEPTH = 1000 };

/* A Chain may name a task any number of times: 3 KB of Chains that share their parts stand for 2^60 tasks. This many
 * are run, counting Chains in Chains; then it fails. */
enum { CHAIN_TASKS = 1000000 };

/* A repr is for a line of text. A few bytes of pickle can share parts and print as millions (SEC-3). */
enum { REPR_BYTES = 64 * 1024 };

bool undr_is_schedulable(const undr_value *task) {
    return task->kind != UNDR_NONE && !undr_value_is_instance(task, UNDR_CLASS_CLOSE_REQUEST);
}

undr_error undr_schedule(undr_manager *manager, const undr_value *task, unsigned priority) {
    return manager->schedule(manager, task, priority);
}

undr_error undr_send_message_to(undr_manager *manager, const undr_value *message) {
    return manager->send_message(manager, message);
}

static undr_error null_schedule(undr_manager *self, const undr_value *task, unsigned priority) {
    (void)self;
    (void)task;
    (void)priority;
    return UNDR_NOT_IMPLEMENTED; /* Python: NotImplementedError */
}

static undr_error null_send_message(undr_manager *self, const undr_value *message) {
    (void)self;
    (void)message;
    return UNDR_OK;
}

undr_manager *undr_null_manager(void) {
    static undr_manager null_manager = {.schedule = null_schedule, .send_message = null_send_message};
    return &null_manager;
}

/* vsnprintf cuts anywhere; a character cut in two would not be UTF-8. */
static void drop_partial_character(char *text) {
    size_t size = strlen(text);
    size_t tail = 0; /* continuation bytes at the end */
    while (tail < 3 && tail < size && ((uint8_t)text[size - 1 - tail] & 0xc0) == 0x80) {
        tail++;
    }
    if (tail == size) {
        return;
    }
    uint8_t lead = (uint8_t)text[size - 1 - tail];
    size_t wanted = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (tail < wanted) {
        text[size - 1 - tail] = '\0';
    }
}

undr_error undr_fail(undr_failure *failure, const char *class_name, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)snprintf(failure->class_name, sizeof failure->class_name, "%s", class_name);
    (void)vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    drop_partial_character(failure->text);
    return UNDR_TASK;
}

/* A failure that the run function did not describe. */
static void describe(undr_error error, undr_failure *failure) {
    const char *class_name = "RuntimeError";
    if (error == UNDR_PRIORITY || error == UNDR_ARGUMENT) {
        class_name = "ValueError";
    } else if (error == UNDR_MEMORY) {
        class_name = "MemoryError";
    } else if (error == UNDR_NOT_IMPLEMENTED) {
        class_name = "NotImplementedError";
    }
    (void)undr_fail(failure, class_name, "%s", undr_error_text(error));
}

static const undr_task_type *find_type(const undr_registry *registry, const undr_value *task) {
    for (size_t i = 0; registry != NULL && i < registry->count; i++) {
        if (undr_value_is_instance(task, registry->types[i].class_name)) {
            return &registry->types[i];
        }
    }
    return NULL;
}

static undr_error not_a_task(const undr_value *task, undr_failure *failure) {
    if (task == NULL) {
        (void)undr_fail(failure, "TypeError", "the payload is empty: there is no task to run");
        return UNDR_NOT_A_TASK;
    }
    const undr_value *class_name = task->kind == UNDR_OBJECT ? task->object.callable : NULL;
    if (class_name == NULL || class_name->kind != UNDR_CLASS) {
        (void)undr_fail(failure, "TypeError", "the value is not an instance of a task class: it cannot run");
        return UNDR_NOT_A_TASK;
    }
    undr_slice module = class_name->class_name.module;
    undr_slice name = class_name->class_name.name;
    (void)undr_fail(failure, "TypeError",
        "%.*s.%.*s is not a task class of this worker: register it with a run function",
        (int)(module.size < 100 ? module.size : 100), (const char *)module.data,
        (int)(name.size < 100 ? name.size : 100), (const char *)name.data);
    return UNDR_NOT_A_TASK;
}

typedef struct runner {
    const undr_registry *registry;
    void *session;
    undr_manager *manager;
    undr_failure *failure;
    size_t left; /* tasks that may still be run */
} runner;

static undr_error run_at(runner *with, const undr_value *task, unsigned depth);

/* WORK-12, WORK-13: in order, up to the first failure. */
static undr_error run_chain(runner *with, const undr_value *chain, unsigned depth) {
    const undr_value *tasks = undr_value_attribute(chain, "tasks");
    if (tasks == NULL || (tasks->kind != UNDR_LIST && tasks->kind != UNDR_TUPLE)) {
        return undr_fail(with->failure, "TypeError", "'tasks' of a Chain must be a list or a tuple");
    }
    if (depth == CHAIN_DEPTH) {
        return undr_fail(with->failure, "RecursionError", "Chains are nested deeper than %d levels", CHAIN_DEPTH);
    }
    for (size_t i = 0; i < tasks->items.count; i++) {
        undr_error error = run_at(with, tasks->items.at[i], depth + 1);
        if (error != UNDR_OK) {
            return error;
        }
    }
    return UNDR_OK;
}

static undr_error run_at(runner *with, const undr_value *task, unsigned depth) {
    if (with->left-- == 0) {
        with->left = 0;
        return undr_fail(
            with->failure, "RuntimeError", "a Chain of more than %d tasks: the rest does not run", CHAIN_TASKS);
    }
    if (undr_value_is_instance(task, UNDR_CLASS_CHAIN)) {
        return run_chain(with, task, depth);
    }
    const undr_task_type *type = find_type(with->registry, task);
    if (type == NULL) {
        return not_a_task(task, with->failure); /* WORK-15 */
    }
    undr_error error = type->run(with->registry, task, with->session, with->manager, with->failure);
    if (error != UNDR_OK && error != UNDR_TASK && error != UNDR_NOT_A_TASK) {
        describe(error, with->failure);
    }
    return error;
}

undr_error undr_task_run(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    (void)undr_fail(failure, "RuntimeError", "%s", undr_error_text(UNDR_TASK)); /* should the task not say more */
    /* Including itself: a Chain counts, too. */
    runner with = {
        .registry = registry, .session = session, .manager = manager, .failure = failure, .left = CHAIN_TASKS + 1};
    return run_at(&with, task, 0);
}

undr_error undr_task_repr(undr_buffer *buffer, const undr_value *task) {
    return task == NULL ? undr_put_text(buffer, "b''") : undr_value_repr_short(buffer, task, REPR_BYTES);
}

undr_error undr_chain(undr_arena *arena, undr_value *const *tasks, size_t count, undr_value **chain) {
    undr_value *pair[2];
    undr_value *state;
    undr_error error = undr_value_text(arena, "tasks", &pair[0]);
    if (error == UNDR_OK) {
        error = undr_value_items(arena, UNDR_LIST, tasks, count, &pair[1]);
    }
    if (error == UNDR_OK) {
        error = undr_value_items(arena, UNDR_DICT, pair, 2, &state);
    }
    return error == UNDR_OK ? undr_value_instance(arena, "undr.task", "Chain", state, chain) : error;
}

undr_error undr_close_request(undr_arena *arena, undr_value **close_request) {
    return undr_value_instance(arena, "undr.task", "CloseRequest", NULL, close_request);
}
