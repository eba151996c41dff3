/* worker_loop.c: ProcessManager.target, the loop of a worker: ask, run, report, settle, until it has a reason to
 * leave. */
#include "undr/socket.h"

#include "net/log.h"
#include "undr/descriptors.h"
#include "undr/pickle.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    POLL_PERIOD_MS = 20,
    REPR_LIMIT = 4096 /* a task whose decoded value is larger is logged by its size alone */
};

typedef struct worker {
    const undr_target_options *options;
    undr_log log;
    undr_proxy proxy;
    void *session;
    undr_arena arena; /* of the task */
    undr_worker_action action;
    undr_value *task; /* when action is RUN; NULL: its payload was empty */
} worker;

/* One line. A log that can't be written does not stop the worker. */
__attribute__((format(printf, 2, 3))) static void say(worker *self, const char *format, ...) {
    if (self->options->log == NULL) {
        return;
    }
    struct timespec now = {0};
    struct tm parts = {0};
    char day[32] = "", stamp[48];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)localtime_r(&now.tv_sec, &parts);
    (void)strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &parts);
    (void)snprintf(stamp, sizeof stamp, "%s,%03ld ", day, now.tv_nsec / 1000000);
    va_list arguments;
    va_start(arguments, format);
    undr_log_line(&self->log, stamp, format, arguments); /* at once: a worker may be killed at any time */
    va_end(arguments);
}

static void say_run(worker *self) {
    undr_buffer line = {0};
    if (self->options->log == NULL) {
        return;
    }
    size_t size = self->arena.used + self->arena.adopted_size;
    if (size <= REPR_LIMIT && undr_task_repr(&line, self->task) == UNDR_OK) {
        say(self, "run %.*s", (int)line.size, (const char *)line.data);
    } else {
        say(self, "run a task of %zu bytes in memory", size);
    }
    undr_buffer_free(&line);
}

/* Why the worker leaves. */
static void say_leave(worker *self, undr_error error) {
    const undr_pickle_fault *fault = &self->proxy.core.fault;
    if (error == UNDR_OK) {
        say(self, "leave");
    } else if (error == UNDR_SYSTEM) {
        say(self, "leave: %s", strerror(errno));
    } else if (error >= UNDR_LIMIT_DEPTH && error <= UNDR_PICKLE_UNSUPPORTED) {
        say(self, "leave: the answer to `n` or `t` can't be decoded: %s (byte %zu, opcode 0x%02x)",
            undr_error_text(error), fault->offset, fault->opcode);
    } else {
        say(self, "leave: %s", undr_error_text(error));
    }
}

/* `n` or `t`, and the answer. A manager that is gone needs nothing more from this worker (WORK-17, WORK-18). */
static undr_error next(worker *self, bool settle) {
    undr_arena_free(&self->arena);
    undr_error error = settle
        ? undr_proxy_acknowledge_and_next_task(&self->proxy, &self->arena, &self->action, &self->task)
        : undr_proxy_next_task(&self->proxy, &self->arena, &self->action, &self->task);
    if (error != UNDR_END && error != UNDR_RESET) {
        return error;
    }
    say(self, "the manager ended the connection");
    self->action = UNDR_WORKER_LEAVE;
    return UNDR_OK;
}

/* WORK-3, WORK-21: a pause after None, which the manager's end cuts short. */
static void pause_before_asking(const worker *self) {
    unsigned period = self->options->poll_period_ms;
    struct pollfd stream = {.fd = self->proxy.client, .events = POLLRDHUP};
    int ms = period == 0 ? POLL_PERIOD_MS : period > INT_MAX ? INT_MAX : (int)period;
    (void)poll(&stream, 1, ms); /* a signal may cut it short, too */
}

/* WORK-10: the failure goes to the inbox as a WorkerException. */
static undr_error report(worker *self, const undr_failure *failure) {
    undr_arena arena = {0};
    undr_value *exception;
    int line = (int)strcspn(failure->text, "\n"); /* the log has one line per event */
    say(self, "the task failed: %s: %.*s", failure->class_name, line, failure->text);
    undr_error error = undr_worker_exception(&arena, failure, &exception);
    if (error == UNDR_OK) {
        error = undr_proxy_send_message(&self->proxy, exception);
    }
    undr_arena_free(&arena);
    return error;
}

/* Runs the task, reports its failure. Not UNDR_OK: the worker can't go on. */
static undr_error run(worker *self) {
    undr_failure failure;
    undr_proxy *proxy = &self->proxy;
    say_run(self);
    undr_error error = undr_task_run(self->options->registry, self->task, self->session, &proxy->manager, &failure);
    if (proxy->core.state == UNDR_WORKER_LEFT) {
        error = proxy->ended; /* the connection was lost during the task, whatever the task made of that */
    } else if (error != UNDR_OK) {
        error = report(self, &failure); /* WORK-11: and on with the next */
    }
    if (error == UNDR_END) {
        say(self, "the manager ended the connection");
        self->action = UNDR_WORKER_LEAVE;
        return UNDR_OK;
    }
    return error;
}

static undr_error work(worker *self) {
    undr_error error = next(self, false); /* WORK-1 */
    while (error == UNDR_OK && self->action != UNDR_WORKER_LEAVE) {
        if (self->action == UNDR_WORKER_POLL) {
            pause_before_asking(self);
            error = next(self, false);
            continue;
        }
        error = run(self);
        if (error == UNDR_OK && self->action == UNDR_WORKER_RUN) {
            error = next(self, true); /* WORK-6, WORK-7 */
        }
    }
    return error;
}

static undr_error work_in_session(worker *self) {
    const undr_registry *registry = self->options->registry;
    if (registry != NULL && registry->make_session != NULL) {
        self->session = registry->make_session(registry->context);
    }
    undr_error error = work(self);
    say_leave(self, error);
    if (registry != NULL && registry->free_session != NULL) {
        registry->free_session(self->session, registry->context);
    }
    return error;
}

undr_error undr_target(const undr_target_options *options) {
    worker self = {.options = options};
    uint64_t limit = options->payload_limit == 0 ? UINT64_MAX : options->payload_limit;
    const char *address = options->server_address == NULL ? "127.0.0.1" : options->server_address;
    undr_proxy_init(&self.proxy, options->server_port, limit);
    self.proxy.server_address = address;
    undr_error error = undr_hold_standard_descriptors(); /* before the log opens one */
    int reason = errno;
    undr_log_open(&self.log, options->log);
    errno = reason;
    error = error == UNDR_OK ? undr_proxy_setup(&self.proxy) : error;
    if (error != UNDR_OK) {
        say(&self, "can't connect to a manager on %s:%u: %s", address, (unsigned)options->server_port,
            error == UNDR_SYSTEM ? strerror(errno) : undr_error_text(error));
    } else {
        say(&self, "connected to the manager on %s:%u", address, (unsigned)options->server_port);
        error = work_in_session(&self);
    }
    undr_arena_free(&self.arena);
    undr_proxy_close(&self.proxy); /* WORK-4; by FIN, for nothing is unread (WORK-24) */
    reason = errno;
    undr_log_close(&self.log);
    errno = reason;
    return error;
}
