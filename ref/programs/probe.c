/* probe.c: the steps of undr_conformance.Probe, one function each, found by name in a table. */
#include "programs/probe.h"

#include "undr/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_STEPS = 1000000, LOOKS_EVERY = 1000 };

typedef struct step step;

typedef struct step_type {
    const char *name;
    const char *form;        /* shown when a step is malformed */
    size_t minimum, maximum; /* number of arguments */
    undr_error (*run)(const step *self);
} step_type;

/* What a step has to work with. */
struct step {
    const step_type *type;
    undr_value *const *arguments; /* its tuple without the name */
    size_t count;
    undr_manager *manager;
    undr_failure *failure;
};

static undr_error malformed(const step *self) {
    return undr_fail(
        self->failure, "ValueError", "malformed Probe step '%s': the form is %s", self->type->name, self->type->form);
}

/* An int within the bounds. */
static bool is_int(const undr_value *value, int64_t minimum, int64_t maximum, int64_t *number) {
    return undr_value_int64(value, number) && *number >= minimum && *number <= maximum;
}

/* For %.*s: no more than a failure's text holds. */
static int printed_size(size_t size, const undr_failure *failure) {
    return (int)(size < sizeof failure->text ? size : sizeof failure->text);
}

static undr_error run_message(const step *self) {
    return undr_send_message_to(self->manager, self->arguments[0]);
}

static undr_error run_schedule(const step *self) {
    int64_t priority = UNDR_DEFAULT_PRIORITY; /* WORK-9 */
    if (self->count == 2 && !is_int(self->arguments[1], 0, INT32_MAX, &priority)) {
        return malformed(self);
    }
    return undr_schedule(self->manager, self->arguments[0], (unsigned)priority);
}

static undr_error run_raise(const step *self) {
    const undr_value *text = self->arguments[0];
    if (text->kind != UNDR_STR) {
        return malformed(self);
    }
    int size = printed_size(text->bytes.size, self->failure);
    return undr_fail(self->failure, "RuntimeError", "%.*s", size, (const char *)text->bytes.data);
}

/* UNDR_END: the manager is gone. */
static undr_error read_to_end(undr_manager *manager, int client) {
    uint8_t bytes[256];
    ssize_t got = 1;
    while (got > 0) {
        undr_error error = undr_wait_for(manager, client, UINT64_MAX);
        if (error != UNDR_OK) {
            return error;
        }
        do {
            got = recv(client, bytes, sizeof bytes, 0);
        } while (got < 0 && errno == EINTR);
    }
    return got == 0 ? UNDR_OK : UNDR_SYSTEM;
}

static undr_error run_wait(const step *self) {
    int64_t port;
    int client;
    if (!is_int(self->arguments[0], 1, UINT16_MAX, &port)) {
        return malformed(self);
    }
    undr_error error = undr_connect((uint16_t)port, &client);
    if (error == UNDR_OK) {
        error = read_to_end(self->manager, client);
        int kept = errno;
        (void)close(client); /* only read from: nothing can be lost */
        errno = kept;
    }
    if (error == UNDR_OK || error == UNDR_END) {
        return error;
    }
    return undr_fail(self->failure, "OSError", "Probe step 'wait' at 127.0.0.1:%d: %s", (int)port, strerror(errno));
}

/* ADAPTER-6 */
static undr_error run_sleep(const step *self) {
    const double maximum = 1e6; /* as spec/adapter.md has it */
    const undr_value *value = self->arguments[0];
    int64_t whole;
    double seconds = value->kind == UNDR_FLOAT ? value->real : -1;
    if (is_int(value, 0, (int64_t)maximum, &whole)) {
        seconds = (double)whole;
    }
    if (!(seconds >= 0 && seconds <= maximum)) { /* a nan is neither */
        return malformed(self);
    }
    undr_error error = undr_wait_for(self->manager, -1, (uint64_t)(seconds * 1e3 + 0.999));
    return error != UNDR_SYSTEM ? error
                                : undr_fail(self->failure, "OSError", "Probe step 'sleep': %s", strerror(errno));
}

static undr_error make_pid_message(undr_arena *arena, undr_value **message) {
    undr_value *pair[2];
    undr_error error = undr_value_text(arena, "pid", &pair[0]);
    if (error == UNDR_OK) {
        error = undr_value_int(arena, getpid(), &pair[1]);
    }
    return error == UNDR_OK ? undr_value_items(arena, UNDR_TUPLE, pair, 2, message) : error;
}

static undr_error run_pid(const step *self) {
    undr_arena arena = {0};
    undr_value *message;
    undr_error error = make_pid_message(&arena, &message);
    if (error == UNDR_OK) {
        error = undr_send_message_to(self->manager, message);
    }
    undr_arena_free(&arena);
    return error;
}

/* WORK-19: the connection ends with the process. */
static undr_error run_exit(const step *self) {
    int64_t status;
    if (!is_int(self->arguments[0], 0, 255, &status)) {
        return malformed(self);
    }
    exit((int)status);
}

static const step_type step_types[] = {
    {"message", "('message', value)", 1, 1, run_message},
    {"schedule", "('schedule', task) or ('schedule', task, priority from 0)", 1, 2, run_schedule},
    {"raise", "('raise', text)", 1, 1, run_raise},
    {"wait", "('wait', port 1..65535)", 1, 1, run_wait},
    {"sleep", "('sleep', seconds 0..1000000)", 1, 1, run_sleep},
    {"pid", "('pid',)", 0, 0, run_pid},
    {"exit", "('exit', status 0..255)", 1, 1, run_exit},
};

static const step_type *find_step(const undr_value *name) {
    for (size_t i = 0; i < sizeof step_types / sizeof *step_types; i++) {
        if (undr_value_is_text(name, step_types[i].name)) {
            return &step_types[i];
        }
    }
    return NULL;
}

/* Names the step as it was written: `('jump', 1)`. */
static undr_error unknown_step(const undr_value *tuple, undr_failure *failure) {
    undr_buffer text = {0};
    undr_error error = undr_value_print_short(&text, tuple, sizeof failure->text);
    if (error == UNDR_OK) {
        error = undr_fail(failure, "ValueError", "unknown Probe step %.*s", printed_size(text.size, failure),
            (const char *)text.data);
    }
    undr_buffer_free(&text);
    return error;
}

static undr_error run_step(const undr_value *tuple, undr_manager *manager, undr_failure *failure) {
    bool is_sequence = tuple->kind == UNDR_TUPLE || tuple->kind == UNDR_LIST;
    const step_type *type = is_sequence && tuple->items.count > 0 ? find_step(tuple->items.at[0]) : NULL;
    if (type == NULL) {
        return unknown_step(tuple, failure);
    }
    const step self = {.type = type,
        .arguments = tuple->items.at + 1,
        .count = tuple->items.count - 1,
        .manager = manager,
        .failure = failure};
    return self.count < type->minimum || self.count > type->maximum ? malformed(&self) : type->run(&self);
}

undr_error probe_run(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    (void)registry;
    (void)session;
    const undr_value *steps = undr_value_attribute(task, "steps");
    if (steps == NULL || (steps->kind != UNDR_LIST && steps->kind != UNDR_TUPLE)) {
        return undr_fail(failure, "ValueError", "the state of a Probe must be {'steps': [...]}");
    }
    if (steps->items.count > MOST_STEPS) {
        return undr_fail(failure, "ValueError", "a Probe of more than %d steps: none of them runs", MOST_STEPS);
    }
    for (size_t i = 0; i < steps->items.count; i++) {
        bool looks = i % LOOKS_EVERY == LOOKS_EVERY - 1; /* nobody may be waiting for the remaining steps */
        undr_error error = looks ? undr_wait_for(manager, -1, 0) : UNDR_OK;
        error = error == UNDR_OK ? run_step(steps->items.at[i], manager, failure) : error;
        if (error != UNDR_OK) {
            return error;
        }
    }
    return UNDR_OK;
}

const undr_registry *probe_registry(void) {
    static const undr_task_type types[] = {{PROBE_CLASS, probe_run}};
    static const undr_registry registry = {.types = types, .count = 1};
    return &registry;
}
