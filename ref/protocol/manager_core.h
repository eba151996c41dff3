/* manager_core.h: the data of the manager's core. Private to ref/protocol/manager*.c.
 *
 *     manager.c          what workers ask: connections, requests, answers, and the table of rules
 *     manager_program.c  what the program asks: schedule, messages, close
 *     manager_store.c    parcels within the bound on memory, and the inbox; the other two stand on it
 *
 * A request waits in its connection's list, in the order in which it came (REQ-1), until its answer was taken:
 *
 *     HELD      `n` or `t` that found no task and waits for one, until its deadline (NEXT-4)
 *     BEHIND    answered, but an earlier request of its connection is held
 *     READY     the next answer of its connection, or right behind such: undr_manager_next_answer takes it
 *
 * A task is in one of the queues, or out (in the list of the connection that it was handed to), or lost and in the
 * inbox. The count of tasks left is what is queued plus what is out. */
#ifndef UNDR_MANAGER_CORE_H
#define UNDR_MANAGER_CORE_H

#include "base/handles.h"
#include "protocol/manager_queue.h"

typedef enum request_place { REQUEST_HELD, REQUEST_BEHIND, REQUEST_READY } request_place;

typedef struct request {
    struct connection *connection;
    struct request *before, *after; /* of the same connection */
    struct request *prev, *next;    /* of all that are held, or of all that are ready */
    request_place place;
    uint64_t deadline; /* ms, of a held one */
    undr_frame answer; /* the payload is borrowed: from `task`, or from a constant */
    undr_parcel *task; /* that the answer carries, or NULL; owned by the connection while it is out */
} request;

typedef struct connection {
    undr_connection handle;
    void *owner;       /* the caller's */
    request *requests; /* owned, in order */
    undr_parcels out;  /* owned: tasks handed out and not settled, the oldest first */
    uint64_t untaken;  /* bytes of tasks in answers that were not taken */
    bool full;         /* undr_manager_set_full */
    request own;       /* serves most of its requests without an allocation: they come one at a time */
    bool own_is_used;
} connection;

struct undr_manager_core {
    undr_manager_options options;
    undr_manager_state state;
    bool abandoned;
    undr_handles connections; /* owned */
    undr_task_queues queues;  /* owned */
    undr_parcels inbox;       /* owned: messages, and tasks that were lost */
    size_t messages;
    uint64_t bytes;      /* that all tasks and messages take, in whichever list */
    uint64_t kept;       /* that the caller keeps of other payloads: undr_manager_keep_bytes */
    size_t out;          /* tasks that are out, on all connections */
    uint64_t handed_out; /* ever */
    request *held;       /* the longest-waiting first, so the first deadline first */
    request *ready;
    undr_parcels spent; /* settled before their answers were taken: live until the next call */
};

/* manager_store.c */

/* `bytes` and `kept` together never exceed the limit. */
bool undr_manager_has_room(const undr_manager_core *core, uint64_t bytes);

/* Keeps a task or a message if there is room: a copy, or `whole` (undr_parcel_new). */
UNDR_MUST_USE undr_error undr_manager_new_parcel(
    undr_manager_core *core, undr_slice bytes, undr_buffer *whole, unsigned priority, undr_parcel **parcel);
void undr_manager_free_parcel(undr_manager_core *core, undr_parcel *parcel);
void undr_manager_free_parcels(undr_manager_core *core, undr_parcels *list);

UNDR_MUST_USE undr_error undr_manager_put_in_inbox(undr_manager_core *core, undr_slice pickle, undr_buffer *whole);
/* The task moves to the inbox, as the report of its loss. */
void undr_manager_report_loss(undr_manager_core *core, undr_parcel *task, undr_loss loss);

/* manager.c */

void undr_manager_answer_held(undr_manager_core *core, request *one, undr_slice payload);
/* Takes the task over. It may go out at once, to a request that waits. */
void undr_manager_put_in_queue(undr_manager_core *core, undr_parcel *task);

#endif
