/* manager.h: the manager's core, sans-I/O. Connections, priority queues, inbox, counts, close. It takes frames and
 * gives answers; sockets, processes and clocks belong to its caller. Spec: "The manager".
 *
 * One core serves the server, the unit tests, the fuzz targets and the explorer. Not thread-safe: its owner locks.
 * Every call takes amortised constant time, plus the time for the bytes that it copies or decodes. When one fails, for
 * any reason, the core is as it was before. */
#ifndef UNDR_MANAGER_H
#define UNDR_MANAGER_H

#include "undr/frame.h"

UNDR_API_BEGIN

typedef struct undr_manager_core undr_manager_core;

typedef enum undr_manager_state {
    UNDR_MANAGER_RUNNING, /* hands out tasks; None when there is none */
    UNDR_MANAGER_CLOSING  /* answers CloseRequest to every `n` and `t`; `m` and schedule are still acknowledged */
} undr_manager_state;

enum { UNDR_MAXIMUM_RETRIES = 4095 };

/* A connection with more unread bytes of answers than this is handed nothing more. */
enum { UNDR_UNREAD_LIMIT = 1 << 20 };

typedef struct undr_manager_options {
    unsigned priority_levels; /* 1..128 (SCHED-9); 0: 2 */
    uint64_t hold;            /* ms that the answer to `n` or `t` may be held until a task comes (NEXT-4); 0: never */
    uint64_t queue_limit;     /* bytes of tasks and messages, including partial ones (keep_bytes); 0: no limit */
    unsigned retries;         /* how often a lost task is handed out again before it is reported (FAULT-3), at most
                                 UNDR_MAXIMUM_RETRIES */
} undr_manager_options;

typedef uint64_t undr_connection; /* the core's handle of a connection; never 0, never used again */

/* An answer to write to a connection. The payload is borrowed until the next call on the core other than
 * undr_manager_next_answer, or until that connection settles its task or disconnects: copy or write it at once, or
 * share the blob (blob.h, private to the library) that owns it. */
typedef struct undr_answer {
    undr_connection connection;
    void *owner; /* of undr_manager_set_owner; NULL */
    undr_frame frame;
    struct undr_blob *blob; /* NULL: the payload is not in one */
} undr_answer;

/* ARGUMENT, MEMORY */
UNDR_MUST_USE undr_error undr_manager_new(const undr_manager_options *options, undr_manager_core **core);
void undr_manager_free(undr_manager_core *core); /* NULL is fine */

UNDR_MUST_USE undr_error undr_manager_connect(undr_manager_core *core, undr_connection *connection);

/* The caller's pointer, returned with the answers to this connection. Unknown handle: nothing happens. */
void undr_manager_set_owner(undr_manager_core *core, undr_connection connection, void *owner);

/* Whether the connection has more to read than its caller keeps for it. While it has, or while the tasks in its untaken
 * answers exceed UNDR_UNREAD_LIMIT, it gets no task: its held request is answered with None when its turn comes (NEXT-4
 * allows that), and the task goes to the next connection. Unknown handle: nothing happens. */
void undr_manager_set_full(undr_manager_core *core, undr_connection connection, bool full);

/* The connection will send no more (its peer closed its sending side): answers that are held for it become due now,
 * as None, so that no task goes to a peer that could not settle it. */
void undr_manager_end_requests(undr_manager_core *core, undr_connection connection);

/* The connection is gone: tasks that it has out are handed out again or reported as a WorkerException in the inbox that
 * names the task, and no longer counted (FAULT-3); untaken answers are dropped, and a task in one of them goes back to
 * the front of its queue. Unknown handle: nothing happens. Never fails. */
void undr_manager_disconnect(undr_manager_core *core, undr_connection connection);

/* One whole frame arrived. now: a monotonic clock in ms. UNDR_OK: exactly one answer is due, at once or, held, later.
 * UNEXPECTED_TYPE, UNEXPECTED_PAYLOAD, MISSING_PAYLOAD, PRIORITY, PICKLE_* and LIMIT_* (an `m` that is not a pickle),
 * QUEUE_LIMIT, MEMORY: the frame had no effect, gets no answer, and the caller ends the connection (REQ-4, REQ-5,
 * MSG-3, SCHED-5). */
UNDR_MUST_USE undr_error undr_manager_receive(
    undr_manager_core *core, undr_connection connection, const undr_frame *frame, uint64_t now);

/* The same in two steps: the slow one, for a large payload, needs no core and can run in another thread.
 * undr_manager_check: PICKLE_* and LIMIT_* (is an `m` a pickle?). receive_checked: the rest, for a frame that was
 * checked; whole: NULL, or a buffer that holds exactly frame->payload, which the core may take over (then it is {0})
 * instead of copying it. */
UNDR_MUST_USE undr_error undr_manager_check(const undr_frame *frame);
/* The same for a thread that must not take long: within *budget values and steps of work; what it takes is subtracted.
 * UNDR_WAIT: it takes more, and must be checked elsewhere. */
UNDR_MUST_USE undr_error undr_manager_check_within(const undr_frame *frame, size_t *budget);
UNDR_MUST_USE undr_error undr_manager_receive_checked(
    undr_manager_core *core, undr_connection connection, const undr_frame *frame, undr_buffer *whole, uint64_t now);

/* The header of a payload of `size` bytes has arrived: the error that receive would return, as far as it is known now.
 * No effect. */
UNDR_MUST_USE undr_error undr_manager_check_header(const undr_manager_core *core, uint8_t type, uint64_t size);

/* What the caller keeps of payloads that have not fully arrived, or are being checked, counts like the bytes of tasks
 * and messages. UNDR_QUEUE_LIMIT: there is no room for more. Released before the payload is received, or dropped. */
UNDR_MUST_USE undr_error undr_manager_keep_bytes(undr_manager_core *core, uint64_t bytes);
void undr_manager_release_bytes(undr_manager_core *core, uint64_t bytes);

/* Takes the next answer due, in order of the requests of each connection. UNDR_DONE: none is due now. */
UNDR_MUST_USE undr_error undr_manager_next_answer(undr_manager_core *core, undr_answer *answer);
/* The same answer, without taking it. */
UNDR_MUST_USE undr_error undr_manager_first_answer(const undr_manager_core *core, undr_answer *answer);

/* When the first held answer must go, in ms of the same clock; UINT64_MAX: none is held. undr_manager_advance then
 * makes those answers due (NEXT-5). */
uint64_t undr_manager_deadline(const undr_manager_core *core);
void undr_manager_advance(undr_manager_core *core, uint64_t now);

/* The manager's own side. The bytes are copied. schedule: UNDR_PRIORITY; UNDR_CLOSED after a close (CLOSE-6). Both:
 * UNDR_QUEUE_LIMIT, UNDR_MEMORY. send_message: PICKLE_*, LIMIT_DEPTH or LIMIT_MEMO for bytes that are not a pickle; one
 * that is only too large to be read here is accepted unread (FRAME-6). */
UNDR_MUST_USE undr_error undr_manager_schedule(undr_manager_core *core, unsigned priority, undr_slice task);
UNDR_MUST_USE undr_error undr_manager_send_message(undr_manager_core *core, undr_slice message);
/* The same; `whole` as in undr_manager_receive_checked, and the message was checked. */
UNDR_MUST_USE undr_error undr_manager_schedule_whole(
    undr_manager_core *core, unsigned priority, undr_slice task, undr_buffer *whole);
UNDR_MUST_USE undr_error undr_manager_send_checked(undr_manager_core *core, undr_slice message, undr_buffer *whole);

/* One step of messages(): UNDR_OK, *message (an initialised buffer, whose old content is dropped) holds the pickle,
 * moved rather than copied when it is large;
 * UNDR_WAIT: the inbox is empty but tasks are left (MSGS-3); UNDR_DONE: inbox empty and no task left (MSGS-2). */
UNDR_MUST_USE undr_error undr_manager_next_message(undr_manager_core *core, undr_buffer *message);

/* From now on CloseRequest (CLOSE-JOIN-3, CLOSE-CANCEL-1); held answers become due at once (NEXT-6); queued tasks are
 * dropped, as is what is scheduled from now on. Twice is fine. */
void undr_manager_close(undr_manager_core *core);

/* Nobody is left to run tasks (FAULT-4): queued tasks, and those that are scheduled from now on, are reported as lost
 * tasks are. */
void undr_manager_abandon(undr_manager_core *core);

undr_manager_state undr_manager_current_state(const undr_manager_core *core);
size_t undr_manager_tasks_left(const undr_manager_core *core); /* queued + handed out and not settled */
size_t undr_manager_messages(const undr_manager_core *core);   /* in the inbox */
size_t undr_manager_connections(const undr_manager_core *core);
uint64_t undr_manager_handed_out(const undr_manager_core *core); /* tasks, ever */

UNDR_API_END

#endif
