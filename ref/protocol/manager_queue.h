/* manager_queue.h: tasks and messages as the manager's core keeps them, and the queues by priority. Private to ref/. */
#ifndef UNDR_MANAGER_QUEUE_H
#define UNDR_MANAGER_QUEUE_H

#include "base/blob.h"
#include "undr/manager.h"
#include "undr/task.h"

/* Why a task that was not settled is in the inbox. */
typedef enum undr_loss {
    UNDR_LOSS_NONE,       /* not lost: a task in a queue or handed out, or a message */
    UNDR_LOSS_CONNECTION, /* the connection that had it out ended */
    UNDR_LOSS_WORKERS     /* nobody is left to run it */
} undr_loss;

/* A task or a message: opaque bytes (SCHED-11) with what the core knows about them, in one allocation. It is in one
 * list at a time, and a task that is lost moves to the inbox as it is, so that losing a task never needs memory. There
 * may be millions of them: 16 bytes before the payload. */
typedef struct undr_parcel {
    struct undr_parcel *next;
    uint64_t size : 40;   /* of bytes[]; larger payloads are blobs */
    uint64_t losses : 12; /* how often it was lost and handed out again, UNDR_MAXIMUM_RETRIES at most */
    uint64_t priority : 7;
    uint64_t loss : 2;    /* undr_loss */
    uint64_t is_blob : 1; /* bytes[] holds an undr_blob *, one share of which is the parcel's */
    uint64_t sent : 1;    /* the answer that carries it was taken */
    uint64_t settled : 1; /* before its answer was taken: freed when the answer is taken or dropped */
    uint8_t bytes[];
} undr_parcel;

/* NULL: out of memory. `whole`: NULL, or a buffer that holds exactly these bytes, which the parcel takes over (it is
 * {0} then) instead of copying them. */
undr_parcel *undr_parcel_new(undr_slice bytes, undr_buffer *whole, unsigned priority);
void undr_parcel_free(undr_parcel *parcel);
undr_slice undr_parcel_slice(const undr_parcel *parcel);
undr_blob *undr_parcel_blob(const undr_parcel *parcel); /* NULL: its bytes are in the parcel itself */
uint64_t undr_parcel_cost(uint64_t size);               /* the memory that a payload of that size takes */

/* Appends the parcel's bytes to *buffer, or, when that is empty and nobody else holds them, moves them there. After
 * that the parcel can only be freed. */
UNDR_MUST_USE undr_error undr_parcel_unwrap(undr_parcel *parcel, undr_buffer *buffer);

/* Appends the pickle of the WorkerException that reports a lost task. On failure the buffer is as it was. */
UNDR_MUST_USE undr_error undr_parcel_report(const undr_parcel *parcel, undr_buffer *pickle);

/* A list that owns its parcels. {0} is empty. */
typedef struct undr_parcels {
    undr_parcel *first, *last; /* last: undefined while first is NULL */
} undr_parcels;

void undr_parcels_append(undr_parcels *list, undr_parcel *parcel);
void undr_parcels_prepend(undr_parcels *list, undr_parcel *parcel);
undr_parcel *undr_parcels_take(undr_parcels *list); /* the first; NULL: it is empty */

/* First in, first out for each priority; a bit for each queue that holds something. */
typedef struct undr_task_queues {
    undr_parcels lists[UNDR_MAXIMUM_PRIORITY_LEVELS];
    uint64_t occupied[UNDR_MAXIMUM_PRIORITY_LEVELS / 64];
    size_t count;
} undr_task_queues;

void undr_task_queues_append(undr_task_queues *queues, undr_parcel *task);
void undr_task_queues_prepend(undr_task_queues *queues, undr_parcel *task);
undr_parcel *undr_task_queues_take(undr_task_queues *queues); /* NULL: all are empty */

#endif
