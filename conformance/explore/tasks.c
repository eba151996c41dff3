/* tasks.c: puts the tasks of a session together, operation by operation. */
#include "explore/tasks.h"

#include "explore/contents.h"

#include <stdlib.h>

struct building {
    check_explored_tasks *tasks;
    check_explored_one *one; /* the task that steps are added to; NULL: the next step begins one */
    bool chain, failed, first_step;
};

static undr_error add_one(struct building *self, const check_operation *operation) {
    check_explored_one *grown = realloc(self->tasks->at, (self->tasks->count + 1) * sizeof *grown);
    if (grown == NULL) {
        return UNDR_MEMORY;
    }
    self->tasks->at = grown;
    self->one = &grown[self->tasks->count++];
    *self->one = (check_explored_one){.priority = operation->choice};
    return UNDR_OK;
}

static undr_error end_task(struct building *self) {
    undr_error error = UNDR_OK;
    if (self->one != NULL) {
        error = undr_put_text(&self->one->text, self->chain ? "])])" : "])");
    }
    self->one = NULL;
    return error;
}

static undr_error begin_task(struct building *self, const check_operation *operation, bool chain) {
    undr_error error = end_task(self);
    if (error == UNDR_OK) {
        error = add_one(self, operation);
    }
    self->chain = chain;
    self->failed = false;
    self->first_step = true;
    return error == UNDR_OK ? undr_put_text(&self->one->text, chain ? "Chain([Probe([" : "Probe([") : error;
}

/* The next task of a Chain. */
static undr_error begin_link(struct building *self) {
    if (self->one == NULL || !self->chain) {
        return UNDR_OK;
    }
    self->first_step = true;
    return undr_put_text(&self->one->text, "]), Probe([");
}

/* ---- steps ---- */

/* Takes over `text`. */
static undr_error add_effect(struct building *self, check_effect_kind kind, unsigned priority, undr_buffer text) {
    check_explored_one *one = self->one;
    check_effect *grown = self->failed ? NULL : realloc(one->effects, (one->effect_count + 1) * sizeof *grown);
    if (grown == NULL) {
        undr_buffer_free(&text);
        return self->failed ? UNDR_OK : UNDR_MEMORY; /* after a failure nothing runs */
    }
    one->effects = grown;
    one->effects[one->effect_count++] = (check_effect){kind, priority, text};
    return UNDR_OK;
}

static undr_error add_raise(struct building *self, size_t identity) {
    undr_error error = undr_put_format(&self->one->text, "('raise', 'error %zu')", identity);
    if (error == UNDR_OK) {
        error = add_effect(self, CHECK_EFFECT_REPORT, 0, (undr_buffer){0});
    }
    self->failed = true;
    return error;
}

/* One schedule in four leaves the priority to its default, 1. */
static void write_step(check_writer *out, const check_operation *operation, undr_slice value) {
    bool sends = operation->kind == CHECK_OPERATION_STEP_MESSAGE;
    check_write(out, sends ? "('message', " : "('schedule', Probe([('message', ");
    check_write_slice(out, value);
    check_write(out, sends ? ")" : ")])");
    if (!sends && operation->choice % 4 != 0) {
        check_write_format(out, ", %u", operation->choice);
    }
    check_write(out, sends ? "" : ")");
}

static undr_error add_step(struct building *self, const check_operation *operation, size_t identity) {
    undr_error error = self->one != NULL ? UNDR_OK : begin_task(self, operation, false);
    if (error != UNDR_OK) {
        return error;
    }
    undr_buffer value = {0};
    check_writer text = check_writer_to(&self->one->text), own = check_writer_to(&value);
    check_write(&text, self->first_step ? "" : ", ");
    self->first_step = false;
    if (operation->kind == CHECK_OPERATION_STEP_RAISE) {
        return text.error == UNDR_OK ? add_raise(self, identity) : text.error;
    }
    check_explored_value(&own, operation, identity);
    write_step(&text, operation, undr_buffer_slice(&value));
    check_writer_keep(&text, own.error);
    if (text.error != UNDR_OK) {
        undr_buffer_free(&value);
        return text.error;
    }
    bool sends = operation->kind == CHECK_OPERATION_STEP_MESSAGE;
    return add_effect(self, sends ? CHECK_EFFECT_MESSAGE : CHECK_EFFECT_SCHEDULE,
        operation->choice % 4 == 0 ? 1 : operation->choice, value);
}

/* ---- what is not a task ---- */

static undr_error add_idle(struct building *self, const check_operation *operation) {
    undr_error error = end_task(self);
    error = error == UNDR_OK ? add_one(self, operation) : error;
    if (error == UNDR_OK) {
        self->one->idle = true;
        self->one = NULL;
    }
    return error;
}

static undr_error add_what_cannot_run(struct building *self, const check_operation *operation) {
    static const char *const payloads[] = {"", "5", "'text'", "[1]"};
    undr_error error = end_task(self);
    error = error == UNDR_OK ? add_one(self, operation) : error;
    if (error == UNDR_OK) {
        self->one->cannot_run = true;
        error = undr_put_text(&self->one->text, payloads[operation->payload % (sizeof payloads / sizeof *payloads)]);
        self->one = NULL;
    }
    return error;
}

static undr_error add_operation(struct building *self, const check_operation *operation, size_t identity) {
    switch (operation->kind) {
    case CHECK_OPERATION_TASK: return begin_task(self, operation, false);
    case CHECK_OPERATION_CHAIN: return begin_task(self, operation, true);
    case CHECK_OPERATION_LINK: return begin_link(self);
    case CHECK_OPERATION_STEP_MESSAGE:
    case CHECK_OPERATION_STEP_SCHEDULE:
    case CHECK_OPERATION_STEP_RAISE: return add_step(self, operation, identity);
    case CHECK_OPERATION_NO_TASK: return add_idle(self, operation);
    case CHECK_OPERATION_EMPTY: return add_what_cannot_run(self, operation);
    default: return UNDR_OK;
    }
}

undr_error check_explored_tasks_make(const check_explored *session, check_explored_tasks *tasks) {
    struct building self = {.tasks = tasks};
    undr_error error = UNDR_OK;
    *tasks = (check_explored_tasks){0};
    for (size_t i = 0; i < session->count && error == UNDR_OK; i++) {
        check_operation operation = session->at[i];
        operation.choice %= session->role == CHECK_ROLE_POOL ? 2 : session->levels; /* a pool: priority 1 only */
        error = add_operation(&self, &operation, i);
    }
    return error == UNDR_OK ? end_task(&self) : error;
}

void check_explored_tasks_free(check_explored_tasks *tasks) {
    for (size_t i = 0; i < tasks->count; i++) {
        check_explored_one *one = &tasks->at[i];
        for (size_t k = 0; k < one->effect_count; k++) {
            undr_buffer_free(&one->effects[k].text);
        }
        free(one->effects);
        undr_buffer_free(&one->text);
    }
    free(tasks->at);
    *tasks = (check_explored_tasks){0};
}
