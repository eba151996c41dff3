/* process_manager.h: ProcessManager, the public face: a pool of worker processes, the tasks that they run and the
 * messages that they send. Spec: "The pool", "Closing".
 *
 * A worker process is this same program, executed again: main() must first call undr_process_manager_main, which runs
 * the worker loop there and does not return. The server runs in a thread of its own; every function here may be
 * called from any one thread at a time per manager. */
#ifndef UNDR_PROCESS_MANAGER_H
#define UNDR_PROCESS_MANAGER_H

#include "undr/task.h"

#include <stdio.h>

UNDR_API_BEGIN

enum {
    UNDR_POOL_HOLD_MS = 500,       /* the default of `hold` with workers of its own */
    UNDR_START_PATIENCE_MS = 30000 /* of `start_patience` */
};

typedef enum undr_close_policy {
    UNDR_CLOSE_JOIN,   /* consume all messages, run all tasks, then shut down */
    UNDR_CLOSE_CANCEL, /* let running tasks finish, drop queued ones, shut down */
    UNDR_CLOSE_KILL    /* kill the workers, shut down */
} undr_close_policy;

typedef struct undr_process_manager undr_process_manager;

typedef struct undr_process_manager_options {
    int workers;               /* -1: twice the number of cores; 0: none of its own, only connections */
    unsigned priority_levels;  /* 1..128; 0: 2 */
    const char *log_directory; /* one file per worker, worker-1.log ...; created if it does not exist; NULL: no logs */
    const char *address;       /* IPv4 that it listens on; NULL: 127.0.0.1 */
    bool beyond_loopback;      /* the address may be one that other machines reach (SEC-2) */
    bool same_user;            /* only connections of processes of the same user of this machine are served */
    size_t connections;        /* at a time, as in undr_server_options */
    uint64_t queue_limit;      /* bytes that tasks and messages may take in the manager; 0: as many as there are */
    uint64_t payload_limit;    /* of one frame, as in undr_server_options. At least UNDR_PAYLOAD_MINIMUM (FRAME-6) */
    uint64_t patience;         /* ms for which a connection may read nothing of what waits for it; 0: 30000 */
    int64_t hold;              /* ms; -1: UNDR_POOL_HOLD_MS with workers of its own, 0 without; 0: never (NEXT-4) */
    uint64_t grace;            /* ms that CANCEL waits for running tasks before it kills; 0: without bound */
    unsigned retries;          /* of a task whose worker died; 0: reported at once (FAULT-3) */
    uint64_t start_patience;   /* ms of pauses between starts of workers that fail, before it gives up; 0: 30000 */
    bool handle_interrupt;     /* SIGINT is undr_process_manager_interrupt */
    FILE *log;                 /* what the manager ended, and why; NULL: none. As long as the manager; blocks nobody, as
                                  the log of undr_server_options */
} undr_process_manager_options;

/* First in main(), with the task types that workers run: in a worker process runs the loop and exits the process,
 * elsewhere returns at once. Makes sure of the descriptors 0 to 2 (descriptors.h), or exits with a message. */
void undr_process_manager_main(int argc, char **argv, const undr_registry *registry);

/* Starts the server on 127.0.0.1 (SEC-2) and the workers. A worker process that ends while the manager is open is
 * replaced: one that was killed at once; one that left soon, or can't be started, after a pause that grows from 50 ms
 * to 3.2 s. The pool gives up, and tasks that then nobody runs are reported (FAULT-4), when these pauses come to
 * start_patience without one task being handed out, or when 16 times as many as there are workers, at most 256 more
 * than there are, were killed one after the other, each within ten seconds, without that. On failure nothing is left
 * running; UNDR_ARGUMENT, UNDR_BEYOND_LOOPBACK, UNDR_MEMORY, UNDR_SYSTEM (errno says why). */
UNDR_MUST_USE undr_error undr_process_manager_start(
    const undr_process_manager_options *options, undr_process_manager **manager);
uint16_t undr_process_manager_port(const undr_process_manager *manager);

/* The interface Manager of it, for code that takes one; lives as long as the manager. */
undr_manager *undr_process_manager_interface(undr_process_manager *manager);

/* UNDR_PRIORITY: no such queue. UNDR_CLOSED: after a close. UNDR_NOT_A_TASK: None or CloseRequest (SCHED-12).
 * UNDR_QUEUE_LIMIT: no more bytes are to be kept. UNDR_PAYLOAD_TOO_LARGE: the pickle is above options.payload_limit.
 * schedule_pickle and send_pickle: PICKLE_* or LIMIT_* for what is no pickle. */
UNDR_MUST_USE undr_error undr_process_manager_schedule(
    undr_process_manager *manager, const undr_value *task, unsigned priority);
UNDR_MUST_USE undr_error undr_process_manager_send_message(undr_process_manager *manager, const undr_value *message);
/* The same with the pickle at hand (copied). */
UNDR_MUST_USE undr_error undr_process_manager_schedule_pickle(
    undr_process_manager *manager, undr_slice task, unsigned priority);
UNDR_MUST_USE undr_error undr_process_manager_send_pickle(undr_process_manager *manager, undr_slice message);

/* One step of messages(): blocks until a message comes (UNDR_OK, decoded into arena), or until the inbox is empty and
 * no task is left (UNDR_DONE; a later call starts a new iteration), or an interrupt (UNDR_INTERRUPTED). The reader
 * may schedule between two steps (MSGS-4).
 *
 * A message may hold more than can be decoded here, or than the arena's limit allows (LIMIT_NODES, LIMIT_BYTES;
 * FRAME-6), or memory may be short: such an error takes no message away. It stays the next one, for which every further
 * call of this function fails alike, until undr_process_manager_next_pickle takes it; JOIN consumes it too. */
UNDR_MUST_USE undr_error undr_process_manager_next_message(
    undr_process_manager *manager, undr_arena *arena, undr_value **message);
/* The same as the pickle that came, owned by the caller. */
UNDR_MUST_USE undr_error undr_process_manager_next_pickle(undr_process_manager *manager, undr_buffer *message);

/* For a program that waits for other things, too: in an event loop of its own, or in poll, which a signal ends. It
 * polls a descriptor (POLLIN; it neither reads nor closes it, it is the manager's) and calls the two functions below,
 * which never block, when it is readable. UNDR_WAIT: call again when it is; until something happens it is not.
 * UNDR_SYSTEM: there is no descriptor left. */
UNDR_MUST_USE undr_error undr_process_manager_event(undr_process_manager *manager, int *file);
/* As undr_process_manager_next_pickle, or UNDR_WAIT: no message yet, but tasks are left. */
UNDR_MUST_USE undr_error undr_process_manager_poll_pickle(undr_process_manager *manager, undr_buffer *message);
/* The beginning of undr_process_manager_close, which follows with the same policy: from UNDR_OK on workers are given
 * CloseRequest. JOIN consumes messages until no task is left, UNDR_WAIT or UNDR_INTERRUPTED before. */
UNDR_MUST_USE undr_error undr_process_manager_begin_close(undr_process_manager *manager, undr_close_policy policy);

/* For a program that starts the workers (with the option `workers` 0) and sees to them. handed_out: tasks, ever, by
 * which it knows whether workers that end soon do so in vain. abandon: no worker is left and none will be started;
 * tasks that are queued, now or later, are reported (FAULT-4). */
uint64_t undr_process_manager_handed_out(undr_process_manager *manager);
void undr_process_manager_abandon(undr_process_manager *manager);

/* Makes messages() and JOIN, from now on, return UNDR_INTERRUPTED: the program leaves through CANCEL or KILL. While
 * CANCEL waits for running tasks it kills them. From any thread, not from a signal handler. */
void undr_process_manager_interrupt(undr_process_manager *manager);

/* Ends by a policy; when it returns the workers are gone and new connections are refused, while connections that are
 * still open get CloseRequest as long as the manager is not freed (KILL ends them). A second close returns UNDR_OK at
 * once. UNDR_INTERRUPTED (JOIN): not closed. */
UNDR_MUST_USE undr_error undr_process_manager_close(undr_process_manager *manager, undr_close_policy policy);

/* __exit__: CANCEL, or KILL after an error; then frees. NULL is fine. */
UNDR_MUST_USE undr_error undr_process_manager_exit(undr_process_manager *manager, bool after_error);

/* Frees; a manager that is still open is closed with KILL first. */
void undr_process_manager_free(undr_process_manager *manager);

UNDR_API_END

#endif
