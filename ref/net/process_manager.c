/* process_manager.c: ProcessManager: a server, the worker processes, and the close policies over both. */
#include "undr/process_manager.h"

#include "net/server_parts.h"
#include "net/worker_processes.h"
#include "undr/pickle.h"
#include "undr/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAXIMUM_WORKERS = 4096, PICKLE_PROTOCOL = 4 };

struct undr_process_manager {
    undr_manager interface; /* first: an undr_manager* of it is an undr_process_manager* */
    undr_server *server;
    undr_worker_processes *workers; /* NULL: none */
    undr_buffer undecoded;          /* the message that next_message could not decode; empty: none */
    uint64_t grace;                 /* ms; UINT64_MAX: without bound */
    bool closing;                   /* CloseRequests are handed out */
    bool closed;
};

/* Start. */

static undr_error interface_schedule(undr_manager *self, const undr_value *task, unsigned priority) {
    return undr_process_manager_schedule((undr_process_manager *)self, task, priority);
}

static undr_error interface_send_message(undr_manager *self, const undr_value *message) {
    return undr_process_manager_send_message((undr_process_manager *)self, message);
}

/* Twice the number of cores, unless the options say otherwise. */
static size_t worker_count(const undr_process_manager_options *options) {
    if (options->workers >= 0) {
        return (size_t)options->workers;
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 2 : 2 * (size_t)cores;
}

static bool are_valid(const undr_process_manager_options *options) {
    return options->workers >= -1 && options->workers <= MAXIMUM_WORKERS && options->hold >= -1
        && (options->payload_limit == 0 || options->payload_limit >= UNDR_PAYLOAD_MINIMUM); /* FRAME-6 */
}

static undr_error make_directory(const char *path) {
    if (path == NULL || (mkdir(path, 0777) == 0)) {
        return UNDR_OK;
    }
    struct stat status;
    if (errno != EEXIST || stat(path, &status) != 0) {
        return UNDR_SYSTEM;
    }
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return UNDR_SYSTEM;
    }
    return access(path, W_OK | X_OK) == 0 ? UNDR_OK : UNDR_SYSTEM;
}

static undr_error start_server(undr_process_manager *manager, const undr_process_manager_options *options) {
    int64_t hold = options->hold >= 0 ? options->hold : worker_count(options) > 0 ? UNDR_POOL_HOLD_MS : 0;
    undr_server_options server = {
        .manager =
            {
                .priority_levels = options->priority_levels,
                .hold = (uint64_t)hold,
                .queue_limit = options->queue_limit,
                .retries = options->retries,
            },
        .address = options->address,
        .beyond_loopback = options->beyond_loopback,
        .same_user = options->same_user,
        .connections = options->connections,
        .patience = options->patience,
        .payload_limit = options->payload_limit,
        .log = options->log,
        .handle_interrupt = options->handle_interrupt,
    };
    return undr_server_start(&server, &manager->server);
}

static undr_error start_all(undr_process_manager *manager, const undr_process_manager_options *options) {
    undr_error error = make_directory(options->log_directory);
    if (error == UNDR_OK) {
        error = start_server(manager, options);
    }
    if (error == UNDR_OK && worker_count(options) > 0) {
        uint64_t patience = options->start_patience == 0 ? UNDR_START_PATIENCE_MS : options->start_patience;
        error = undr_worker_processes_start(/* POOL-1, POOL-4 */
            manager->server, worker_count(options), patience, options->log_directory, &manager->workers);
    }
    return error;
}

undr_error undr_process_manager_start(const undr_process_manager_options *options, undr_process_manager **started) {
    if (!are_valid(options)) {
        return UNDR_ARGUMENT;
    }
    undr_process_manager *manager = calloc(1, sizeof *manager);
    if (manager == NULL) {
        return UNDR_MEMORY;
    }
    manager->interface = (undr_manager){interface_schedule, interface_send_message};
    manager->grace = options->grace == 0 ? UINT64_MAX : options->grace;
    undr_error error = start_all(manager, options);
    if (error == UNDR_OK) {
        *started = manager;
        return UNDR_OK;
    }
    int reason = errno;
    undr_server_free(manager->server);
    undr_worker_processes_free(manager->workers);
    free(manager);
    errno = reason;
    return error;
}

uint16_t undr_process_manager_port(const undr_process_manager *manager) {
    return undr_server_port(manager->server);
}

undr_manager *undr_process_manager_interface(undr_process_manager *manager) {
    return &manager->interface;
}

/* Tasks and messages. */

static undr_error check_task(const undr_value *task) {
    return undr_is_schedulable(task) ? UNDR_OK : UNDR_NOT_A_TASK; /* SCHED-13 */
}

/* A payload that is too large, or does not fit, is refused before it is decoded, which takes many times its size.
 * `size`: of the pickle. UNDR_OK: the bytes are kept until release_room. */
static undr_error keep_room(undr_process_manager *manager, size_t size) {
    if (size > manager->server->options.payload_limit) {
        return UNDR_PAYLOAD_TOO_LARGE; /* no worker or manager with this limit would take it from a connection */
    }
    undr_error error = undr_manager_keep_bytes(undr_server_lock(manager->server), size);
    undr_server_unlock(manager->server);
    return error;
}

static void release_room(undr_process_manager *manager, size_t size) {
    undr_manager_release_bytes(undr_server_lock(manager->server), size);
    undr_server_unlock(manager->server);
}

/* Takes over a large pickle that we own: *whole is {0} then. */
static undr_error schedule(undr_process_manager *manager, undr_slice pickle, undr_buffer *whole, unsigned priority) {
    undr_buffer *given = pickle.size > UNDR_LARGE_PAYLOAD ? whole : NULL;
    if (pickle.size > manager->server->options.payload_limit) {
        return UNDR_PAYLOAD_TOO_LARGE;
    }
    undr_error error = undr_manager_schedule_whole(undr_server_lock(manager->server), priority, pickle, given);
    bool all_written = undr_server_answer_now(manager->server); /* it may be what a worker waits for */
    undr_server_unlock(manager->server);
    if (!all_written) {
        undr_server_wake(manager->server);
    }
    return error;
}

undr_error undr_process_manager_schedule(undr_process_manager *manager, const undr_value *task, unsigned priority) {
    undr_error error = check_task(task);
    if (error != UNDR_OK) {
        return error;
    }
    undr_buffer pickle = {0};
    error = undr_pickle_write(task, PICKLE_PROTOCOL, &pickle);
    if (error == UNDR_OK) {
        error = schedule(manager, undr_buffer_slice(&pickle), &pickle, priority);
    }
    undr_buffer_free(&pickle);
    return error;
}

undr_error undr_process_manager_schedule_pickle(undr_process_manager *manager, undr_slice task, unsigned priority) {
    undr_arena arena = {0};
    undr_value *value;
    undr_error error = keep_room(manager, task.size);
    if (error != UNDR_OK) {
        return error;
    }
    error = undr_pickle_read_in_place(task, NULL, &arena, &value, NULL, NULL);
    if (error == UNDR_OK) {
        error = check_task(value);
    }
    undr_arena_free(&arena);
    release_room(manager, task.size);
    return error == UNDR_OK ? schedule(manager, task, NULL, priority) : error;
}

undr_error undr_process_manager_send_pickle(undr_process_manager *manager, undr_slice message) {
    const undr_frame frame = {.type = UNDR_TYPE_MESSAGE, .payload = message};
    undr_error error = keep_room(manager, message.size);
    if (error != UNDR_OK) {
        return error;
    }
    error = undr_manager_check(&frame); /* without the lock */
    release_room(manager, message.size);
    if (error == UNDR_OK) {
        error = undr_manager_send_checked(undr_server_lock(manager->server), message, NULL);
        undr_server_announce(manager->server);
        undr_server_unlock(manager->server);
    }
    return error;
}

undr_error undr_process_manager_send_message(undr_process_manager *manager, const undr_value *message) {
    undr_buffer pickle = {0};
    undr_error error = undr_pickle_write(message, PICKLE_PROTOCOL, &pickle);
    if (error == UNDR_OK) {
        error = undr_process_manager_send_pickle(manager, undr_buffer_slice(&pickle));
    }
    undr_buffer_free(&pickle);
    return error;
}

/* Takes a message if there is one; with the server's lock held. UNDR_WAIT: none yet, but tasks are left (MSGS-3). */
static undr_error take_message(undr_process_manager *manager, undr_manager_core *core, undr_buffer *message) {
    if (undr_server_interrupts(manager->server) > 0 && !manager->closed) {
        return UNDR_INTERRUPTED;
    }
    if (manager->undecoded.size > 0) {
        undr_buffer_free(message);
        *message = manager->undecoded;
        manager->undecoded = (undr_buffer){0};
        return UNDR_OK;
    }
    undr_error error = undr_manager_next_message(core, message);
    return error == UNDR_WAIT && manager->closed ? UNDR_DONE : error; /* a worker with a task left is not ours */
}

/* Waits for one, with the lock held. */
static undr_error wait_for_message(undr_process_manager *manager, undr_manager_core *core, undr_buffer *message) {
    undr_error error;
    while ((error = take_message(manager, core, message)) == UNDR_WAIT) {
        (void)undr_server_wait(manager->server, UINT64_MAX);
    }
    return error;
}

undr_error undr_process_manager_next_pickle(undr_process_manager *manager, undr_buffer *message) {
    undr_manager_core *core = undr_server_lock(manager->server);
    undr_error error = wait_for_message(manager, core, message);
    undr_server_unlock(manager->server);
    return error;
}

undr_error undr_process_manager_event(undr_process_manager *manager, int *file) {
    return undr_server_event(manager->server, file);
}

/* As take_message; UNDR_WAIT makes the event unreadable until something happens, for all that poll it: while there is
 * something to take, each of them sees it. */
static undr_error poll_message(undr_process_manager *manager, undr_manager_core *core, undr_buffer *message) {
    undr_error error = take_message(manager, core, message);
    if (error == UNDR_WAIT) {
        undr_server_calm(manager->server);
    }
    return error;
}

undr_error undr_process_manager_poll_pickle(undr_process_manager *manager, undr_buffer *message) {
    undr_manager_core *core = undr_server_lock(manager->server);
    undr_error error = poll_message(manager, core, message);
    undr_server_unlock(manager->server);
    return error;
}

undr_error undr_process_manager_next_message(undr_process_manager *manager, undr_arena *arena, undr_value **message) {
    undr_buffer pickle = {0};
    undr_error error = undr_process_manager_next_pickle(manager, &pickle);
    if (error == UNDR_OK) {
        error = undr_pickle_read_in_place(undr_buffer_slice(&pickle), NULL, arena, message, NULL, NULL);
        if (error == UNDR_OK) {
            error = undr_arena_adopt(arena, &pickle); /* the message's text and bytes are there */
        }
        if (error != UNDR_OK) {
            manager->undecoded = pickle; /* still the next one */
            return error;
        }
    }
    undr_buffer_free(&pickle);
    return error;
}

void undr_process_manager_interrupt(undr_process_manager *manager) {
    undr_server_interrupt(manager->server);
}

/* Close. */

/* From here on CloseRequest, and no new workers. With the lock held. */
static void close_core(undr_process_manager *manager, undr_manager_core *core) {
    undr_manager_close(core);
    if (manager->workers != NULL) {
        undr_worker_processes_close(manager->workers);
    }
}

/* Consumes all messages until no task is left (CLOSE-JOIN-1, CLOSE-JOIN-2, CLOSE-JOIN-4); a task that is lost is a
 * message, too (CLOSE-JOIN-5). The end of that and the close are one step, so that nothing can be scheduled in between
 * (CLOSE-JOIN-3). `take`: the function that waits, or the one that does not. */
static undr_error join_tasks(undr_process_manager *manager,
    undr_error (*take)(undr_process_manager *manager, undr_manager_core *core, undr_buffer *message)) {
    undr_buffer message = {0};
    undr_error error;
    undr_manager_core *core = undr_server_lock(manager->server);
    do {
        error = take(manager, core, &message);
    } while (error == UNDR_OK);
    if (error == UNDR_DONE) {
        close_core(manager, core);
        error = UNDR_OK;
    }
    undr_server_unlock(manager->server);
    undr_buffer_free(&message);
    return error;
}

static undr_error begin_close(undr_process_manager *manager, undr_close_policy policy,
    undr_error (*take)(undr_process_manager *manager, undr_manager_core *core, undr_buffer *message)) {
    if (policy != UNDR_CLOSE_JOIN && policy != UNDR_CLOSE_CANCEL && policy != UNDR_CLOSE_KILL) {
        return UNDR_ARGUMENT;
    }
    if (manager->closing) {
        return UNDR_OK; /* CLOSE-5 */
    }
    if (policy == UNDR_CLOSE_JOIN) {
        undr_error error = join_tasks(manager, take);
        if (error != UNDR_OK) {
            return error;
        }
    } else {
        /* CLOSE-CANCEL-1 to CLOSE-CANCEL-3, CLOSE-CANCEL-5, CLOSE-KILL-2 */
        close_core(manager, undr_server_lock(manager->server));
        undr_server_unlock(manager->server);
    }
    manager->closing = true;
    undr_server_wake(manager->server); /* answers that were held are due */
    return UNDR_OK;
}

undr_error undr_process_manager_begin_close(undr_process_manager *manager, undr_close_policy policy) {
    return begin_close(manager, policy, poll_message);
}

static uint64_t now_ms(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Until the worker processes have ended: true. False: `ms` have passed (UINT64_MAX: no bound), or an interrupt came. */
static bool wait_for_workers(undr_process_manager *manager, uint64_t ms) {
    undr_server *server = manager->server;
    uint64_t begin = now_ms();
    (void)undr_server_lock(server);
    unsigned interrupts = undr_server_interrupts(server);
    while (undr_worker_processes_left(manager->workers) > 0) {
        uint64_t waited = now_ms() - begin;
        if (waited >= ms || undr_server_interrupts(server) != interrupts) {
            break;
        }
        (void)undr_server_wait(server, ms == UINT64_MAX ? ms : ms - waited);
    }
    bool ended = undr_worker_processes_left(manager->workers) == 0;
    undr_server_unlock(server);
    return ended;
}

static void end_workers(undr_process_manager *manager, undr_close_policy policy) {
    if (manager->workers == NULL) {
        return;
    }
    undr_worker_processes_release(manager->workers);
    uint64_t patience = policy == UNDR_CLOSE_KILL ? 0 : policy == UNDR_CLOSE_CANCEL ? manager->grace : UINT64_MAX;
    if (wait_for_workers(manager, patience)) {
        return;
    }
    undr_worker_processes_kill(manager->workers);    /* CLOSE-KILL-1, CLOSE-CANCEL-4 */
    while (!wait_for_workers(manager, UINT64_MAX)) { /* another interrupt can't speed up a kill */
    }
}

undr_error undr_process_manager_close(undr_process_manager *manager, undr_close_policy policy) {
    undr_error error = begin_close(manager, policy, wait_for_message);
    if (error != UNDR_OK || manager->closed) {
        return error; /* CLOSE-5 */
    }
    end_workers(manager, policy); /* CLOSE-4; they must still be able to connect and ask */
    undr_server_stop_listening(manager->server);
    if (policy == UNDR_CLOSE_KILL) {
        undr_server_end_connections(manager->server);
    }
    (void)undr_server_lock(manager->server);
    manager->closed = true;
    undr_server_announce(manager->server); /* pollers of the event see that nothing more will come */
    undr_server_unlock(manager->server);
    return UNDR_OK;
}

uint64_t undr_process_manager_handed_out(undr_process_manager *manager) {
    uint64_t tasks = undr_manager_handed_out(undr_server_lock(manager->server));
    undr_server_unlock(manager->server);
    return tasks;
}

void undr_process_manager_abandon(undr_process_manager *manager) {
    undr_manager_abandon(undr_server_lock(manager->server));
    undr_server_announce(manager->server);
    undr_server_unlock(manager->server);
}

undr_error undr_process_manager_exit(undr_process_manager *manager, bool after_error) {
    if (manager == NULL) {
        return UNDR_OK;
    }
    undr_error error = undr_process_manager_close(manager, after_error ? UNDR_CLOSE_KILL : UNDR_CLOSE_CANCEL);
    undr_process_manager_free(manager);
    return error;
}

void undr_process_manager_free(undr_process_manager *manager) {
    if (manager == NULL) {
        return;
    }
    undr_error error = undr_process_manager_close(manager, UNDR_CLOSE_KILL);
    (void)error;                       /* KILL of a manager can't fail */
    undr_server_free(manager->server); /* before the processes' memory, which its loop holds */
    undr_worker_processes_free(manager->workers);
    undr_buffer_free(&manager->undecoded);
    free(manager);
}
